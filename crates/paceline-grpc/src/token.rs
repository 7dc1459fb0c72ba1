//! Resume tokens: a position in a stream, which only this server can have written.
//!
//! A token is version, epoch, revision, the hash of the selector, a checksum and a MAC. The key of the MAC belongs
//! to the epoch and is known to nobody else. Of a token of another epoch nothing is used: it leads to a fresh start,
//! which everyone may have without a token. So for such a token the checksum, which tells whether it is whole, is
//! enough.

use std::fmt;

use hmac::{Hmac, Mac as _};
use paceline_core::board::Revision;
use sha2::{Digest as _, Sha256};

use crate::selector::Hash;

/// The id of one history of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch([u8; 16]);

/// Writes and reads the tokens of one epoch.
pub(crate) struct Tokens {
    epoch: Epoch,
    /// As long as a block of the hash.
    key: [u8; 64],
}

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Everything up to a revision was sent.
    After(Revision),
    /// In another history.
    OtherEpoch,
    /// In the stream of another selector.
    OtherSelector,
}

/// The bytes are no token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token of this service")]
pub(crate) struct Malformed;

const VERSION: u8 = 1;
const BODY: usize = 1 + 16 + 8 + 16;
const CHECK: usize = 8;
const MAC: usize = 16;

impl Tokens {
    /// The tokens of a new epoch.
    pub(crate) fn of_new_epoch() -> Result<Self, getrandom::Error> {
        let mut new = Self { epoch: Epoch([0; 16]), key: [0; 64] };
        getrandom::fill(&mut new.epoch.0)?;
        getrandom::fill(&mut new.key)?;
        Ok(new)
    }

    /// The epoch.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The token of a position in the stream of a selector.
    pub(crate) fn write(&self, revision: Revision, selector: &Hash) -> Vec<u8> {
        let mut token = Vec::with_capacity(BODY + CHECK + MAC);
        token.push(VERSION);
        token.extend(self.epoch.0);
        token.extend(revision.0.to_be_bytes());
        token.extend(selector);
        token.extend(checksum(&token));
        let mac = self.mac(&token).finalize().into_bytes();
        token.extend(&mac[..MAC]);
        token
    }

    /// The position of a token in the stream of a selector.
    pub(crate) fn read(&self, token: &[u8], selector: &Hash) -> Result<Position, Malformed> {
        let (signed, mac) = token.split_at_checked(BODY + CHECK).ok_or(Malformed)?;
        let (body, check) = signed.split_at(BODY);
        if mac.len() != MAC || body[0] != VERSION || check != checksum(body) {
            return Err(Malformed);
        }
        if body[1..17] != self.epoch.0 {
            return Ok(Position::OtherEpoch);
        }
        self.mac(signed).verify_truncated_left(mac).map_err(|_| Malformed)?;
        if body[25..] != *selector {
            return Ok(Position::OtherSelector);
        }
        let revision: [u8; 8] = body[17..25].try_into().map_err(|_| Malformed)?;
        Ok(Position::After(Revision(u64::from_be_bytes(revision))))
    }

    fn mac(&self, signed: &[u8]) -> Hmac<Sha256> {
        Hmac::new(&self.key.into()).chain_update(signed)
    }
}

fn checksum(body: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Sha256::digest(body)[..CHECK]);
    check
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("epoch", &self.epoch.to_string()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Position, Tokens};
    use paceline_core::board::Revision;

    const SELECTOR: [u8; 16] = [7; 16];

    #[test]
    fn a_token_reads_as_it_was_written() {
        let tokens = Tokens::of_new_epoch().expect("random bytes");
        for revision in [0, 1, 0x0102_0304_0506_0708, u64::MAX].map(Revision) {
            let token = tokens.write(revision, &SELECTOR);
            assert_eq!(tokens.read(&token, &SELECTOR), Ok(Position::After(revision)));
            assert_eq!(tokens.read(&token, &[8; 16]), Ok(Position::OtherSelector));
            let other = Tokens::of_new_epoch().expect("random bytes");
            assert_eq!(other.read(&token, &SELECTOR), Ok(Position::OtherEpoch));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_other_length_is_refused() {
        let tokens = Tokens::of_new_epoch().expect("random bytes");
        let token = tokens.write(Revision(5), &SELECTOR);
        for bit in 0..token.len() * 8 {
            let mut forged = token.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(tokens.read(&forged, &SELECTOR), Err(Malformed), "bit {bit}");
        }
        for length in 0..token.len() {
            assert_eq!(tokens.read(&token[..length], &SELECTOR), Err(Malformed), "{length} bytes");
        }
        assert_eq!(tokens.read(&[token, vec![0]].concat(), &SELECTOR), Err(Malformed));
    }

    #[test]
    fn a_revision_is_not_exchanged_even_with_its_checksum() {
        let tokens = Tokens::of_new_epoch().expect("random bytes");
        let (old, new) =
            (tokens.write(Revision(5), &SELECTOR), tokens.write(Revision(6), &SELECTOR));
        let forged =
            [&new[..super::BODY + super::CHECK], &old[super::BODY + super::CHECK..]].concat();
        assert_eq!(tokens.read(&forged, &SELECTOR), Err(Malformed));
    }
}
