//! Tokens of alerts: positions on their topic, which only this service can have written.
//!
//! A resume token is version, the topic's identity, the offset after the last alert, what stood right before it, the hash of the
//! selector and the sight, a checksum and a MAC. It outlives restarts: the key of the MAC is kept with the status memory, and so is
//! what the identity is made of. What stood before the offset tells a topic that was made anew from the one before, which has
//! offsets just as well.
//!
//! Offsets tell how many alerts there are, and what stood before one tells of somebody. For who sees all, that is nothing new. In
//! the tokens of others it is [sealed](Kept::Sealed), and so it is in those of [pages].

mod pages;

use hmac::{Hmac, Mac as _};
use paceline_core::alert::AlertId;
use paceline_engine::Alerts;
use sha2::{Digest as _, Sha256};
use tonic::Status;

use super::view::View;
use crate::errors;
use crate::selector::Hash;

pub(super) use pages::{Pages, page, read as pages};

const VERSION: u8 = 0xA1;
const SEALED: u8 = 0xA2;
const BODY: usize = 1 + 16 + 8 + 16 + 16;
/// What of a body is sealed: the offset and what stood before it.
const POSITION: std::ops::Range<usize> = 17..41;
const CHECK: usize = 8;
const MAC: usize = 16;
/// What stands for nothing being known before an offset.
const NOTHING: [u8; 16] = [0; 16];

/// The key of this service, as it is kept.
type Secret = [u8; 32];

/// Where a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    offset: i64,
    anchor: [u8; 16],
}

/// How the position in a token is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// As it is.
    Plain,
    /// So that only this service can read it.
    Sealed,
}

/// Why a token leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It is no token of ours.
    Malformed,
    /// It is of another topic.
    OtherTopic,
    /// It is of the stream of another selector or sight.
    OtherSelector,
}

/// The offset at which a stream begins that was asked for with a token, or with none.
///
/// # Errors
/// `INVALID_ARGUMENT` for what is no token, `OUT_OF_RANGE` for one that cannot be honoured, `UNAVAILABLE` before the topic is
/// read.
pub(super) fn start(token: &[u8], view: &View, alerts: &Alerts) -> Result<i64, Status> {
    let secret = alerts.secret().ok_or_else(errors::not_caught_up)?;
    if token.is_empty() {
        return Ok(alerts.next());
    }
    let Position { offset, anchor } = read(token, &view.hash, &secret).map_err(Refusal::status)?;
    if alerts.from(offset, 0).is_err() {
        let message = "alerts after the token are no longer kept, or their topic was made anew; begin again without it";
        return Err(errors::token_out_of_range("EXPIRED", message));
    }
    let known = alerts.anchor(offset).map(|id| id.0);
    if anchor != NOTHING && known.is_some_and(|known| known != anchor) {
        return Err(Refusal::OtherTopic.status());
    }
    Ok(offset)
}

/// The token of a position in the stream of a view; none before the topic is read.
pub(super) fn at(offset: i64, view: &View, alerts: &Alerts) -> Vec<u8> {
    let Some(secret) = alerts.secret() else { return Vec::new() };
    let anchor = alerts.anchor(offset).map_or(NOTHING, |AlertId(id)| id);
    write(Position { offset, anchor }, &view.hash, &secret, view.kept())
}

fn write(position: Position, selector: &Hash, secret: &Secret, kept: Kept) -> Vec<u8> {
    let mut token = Vec::with_capacity(BODY + CHECK + MAC);
    token.push(if kept == Kept::Sealed { SEALED } else { VERSION });
    token.extend(identity(secret));
    token.extend(position.offset.to_be_bytes());
    token.extend(position.anchor);
    token.extend(selector);
    if kept == Kept::Sealed {
        let tag = tag(&token, secret);
        mask(&mut token[POSITION], &tag, secret);
        token.extend(checksum(&token));
        token.extend(tag);
    } else {
        token.extend(checksum(&token));
        token.extend(tag(&token, secret));
    }
    token
}

fn read(token: &[u8], selector: &Hash, secret: &Secret) -> Result<Position, Refusal> {
    let (signed, tag) = token.split_at_checked(BODY + CHECK).ok_or(Refusal::Malformed)?;
    let (body, check) = signed.split_at(BODY);
    let is_version = matches!(body[0], VERSION | SEALED);
    if tag.len() != MAC || !is_version || check != checksum(body) {
        return Err(Refusal::Malformed);
    }
    // Of a token of another topic nothing is used, so that it is whole is enough.
    if body[1..17] != identity(secret) {
        return Err(Refusal::OtherTopic);
    }
    let mut body = body.to_vec();
    let vouched = if body[0] == SEALED {
        mask(&mut body[POSITION], tag, secret);
        mac(&body, secret).verify_truncated_left(tag)
    } else {
        mac(signed, secret).verify_truncated_left(tag)
    };
    vouched.map_err(|_| Refusal::Malformed)?;
    if body[41..] != *selector {
        return Err(Refusal::OtherSelector);
    }
    let (mut offset, mut anchor) = ([0; 8], NOTHING);
    offset.copy_from_slice(&body[17..25]);
    anchor.copy_from_slice(&body[25..41]);
    Ok(Position { offset: i64::from_be_bytes(offset), anchor })
}

fn mac(signed: &[u8], secret: &Secret) -> Hmac<Sha256> {
    let mut key = [0; 64];
    key[..32].copy_from_slice(secret);
    Hmac::new(&key.into()).chain_update(signed)
}

fn tag(signed: &[u8], secret: &Secret) -> [u8; MAC] {
    let mut tag = [0; MAC];
    tag.copy_from_slice(&mac(signed, secret).finalize().into_bytes()[..MAC]);
    tag
}

/// Seals bytes, or opens what was sealed, by the tag of what they are in when it is open. No two texts have the same tag, so none
/// are sealed alike, and what was changed does not open to what its tag is of.
fn mask(bytes: &mut [u8], tag: &[u8], secret: &Secret) {
    let pad = mac(b"paceline.alerts.seal", secret).chain_update(tag).finalize().into_bytes();
    bytes.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
}

/// What stands for the topic, and tells nothing of the secret.
fn identity(secret: &Secret) -> [u8; 16] {
    let mut identity = [0; 16];
    let digest = Sha256::new_with_prefix("paceline.alerts").chain_update(secret).finalize();
    identity.copy_from_slice(&digest[..16]);
    identity
}

fn checksum(body: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Sha256::digest(body)[..CHECK]);
    check
}

impl Refusal {
    fn status(self) -> Status {
        match self {
            Self::Malformed => errors::invalid("resume_token", "not a token of this service"),
            Self::OtherTopic => errors::token_out_of_range(
                "OTHER_TOPIC",
                "the token is of another topic of alerts; begin again without it",
            ),
            Self::OtherSelector => errors::token_out_of_range(
                "OTHER_SELECTOR",
                "the token is of another selector, or of somebody who sees others; begin again without it",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
