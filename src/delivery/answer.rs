//! What the answer to a delivery means; pure. Spec: rules D6, D7, S9.

use std::time::Duration;

use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::outbound::Response;

/// What came back from one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A complete answer.
    Status {
        /// HTTP status.
        code: u16,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// None, or none that could be read: DNS, TCP, TLS, time-out. Certificates and names get repaired: worth a retry.
    Silence(String),
    /// One that is not HTTP as we know it, or far too long.
    Nonsense(String),
    /// Our own address guard will never let us go there.
    Guarded(String),
    /// Something on our side went wrong; it says nothing about the peer.
    Ours(String),
}

/// What happens with the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Done,
    /// This item will never be taken; `by_peer`: the peer itself said so, thus it lives.
    Final {
        /// For the trace.
        why: String,
        /// Whether it was the peer who decided.
        by_peer: bool,
        /// Whether the inbox is somewhere else now, or nowhere: worth asking its owner.
        moved: bool,
    },
    /// The peer is not well; later.
    Retry {
        /// For the trace.
        why: String,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// We are not well; later, and the peer is not to blame.
    Ours(String),
}

impl Answer {
    /// Reads what `outbound` answered.
    pub fn of(result: Result<Response>, now: Time) -> Self {
        match result {
            Ok(response) => Self::Status { code: response.status, retry_after: response.retry_after(now) },
            Err(Error::Peer { fault: Fault::Status { code, retry_after }, .. }) => Self::Status { code, retry_after },
            Err(Error::Peer { fault: Fault::Unreachable(why), .. }) => Self::Silence(why),
            Err(Error::Peer { fault: Fault::Nonsense(why), .. }) => Self::Nonsense(why),
            Err(Error::Peer { fault: Fault::Refused(why), .. }) => Self::Guarded(why),
            Err(Error::NotFound(what)) => Self::Guarded(format!("{what} not found")),
            Err(error) => Self::Ours(error.to_string()),
        }
    }

    /// Whether the peer may only have disliked the signature scheme.
    pub fn invites_second_knock(&self) -> bool {
        matches!(self, Self::Status { code: 400 | 401 | 403, .. })
    }

    /// Its meaning, when nothing more is tried in this attempt.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Status { code, retry_after } => {
                let why = format!("answered {code}");
                match code {
                    200..=299 => Verdict::Done,
                    // The inbox has moved: this address will never take it. A POST is not redirected.
                    301 | 308 | 404 | 410 => Verdict::Final { why, by_peer: true, moved: true },
                    408 | 425 | 429 => Verdict::Retry { why, retry_after },
                    400..=499 | 501 => Verdict::Final { why, by_peer: true, moved: false },
                    _ => Verdict::Retry { why, retry_after },
                }
            }
            Self::Silence(why) => Verdict::Retry { why, retry_after: None },
            Self::Nonsense(why) => Verdict::Final { why, by_peer: true, moved: false },
            Self::Guarded(why) => Verdict::Final { why, by_peer: false, moved: false },
            Self::Ours(why) => Verdict::Ours(why),
        }
    }

    /// Its meaning after a second knock that was answered with `second`.
    ///
    /// The second answer counts if it is a success or says "not now"; a peer that stumbles over the unfamiliar scheme
    /// has already said no.
    pub fn verdict_with(self, second: Self) -> Verdict {
        let counts = match &second {
            Self::Status { code, .. } => matches!(code, 200..=299 | 408 | 425 | 429 | 503),
            Self::Silence(_) | Self::Ours(_) => true,
            Self::Nonsense(_) | Self::Guarded(_) => false,
        };
        if counts { second.verdict() } else { self.verdict() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Answer {
        Answer::Status { code, retry_after: None }
    }

    fn word(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Done => "done",
            Verdict::Final { .. } => "final",
            Verdict::Retry { .. } => "retry",
            Verdict::Ours(_) => "ours",
        }
    }

    #[test]
    fn d6_every_status_has_a_meaning() {
        for (codes, expected) in [
            (&[200, 201, 202, 204][..], "done"),
            (&[301, 308, 400, 401, 402, 403, 404, 405, 406, 409, 410, 413, 415, 422, 451, 501], "final"),
            (&[100, 302, 303, 307, 408, 425, 429, 500, 502, 503, 504, 520, 599], "retry"),
        ] {
            for code in codes {
                assert_eq!(word(&status(*code).verdict()), expected, "{code}");
            }
        }
        for (answer, expected) in
            [(Answer::Silence("NXDOMAIN".into()), "retry"), (Answer::Guarded(String::new()), "final")]
        {
            assert_eq!(word(&answer.verdict()), expected);
        }
    }

    #[test]
    fn d6_a_second_knock_decides_when_it_succeeds_or_says_not_now() {
        for (second, expected) in [
            (status(202), "done"),
            (status(401), "final"),
            (status(500), "final"),
            (status(429), "retry"),
            (status(503), "retry"),
            (Answer::Silence("timed out".into()), "retry"),
        ] {
            assert!(status(401).invites_second_knock());
            assert_eq!(word(&status(401).verdict_with(second.clone())), expected, "{second:?}");
        }
        assert!(!status(404).invites_second_knock() && !status(503).invites_second_knock());
    }
}
