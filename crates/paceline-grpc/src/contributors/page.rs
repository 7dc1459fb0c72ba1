//! Pages: which part of a listing is asked for, and the tokens that say so.

use tonic::Status;

use super::shelf::Id;
use crate::errors::invalid;

/// The contributors of a page, when nothing is said, and at most.
const SIZE: usize = 100;
const SIZE_MAX: usize = 1_000;

/// A page that is asked for.
#[derive(Debug)]
pub(super) struct Page {
    /// The listing that it is of; none for the first page of a new one.
    pub(super) listing: Option<Id>,
    from: usize,
    size: usize,
}

impl Page {
    /// Reads what a request says of it.
    pub(super) fn read(size: u32, token: &[u8]) -> Result<Self, Status> {
        let size = match size as usize {
            0 => SIZE,
            size if size <= SIZE_MAX => size,
            _ => return Err(invalid("page_size", format!("{SIZE_MAX} is the most"))),
        };
        if token.is_empty() {
            return Ok(Self { listing: None, from: 0, size });
        }
        let (id, from) = parts(token).ok_or_else(not_ours)?;
        Ok(Self { listing: Some(id), from, size })
    }

    /// From where to where it goes in a listing of so many.
    pub(super) fn bounds(&self, of: usize) -> Result<(usize, usize), Status> {
        if self.from > of {
            return Err(not_ours());
        }
        Ok((self.from, of.min(self.from + self.size)))
    }
}

/// The token of the page that begins at a place of a listing.
pub(super) fn token(id: Id, from: usize) -> Vec<u8> {
    [&id[..], &(from as u32).to_be_bytes()].concat()
}

fn parts(token: &[u8]) -> Option<(Id, usize)> {
    let (id, from) = token.split_first_chunk()?;
    let from = u32::from_be_bytes(from.try_into().ok()?);
    Some((*id, from as usize))
}

fn not_ours() -> Status {
    invalid("page_token", "give the `next_page_token` of the page before, of the same request")
}

#[cfg(test)]
mod tests {
    use super::{Page, token};

    #[test]
    fn a_token_leads_to_where_it_was_written_and_nothing_else_does() {
        let token = token([7; 16], 300);
        let page = Page::read(100, &token).expect("a page");
        assert_eq!(page.listing, Some([7; 16]));
        assert_eq!(page.bounds(350).expect("bounds"), (300, 350));
        assert_eq!(page.bounds(500).expect("bounds"), (300, 400));
        page.bounds(299).expect_err("it begins behind the end");
        for length in 1..token.len() {
            Page::read(100, &token[..length]).expect_err("too short");
        }
        Page::read(100, &[&token[..], &[0]].concat()).expect_err("too long");
        Page::read(1_001, &[]).expect_err("too many");
    }
}
