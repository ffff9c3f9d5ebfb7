//! Digests that bind a body to a signature: `Digest` (draft-cavage) and `Content-Digest` (RFC 9530).
//!
//! Only SHA-256 counts; others may stand beside it and are ignored. Two SHA-256 values are ambiguous and refused.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use serde::{Deserialize, Serialize};

use super::key::{BASE64, encode};
use super::structured::{self, Value};

/// What the digest header says about the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// The one SHA-256 is the body's.
    Right,
    /// It is another body's.
    Wrong,
    /// No SHA-256, several, or not 32 bytes.
    Unreadable,
}

/// `SHA-256=…`, the value of a `Digest` header.
pub(super) fn legacy(body: &[u8]) -> String {
    format!("SHA-256={}", encode(digest(&SHA256, body).as_ref()))
}

/// `sha-256=:…:`, the value of a `Content-Digest` header.
pub(super) fn content(body: &[u8]) -> String {
    format!("sha-256=:{}:", encode(digest(&SHA256, body).as_ref()))
}

/// Compares a `Digest` header with the body.
pub(super) fn judge_legacy(value: &str, body: &[u8]) -> Verdict {
    let mut found = value.split(',').filter_map(|one| {
        let (name, encoded) = one.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("sha-256").then_some(encoded.trim())
    });
    match (found.next(), found.next()) {
        (Some(encoded), None) => judge(BASE64.decode(encoded).ok().as_deref(), body),
        _ => Verdict::Unreadable,
    }
}

/// Compares a `Content-Digest` header with the body.
pub(super) fn judge_content(value: &str, body: &[u8]) -> Verdict {
    let members = structured::dictionary(value).unwrap_or_default();
    match members.iter().find(|member| member.key == "sha-256").map(|member| &member.value) {
        Some(Value::Bytes(bytes)) => judge(Some(bytes), body),
        _ => Verdict::Unreadable,
    }
}

fn judge(claimed: Option<&[u8]>, body: &[u8]) -> Verdict {
    match claimed {
        Some(claimed) if claimed.len() == 32 && claimed == digest(&SHA256, body).as_ref() => Verdict::Right,
        Some(claimed) if claimed.len() == 32 => Verdict::Wrong,
        _ => Verdict::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_only_one_right_sha_256_is_right() {
        // The body and digest of draft-cavage appendix C.
        let body = b"{\"hello\": \"world\"}";
        let sum = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";
        assert_eq!(legacy(body), format!("SHA-256={sum}"));
        assert_eq!(content(body), format!("sha-256=:{sum}:"));
        let other = legacy(b"other");
        for (value, expected) in [
            (format!("SHA-256={sum}"), Verdict::Right),
            (format!("sha-256={sum}"), Verdict::Right),
            (format!("SHA-256={}", sum.trim_end_matches('=')), Verdict::Right),
            (format!("SHA-512=abc,SHA-256={sum} , unixsum=30637"), Verdict::Right),
            (other.clone(), Verdict::Wrong),
            (format!("SHA-256={sum}, {other}"), Verdict::Unreadable),
            (format!("SHA-256={sum},SHA-256={sum}"), Verdict::Unreadable),
            ("SHA-256=AAAA".into(), Verdict::Unreadable),
            ("SHA-256=".into(), Verdict::Unreadable),
            ("MD5=AAAA".into(), Verdict::Unreadable),
            (sum.into(), Verdict::Unreadable),
            (String::new(), Verdict::Unreadable),
        ] {
            assert_eq!(judge_legacy(&value, body), expected, "{value}");
        }
        for (value, expected) in [
            (format!("sha-256=:{sum}:"), Verdict::Right),
            (format!("sha-512=:AAAA:, sha-256=:{sum}:"), Verdict::Right),
            (content(b"other"), Verdict::Wrong),
            (format!("sha-256=:{sum}:, sha-256=:{sum}:"), Verdict::Unreadable),
            (format!("sha-256={sum}"), Verdict::Unreadable),
            ("sha-512=:AAAA:".into(), Verdict::Unreadable),
            ("sha-256=:AAAA:".into(), Verdict::Unreadable),
        ] {
            assert_eq!(judge_content(&value, body), expected, "{value}");
        }
    }
}
