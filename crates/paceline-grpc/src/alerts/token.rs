//! Resume tokens of alerts: positions on their topic, which only this service can have written.
//!
//! A token is version, the topic's identity, the offset after the last alert, what stood right before it, the hash of the
//! selector, a checksum and a MAC. It outlives restarts: the key of the MAC is kept with the status memory, and so is what the
//! identity is made of. The key protects nothing but positions, which tell no more than what their holder was told. What stood
//! before the offset tells a topic that was made anew from the one before, which has offsets just as well.

use hmac::{Hmac, Mac as _};
use paceline_core::alert::AlertId;
use paceline_engine::Alerts;
use sha2::{Digest as _, Sha256};
use tonic::Status;

use crate::errors;
use crate::selector::Hash;

const VERSION: u8 = 0xA1;
const BODY: usize = 1 + 16 + 8 + 16 + 16;
const CHECK: usize = 8;
const MAC: usize = 16;
/// What stands for nothing being known before an offset.
const NOTHING: [u8; 16] = [0; 16];

/// Where a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    offset: i64,
    anchor: [u8; 16],
}

/// Why a token leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It is no token of ours.
    Malformed,
    /// It is of another topic.
    OtherTopic,
    /// It is of the stream of another selector.
    OtherSelector,
}

/// The offset at which a stream begins that was asked for with a token, or with none.
///
/// # Errors
/// `INVALID_ARGUMENT` for what is no token, `OUT_OF_RANGE` for one that cannot be honoured, `UNAVAILABLE` before the topic is
/// read.
pub(super) fn start(token: &[u8], selector: &Hash, alerts: &Alerts) -> Result<i64, Status> {
    let secret = alerts.secret().ok_or_else(errors::not_caught_up)?;
    if token.is_empty() {
        return Ok(alerts.next());
    }
    let Position { offset, anchor } = read(token, selector, &secret).map_err(Refusal::status)?;
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

/// The token of a position in the stream of a selector; none before the topic is read.
pub(super) fn at(offset: i64, selector: &Hash, alerts: &Alerts) -> Vec<u8> {
    let Some(secret) = alerts.secret() else { return Vec::new() };
    let anchor = alerts.anchor(offset).map_or(NOTHING, |AlertId(id)| id);
    write(Position { offset, anchor }, selector, &secret)
}

fn write(position: Position, selector: &Hash, secret: &[u8; 32]) -> Vec<u8> {
    let mut token = Vec::with_capacity(BODY + CHECK + MAC);
    token.push(VERSION);
    token.extend(identity(secret));
    token.extend(position.offset.to_be_bytes());
    token.extend(position.anchor);
    token.extend(selector);
    token.extend(checksum(&token));
    let mac = mac(&token, secret).finalize().into_bytes();
    token.extend(&mac[..MAC]);
    token
}

fn read(token: &[u8], selector: &Hash, secret: &[u8; 32]) -> Result<Position, Refusal> {
    let (signed, tag) = token.split_at_checked(BODY + CHECK).ok_or(Refusal::Malformed)?;
    let (body, check) = signed.split_at(BODY);
    if tag.len() != MAC || body[0] != VERSION || check != checksum(body) {
        return Err(Refusal::Malformed);
    }
    // Of a token of another topic nothing is used, so that it is whole is enough.
    if body[1..17] != identity(secret) {
        return Err(Refusal::OtherTopic);
    }
    mac(signed, secret).verify_truncated_left(tag).map_err(|_| Refusal::Malformed)?;
    if body[41..] != *selector {
        return Err(Refusal::OtherSelector);
    }
    let (mut offset, mut anchor) = ([0; 8], NOTHING);
    offset.copy_from_slice(&body[17..25]);
    anchor.copy_from_slice(&body[25..41]);
    Ok(Position { offset: i64::from_be_bytes(offset), anchor })
}

fn mac(signed: &[u8], secret: &[u8; 32]) -> Hmac<Sha256> {
    let mut key = [0; 64];
    key[..32].copy_from_slice(secret);
    Hmac::new(&key.into()).chain_update(signed)
}

/// What stands for the topic, and tells nothing of the secret.
fn identity(secret: &[u8; 32]) -> [u8; 16] {
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
                "the token is of another selector; begin again without it",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, Refusal, read, write};

    const SELECTOR: [u8; 16] = [7; 16];
    const SECRET: [u8; 32] = [9; 32];

    #[test]
    fn a_token_reads_as_it_was_written() {
        for offset in [0, 1, 0x0102_0304_0506_0708, i64::MAX] {
            let position = Position { offset, anchor: [3; 16] };
            let token = write(position, &SELECTOR, &SECRET);
            assert_eq!(read(&token, &SELECTOR, &SECRET), Ok(position));
            assert_eq!(read(&token, &[8; 16], &SECRET), Err(Refusal::OtherSelector));
            assert_eq!(read(&token, &SELECTOR, &[8; 32]), Err(Refusal::OtherTopic));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_other_length_is_refused() {
        let token = write(Position { offset: 5, anchor: [3; 16] }, &SELECTOR, &SECRET);
        for bit in 0..token.len() * 8 {
            let mut forged = token.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&forged, &SELECTOR, &SECRET), Err(Refusal::Malformed), "bit {bit}");
        }
        for length in 0..token.len() {
            let cut = read(&token[..length], &SELECTOR, &SECRET);
            assert_eq!(cut, Err(Refusal::Malformed), "{length} bytes");
        }
        let longer = [token, vec![0]].concat();
        assert_eq!(read(&longer, &SELECTOR, &SECRET), Err(Refusal::Malformed));
    }

    #[test]
    fn an_offset_is_not_exchanged_even_with_its_checksum() {
        let token = |offset| write(Position { offset, anchor: [0; 16] }, &SELECTOR, &SECRET);
        let signed = super::BODY + super::CHECK;
        let forged = [&token(6)[..signed], &token(5)[signed..]].concat();
        assert_eq!(read(&forged, &SELECTOR, &SECRET), Err(Refusal::Malformed));
    }
}
