//! What was handed out and not acknowledged: from where on the stream is resumed.

use std::collections::VecDeque;

/// The alerts of a stream that are not acknowledged, in its order, and the token from before them.
#[derive(Debug)]
pub(super) struct Unacknowledged {
    /// Resumes before the first of `alerts`.
    token: Vec<u8>,
    /// Their ids, each with a token that resumes after it.
    alerts: VecDeque<(String, Vec<u8>)>,
}

impl Unacknowledged {
    /// Nothing yet, of a stream that goes on after a token.
    pub(super) fn after(token: Vec<u8>) -> Self {
        Self { token, alerts: VecDeque::new() }
    }

    /// Resumes with the first alert that is not acknowledged.
    pub(super) fn token(&self) -> &[u8] {
        &self.token
    }

    /// An alert was handed out.
    pub(super) fn push(&mut self, id: String, token: Vec<u8>) {
        self.alerts.push_back((id, token));
    }

    /// Everything up to a token was handed out.
    pub(super) fn bookmark(&mut self, token: Vec<u8>) {
        match self.alerts.back_mut() {
            Some((_, last)) => *last = token,
            None => self.token = token,
        }
    }

    /// Acknowledges an alert and those before it; answers whether it was among them.
    pub(super) fn ack(&mut self, id: &str) -> bool {
        let Some(at) = self.alerts.iter().rposition(|(known, _)| known == id) else {
            return false;
        };
        self.token =
            self.alerts.drain(..=at).next_back().map(|(_, token)| token).unwrap_or_default();
        true
    }

    /// A new stream begins, on which all of them come again.
    pub(super) fn forget(&mut self) {
        self.alerts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Unacknowledged;

    fn handed_out(ids: &[&str]) -> Unacknowledged {
        let mut unacknowledged = Unacknowledged::after(b"start".to_vec());
        for id in ids {
            unacknowledged.push((*id).to_owned(), format!("after {id}").into_bytes());
        }
        unacknowledged
    }

    #[test]
    fn the_token_stays_before_what_is_not_acknowledged() {
        let mut unacknowledged = handed_out(&["a", "b", "c"]);
        assert_eq!(unacknowledged.token(), b"start");
        assert!(unacknowledged.ack("b"));
        assert_eq!(unacknowledged.token(), b"after b");
        assert!(!unacknowledged.ack("a"), "it was before b");
        assert_eq!(unacknowledged.token(), b"after b");
    }

    #[test]
    fn a_bookmark_moves_it_only_when_all_is_acknowledged() {
        let mut unacknowledged = handed_out(&["a"]);
        unacknowledged.bookmark(b"bookmark".to_vec());
        assert_eq!(unacknowledged.token(), b"start");
        assert!(unacknowledged.ack("a"));
        assert_eq!(unacknowledged.token(), b"bookmark");
        unacknowledged.bookmark(b"later".to_vec());
        assert_eq!(unacknowledged.token(), b"later");
    }

    #[test]
    fn what_an_earlier_stream_brought_is_acknowledged_when_it_comes_again() {
        let mut unacknowledged = handed_out(&["a"]);
        unacknowledged.forget();
        assert!(!unacknowledged.ack("a"));
        assert_eq!(unacknowledged.token(), b"start");
    }
}
