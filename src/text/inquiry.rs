//! What people type to find posts: words, "phrases", -exclusions and operators such as `from:me has:image`.
//!
//! Nothing is an error: an operator nobody knows is a word, one whose value makes no sense finds nothing. Operators work
//! as Mastodon has them; the full-width colon and quotes of Japanese keyboards are as good as the narrow ones.
//! Spec: https://docs.joinmastodon.org/methods/search/

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use super::words::{self, Phrase};

/// How many words and operators are looked at.
const PARTS: usize = 32;
const OPERATORS: [&str; 8] = ["from", "has", "is", "language", "before", "after", "during", "in"];
/// What a post can have or be.
const PROPERTIES: [(&str, &[&str]); 2] =
    [("has", &["media", "image", "video", "audio", "poll", "link", "embed"]), ("is", &["reply", "sensitive", "quote"])];

/// An inquiry, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inquiry {
    /// All of them must stand in the post.
    pub phrases: Vec<Phrase>,
    /// None of them may.
    pub without: Vec<Phrase>,
    /// Marks of the index (see [`mark`]) that the post must have (`true`) or must not have.
    pub marks: Vec<(String, bool)>,
    /// Authors by handle (`None`: whoever asks) who wrote it (`true`) or did not.
    pub from: Vec<(Option<String>, bool)>,
    /// Written in all of these spans (`true`) or in none: milliseconds since 1970, the end left out.
    pub spans: Vec<(i64, i64, bool)>,
    /// Where to look.
    pub place: Place,
    /// An operator's value makes no sense: nothing is found.
    pub impossible: bool,
}

/// Where to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Both of the following.
    #[default]
    All,
    /// What one wrote, was mentioned in or has dealt with.
    Library,
    /// Public posts of authors who let themselves be found.
    Public,
}

/// A mark of the index: `mark("has", "image")`. Never the same as a word, which has no `_`.
pub fn mark(operator: &str, value: &str) -> String {
    let value: String =
        value.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' }).collect();
    format!("{operator}_{value}_")
}

impl Inquiry {
    /// Reads what somebody typed.
    pub fn read(text: &str) -> Self {
        let mut inquiry = Self::default();
        for part in parts(text).take(PARTS) {
            inquiry.take(part);
        }
        inquiry
    }

    /// Whether nothing at all is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self { place: self.place, ..Self::default() }
    }

    fn take(&mut self, part: Part<'_>) {
        let wanted = !part.negated;
        let operator = part.text.split_once([':', '：']).filter(|_| !part.quoted);
        let operator = operator.map(|(name, value)| (name.to_ascii_lowercase(), value.trim_matches('"')));
        match operator {
            Some((name, value)) if OPERATORS.contains(&name.as_str()) && !value.is_empty() => {
                self.operate(&name, value, wanted);
            }
            _ => match words::phrase(part.text) {
                Some(phrase) if wanted => self.phrases.push(phrase),
                Some(phrase) => self.without.push(phrase),
                None => {}
            },
        }
    }

    fn operate(&mut self, name: &str, value: &str, wanted: bool) {
        match name {
            "from" if value.eq_ignore_ascii_case("me") => self.from.push((None, wanted)),
            "from" => self.from.push((Some(value.to_owned()), wanted)),
            "language" => self.marks.push((mark(name, value), wanted)),
            "before" | "after" | "during" => match day(value) {
                None => self.impossible = true,
                Some((start, end)) => self.spans.push(match name {
                    "before" => (i64::MIN, start, wanted),
                    "after" => (end, i64::MAX, wanted),
                    _ => (start, end, wanted),
                }),
            },
            "in" => match (value.to_ascii_lowercase().as_str(), wanted) {
                ("all", true) => self.place = Place::All,
                ("library", true) | ("public", false) => self.place = Place::Library,
                ("public", true) | ("library", false) => self.place = Place::Public,
                _ => self.impossible = true,
            },
            _ => {
                let value = value.to_ascii_lowercase();
                let known = PROPERTIES.iter().any(|(known, values)| *known == name && values.contains(&value.as_str()));
                // What no post can be, no post is.
                self.impossible |= wanted && !known;
                if known {
                    self.marks.push((mark(name, &value), wanted));
                }
            }
        }
    }
}

struct Part<'t> {
    text: &'t str,
    negated: bool,
    quoted: bool,
}

