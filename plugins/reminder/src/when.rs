//! From “in 2 hours: tea” and 「2時間後 お茶」 to seconds and a text.

/// Units with their seconds, longest names first.
const UNITS: &[(&str, u32)] = &[
    ("minutes", 60),
    ("minute", 60),
    ("mins", 60),
    ("min", 60),
    ("分", 60),
    ("hours", 3_600),
    ("hour", 3_600),
    ("時間", 3_600),
    ("days", 86_400),
    ("day", 86_400),
    ("日", 86_400),
    ("weeks", 604_800),
    ("week", 604_800),
    ("週間", 604_800),
];

/// Seconds from now, and what it is about; at most a year. `None`: no time is named.
pub fn parse(text: &str) -> Option<(u32, String)> {
    let lower = text.to_lowercase();
    let start = lower.find(|c: char| c.is_ascii_digit())?;
    let before = lower.get(..start)?.trim_end();
    let digits: String = lower[start..].chars().take_while(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok()?;
    let rest = lower[start + digits.len()..].trim_start();
    let (unit, seconds) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
    let after = &rest[unit.len()..];
    let japanese = after.starts_with('後');
    if !japanese && before != "in" && !before.ends_with(" in") && !before.is_empty() {
        return None;
    }
    // Lower case may have changed lengths, so the text itself is counted from behind.
    let tail = after.trim_start_matches('後').chars().count();
    let what: String = text.chars().skip(text.chars().count().saturating_sub(tail)).collect();
    let what = what.trim().trim_start_matches([':', '：', ',', '、', 'に']).trim();
    let wait = number.checked_mul(*seconds).filter(|wait| (1..=31_536_000).contains(wait))?;
    Some((wait, what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, expected) in [
            ("in 2 hours: water the Plants", Some((7_200, "water the Plants"))),
            ("remind me in 10 min tea", Some((600, "tea"))),
            ("2時間後 水やり", Some((7_200, "水やり"))),
            ("30分後に電話", Some((1_800, "電話"))),
            ("in 1 week", Some((604_800, ""))),
            ("hello", None),
            ("I have 2 days off", None),
            ("in 99999999 weeks: x", None),
            ("in 0 minutes: x", None),
        ] {
            assert_eq!(parse(text), expected.map(|(wait, what)| (wait, what.to_owned())), "{text}");
        }
    }
}
