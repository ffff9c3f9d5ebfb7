//! What came back, and the questions that everybody asks of it.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::clock::Time;
use crate::error::{Error, Fault, Result};

/// The longest wait that a peer may ask of us. Rule F11.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);
/// The profile that makes JSON-LD ActivityStreams.
const ACTIVITYSTREAMS: &str = "https://www.w3.org/ns/activitystreams";

/// What came back, whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code; also 4xx and 5xx are answers.
    pub status: u16,
    /// The address that answered, after redirects.
    pub url: Url,
    /// Header names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The decoded body.
    pub body: Bytes,
}

impl Response {
    /// The first value of `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The media type in lower case, without parameters: `text/html`.
    pub fn content_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Whether the answer says, exactly once, that it is an ActivityStreams document: `application/activity+json`, or
    /// `application/ld+json` with the profile. Anything else, plain JSON above all, may be somebody's upload. Rule F5.
    pub fn is_activity_json(&self) -> bool {
        let mut types = self.headers.iter().filter(|(name, _)| name == "content-type");
        let (Some((_, value)), None) = (types.next(), types.next()) else { return false };
        match self.content_type().as_deref() {
            Some("application/activity+json") => true,
            Some("application/ld+json") => parameter(value, "profile")
                .is_some_and(|profile| profile.split_ascii_whitespace().any(|one| one == ACTIVITYSTREAMS)),
            _ => false,
        }
    }

    /// How long the peer asks us to wait, at most a day. Spec: RFC 9110 §10.2.3
    pub fn retry_after(&self, now: Time) -> Option<Duration> {
        let value = self.header("retry-after")?.trim();
        let wait = match value.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => Time::from_http_date(value)?.since(now),
        };
        Some(wait.min(LONGEST_WAIT))
    }

    /// The answer itself when its status is 2xx, else [`Fault::Status`].
    pub fn success(self, now: Time) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let fault = Fault::Status { code: self.status, retry_after: self.retry_after(now) };
        Err(Error::peer(self.url.host_str().unwrap_or_default(), fault))
    }
}

/// The value of a parameter of a media type, quotes removed; the first one when it is repeated.
fn parameter(media_type: &str, wanted: &str) -> Option<String> {
    let mut rest = media_type.split_once(';')?.1;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (name, after) = rest.split_once('=')?;
        let value;
        if let Some(quoted) = after.trim_start().strip_prefix('"') {
            (value, rest) = unquote(quoted)?;
        } else {
            let (plain, next) = after.split_once(';').unwrap_or((after, ""));
            (value, rest) = (plain.trim().to_owned(), next);
        }
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
    }
}

/// What stands before the closing quote, and the rest.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            url: Url::parse("https://peer.example/").expect("a URL"),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn f5_only_the_two_types_are_activitystreams() {
        for (kind, expected) in [
            ("application/activity+json", true),
            ("application/activity+json; charset=utf-8", true),
            ("Application/Activity+JSON", true),
            (r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#, true),
            (r#"application/ld+json;charset=utf-8;Profile="https://www.w3.org/ns/activitystreams""#, true),
            (r#"application/ld+json; profile="https://x.example https://www.w3.org/ns/activitystreams""#, true),
            ("application/ld+json; profile=https://www.w3.org/ns/activitystreams", true),
            ("application/ld+json", false),
            (r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams2""#, false),
            (r#"application/ld+json; profile="https://evil.example""#, false),
            (r#"application/ld+json; x="profile=https://www.w3.org/ns/activitystreams""#, false),
            (r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams"#, false),
            ("application/json", false),
            ("application/activity+json-not", false),
            ("text/html; application/activity+json", false),
            ("text/plain, application/activity+json", false),
            ("image/png", false),
            ("", false),
        ] {
            assert_eq!(response(200, &[("content-type", kind)]).is_activity_json(), expected, "{kind}");
        }
        let twice = [("content-type", "application/activity+json"), ("content-type", "text/html")];
        assert!(!response(200, &twice).is_activity_json());
        assert!(!response(200, &[]).is_activity_json());
    }

    #[test]
    fn f11_waits_are_read_in_both_forms_and_capped() {
        let now = Time(1_786_111_355_000);
        let date = now.plus(Duration::from_secs(90)).http_date();
        let past = now.minus(Duration::from_secs(90)).http_date();
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("999999999999", Some(86_400)),
            (date.as_str(), Some(90)),
            (past.as_str(), Some(0)),
            ("-5", None),
            ("soon", None),
        ] {
            let response = response(503, &[("retry-after", value)]);
            assert_eq!(response.retry_after(now), expected.map(Duration::from_secs), "{value}");
        }
        let Err(Error::Peer { fault, .. }) = response(429, &[("retry-after", "7")]).success(now) else {
            panic!("an error")
        };
        assert_eq!(fault, Fault::Status { code: 429, retry_after: Some(Duration::from_secs(7)) });
        assert!(response(204, &[]).success(now).is_ok());
    }
}