/// Parts at white space; what stands in quotes is one part.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let bare = rest.strip_prefix('-');
        let (body, negated) = match bare {
            Some(body) if !body.starts_with(char::is_whitespace) && !body.is_empty() => (body, true),
            _ => (rest, false),
        };
        if let Some(inner) = body.strip_prefix(['"', '“', '”', '＂']) {
            let (text, tail) = inner.split_once(['"', '“', '”', '＂']).unwrap_or((inner, ""));
            rest = tail;
            return Some(Part { text, negated, quoted: true });
        }
        let end = body.find(char::is_whitespace).unwrap_or(body.len());
        let (text, tail) = body.split_at(end);
        rest = tail;
        (!text.is_empty()).then_some(Part { text, negated, quoted: false })
    })
}

/// The span of `2026`, `2026-08`, `2026-08-07` or of a moment in milliseconds since 1970, in UTC.
fn day(text: &str) -> Option<(i64, i64)> {
    if text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let at: i64 = text.parse().ok()?;
        return Some((at, at.checked_add(1)?));
    }
    let mut numbers = text.splitn(3, '-').map(|part| part.parse::<i16>().ok().filter(|number| *number >= 0));
    let year = numbers.next()??;
    let (month, day) = (numbers.next(), numbers.next());
    let (length, month, day): (Span, i16, i16) = match (month, day) {
        (None, _) => (1.year(), 1, 1),
        (Some(month), None) => (1.month(), month?, 1),
        (Some(month), Some(day)) => (1.day(), month?, day?),
    };
    let start = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let moment = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond());
    Some((moment(start)?, moment(start.checked_add(length).ok()?)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn operators_and_words_are_told_apart() {
        let read = |text: &str| {
            let inquiry = Inquiry::read(text);
            let words =
                |phrases: &[Phrase]| -> Vec<String> { phrases.iter().map(|part| part.words.join(" ")).collect() };
            let mut found = words(&inquiry.phrases);
            found.extend(words(&inquiry.without).into_iter().map(|part| format!("-{part}")));
            let sign = |wanted: bool| if wanted { "" } else { "-" };
            found.extend(inquiry.marks.iter().map(|(mark, wanted)| format!("{}{mark}", sign(*wanted))));
            let from = inquiry.from.iter();
            found.extend(from.map(|(who, wanted)| format!("{}by {}", sign(*wanted), who.as_deref().unwrap_or("me"))));
            if inquiry.place != Place::All {
                found.push(format!("{:?}", inquiry.place));
            }
            if inquiry.impossible {
                found.push("impossible".into());
            }
            found.join("|")
        };
        for (text, expected) in [
            ("cats dogs", "cats|dogs"),
            ("\"two words\" -bad -\"very bad\"", "two words|-bad|-very bad"),
            ("“東京 大阪” 猫", "東京 京 大阪|猫"),
            ("from:me from:@bob@b.example -from:carol", "by me|by @bob@b.example|-by carol"),
            ("has:image -is:reply HAS:Poll", "has_image_|-is_reply_|has_poll_"),
            ("has：link　language:ja language:zh-TW", "has_link_|language_ja_|language_zh_tw_"),
            ("in:library x", "x|Library"),
            ("in:public", "Public"),
            ("has:wings", "impossible"),
            ("-has:wings a", "a"),
            ("before:yesterday", "impossible"),
            ("in:space", "impossible"),
            ("foo:bar 12:30", "foo bar|12 30"),
            ("\"from:me\"", "from me"),
            ("from:", "from"),
            ("- a -", "a"),
            ("\"", ""),
            ("", ""),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn days_months_and_years_are_spans() {
        const DAY: i64 = 86_400_000;
        for (text, expected) in [
            ("1970-01-02", Some((DAY, 2 * DAY))),
            ("1970-01", Some((0, 31 * DAY))),
            ("1970", Some((0, 365 * DAY))),
            ("86400000", Some((DAY, DAY + 1))),
            ("1970-02-30", None),
            ("1970-13-01", None),
            ("-5", None),
            ("9999-12-31", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_typed(text in "\\PC{0,60}", operator in "(from|has|is|before|during|in|language):\\PC{0,9}") {
            Inquiry::read(&text);
            Inquiry::read(&format!("-{operator} {text}"));
        }
    }
}
