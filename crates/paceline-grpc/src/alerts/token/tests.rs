//! Tokens that are read as they were written, or not at all.

use super::{Kept, Position, Refusal, read, write};

const SELECTOR: [u8; 16] = [7; 16];
const SECRET: [u8; 32] = [9; 32];
const BOTH: [Kept; 2] = [Kept::Plain, Kept::Sealed];

#[test]
fn a_token_reads_as_it_was_written() {
    for (offset, kept) in [0, 1, 0x0102_0304_0506_0708, i64::MAX].into_iter().zip(BOTH.repeat(2)) {
        let position = Position { offset, anchor: [3; 16] };
        let token = write(position, &SELECTOR, &SECRET, kept);
        assert_eq!(read(&token, &SELECTOR, &SECRET), Ok(position));
        assert_eq!(read(&token, &[8; 16], &SECRET), Err(Refusal::OtherSelector));
        assert_eq!(read(&token, &SELECTOR, &[8; 32]), Err(Refusal::OtherTopic));
    }
}

#[test]
fn every_flipped_bit_and_every_other_length_is_refused() {
    for kept in BOTH {
        let position = Position { offset: 5, anchor: [3; 16] };
        let token = write(position, &SELECTOR, &SECRET, kept);
        for bit in 0..token.len() * 8 {
            let mut forged = token.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let refused = read(&forged, &SELECTOR, &SECRET);
            assert_eq!(refused, Err(Refusal::Malformed), "bit {bit}, {kept:?}");
        }
        for length in 0..token.len() {
            let cut = read(&token[..length], &SELECTOR, &SECRET);
            assert_eq!(cut, Err(Refusal::Malformed), "{length} bytes");
        }
        let longer = [token, vec![0]].concat();
        assert_eq!(read(&longer, &SELECTOR, &SECRET), Err(Refusal::Malformed));
    }
}

#[test]
fn an_offset_is_not_exchanged_even_with_its_checksum() {
    for kept in BOTH {
        let token = |offset| write(Position { offset, anchor: [0; 16] }, &SELECTOR, &SECRET, kept);
        let signed = super::BODY + super::CHECK;
        let forged = [&token(6)[..signed], &token(5)[signed..]].concat();
        assert_eq!(read(&forged, &SELECTOR, &SECRET), Err(Refusal::Malformed));
    }
}

#[test]
fn a_sealed_token_does_not_tell_how_far_it_is_from_another() {
    let token =
        |offset| write(Position { offset, anchor: [0; 16] }, &SELECTOR, &SECRET, Kept::Sealed);
    let (one, next) = (token(5), token(6));
    let differ = |at: &usize| one[*at] != next[*at];
    assert!(super::POSITION.filter(differ).count() > 12, "next to each other, and nothing alike");
}
