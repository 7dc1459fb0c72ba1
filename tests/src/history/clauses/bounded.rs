//! Bounded: no frame is larger than every client takes.

use prost::Message as _;

use super::at;
use crate::history::{History, Place};

/// The largest frame, in bytes.
const LARGEST: usize = 256 * 1024;

pub(super) fn broken(history: &History) -> Vec<(String, Vec<Place>)> {
    let mut found = Vec::new();
    for (number, stream) in history.numbered() {
        for (message, told) in stream.told.iter().enumerate() {
            let bytes = told.message.encoded_len();
            if bytes > LARGEST {
                found.push((format!("a frame of {bytes} bytes"), vec![at(number, message)]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::history::{
        clauses::{at, places},
        sample::{Sample, stands},
    };

    #[test]
    fn a_frame_that_is_too_large_is_found() {
        let mut sample = Sample::default();
        let stream = sample.open();
        let standings: Vec<_> = (0..8_000).map(|n| stands(&format!("rep:{n}"), 1, "1")).collect();
        sample.snapshot(stream, 3, false, &standings[..100]);
        sample.snapshot(stream, 3, true, &standings);
        assert_eq!(places(&broken(&sample.history())), [[at(0, 1)]]);
    }
}
