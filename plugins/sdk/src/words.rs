//! Finding words and names where a person would find them.

/// Lower case, full-width letters made narrow, katakana made hiragana, invisible characters left out.
///
/// ```
/// use nagaya_plugin::words::fold;
/// assert_eq!(fold("ＳＰＡＭ スパ\u{200B}ム"), "spam すぱむ");
/// ```
pub fn fold(text: &str) -> String {
    text.chars()
        .filter(
            |c| !matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'),
        )
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{30A1}'..='\u{30F6}' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a folded `text` contains `word`: a whole word where its script puts spaces between words, anywhere in
/// Japanese, Chinese and Thai. An asterisk at an end leaves that end open: `spam*` finds `spammer`.
///
/// ```
/// use nagaya_plugin::words::{contains, fold};
/// assert!(contains(&fold("Buy SPAM now"), "spam") && !contains(&fold("spammer"), "spam"));
/// assert!(contains(&fold("spammer"), "spam*") && contains(&fold("無料宣伝です"), "宣伝"));
/// ```
pub fn contains(folded: &str, word: &str) -> bool {
    find(folded, word).is_some()
}

/// Where in the folded `text` the word stands: bytes from and to.
pub fn find(folded: &str, word: &str) -> Option<(usize, usize)> {
    let word = word.trim();
    let inner = fold(word.trim_matches('*'));
    let (first, last) = inner.chars().next().zip(inner.chars().next_back())?;
    let (open_start, open_end) = (word.starts_with('*'), word.ends_with('*'));
    folded.match_indices(inner.as_str()).map(|(at, found)| (at, at + found.len())).find(|&(at, end)| {
        let before = folded[..at].chars().next_back();
        let after = folded[end..].chars().next();
        (open_start || before.is_none_or(|before| !joined(before, first)))
            && (open_end || after.is_none_or(|after| !joined(last, after)))
    })
}

/// Whether two neighbours belong to one word. Japanese, Chinese and Thai put no spaces between words: there, never.
fn joined(left: char, right: char) -> bool {
    let in_word = |c: char| c.is_alphanumeric() && !unspaced(c);
    in_word(left) && in_word(right)
}

fn unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Whether `name` fits `pattern`, in which `*` stands for anything; case does not matter.
///
/// ```
/// use nagaya_plugin::words::fits;
/// assert!(fits("blobcat_wave", "blob*") && fits("A.example", "a.example") && !fits("cat", "*dog*"));
/// ```
pub fn fits(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.to_lowercase(), pattern.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether `host` is the one of `pattern`, or below it for `*.example.org`.
///
/// ```
/// use nagaya_plugin::words::on_host;
/// assert!(on_host("bad.example", "bad.example") && !on_host("x.bad.example", "bad.example"));
/// assert!(on_host("x.bad.example", "*.bad.example") && on_host("bad.example", "*.bad.example"));
/// assert!(!on_host("notbad.example", "*.bad.example"));
/// ```
pub fn on_host(host: &str, pattern: &str) -> bool {
    let (host, pattern) = (host.to_lowercase(), pattern.trim().to_lowercase());
    match pattern.strip_prefix("*.") {
        Some(base) => host == base || host.strip_suffix(base).is_some_and(|rest| rest.ends_with('.')),
        None => host == pattern,
    }
}

/// Whether a handle (`user@host`) is one of the list: `user@host`, `@user@host`, `@host`, `*.host`, or an actor id.
pub fn named(handle: &str, id: &str, list: &[&str]) -> bool {
    let host = handle.rsplit('@').next().unwrap_or_default();
    list.iter().any(|entry| {
        let entry = entry.trim();
        if entry == id {
            return true;
        }
        let bare = entry.strip_prefix('@').unwrap_or(entry);
        if bare.contains('@') { fits(handle, bare) } else { on_host(host, bare) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_a_person_would_find_them() {
        for (word, text, expected) in [
            ("spam", "Buy SPAM now", true),
            ("spam", "ＳＰＡＭ！", true),
            ("spam", "sp\u{200B}am", true),
            ("spam", "spammer", false),
            ("spam*", "spammer", true),
            ("*coin", "dogecoin!", true),
            ("ass", "a class act", false),
            ("ass", "a class, an ass", true),
            ("free money", "get free money.", true),
            ("スパム", "これはすぱむです", true),
            ("宣伝", "無料宣伝です", true),
            ("投資", "apple投資", true),
            ("ÜBER", "über alles", true),
            ("", "anything", false),
            ("*", "anything", false),
        ] {
            assert_eq!(contains(&fold(text), word), expected, "{word} in {text}");
        }
    }

    #[test]
    fn people_and_hosts_are_named_in_the_ways_people_name_them() {
        for (entry, expected) in [
            ("carol@peer.example", true),
            ("@carol@peer.example", true),
            ("peer.example", true),
            ("@peer.example", true),
            ("*.example", true),
            ("https://peer.example/u/1", true),
            ("c*@peer.example", true),
            ("dave@peer.example", false),
            ("eer.example", false),
            ("", false),
        ] {
            assert_eq!(named("carol@peer.example", "https://peer.example/u/1", &[entry]), expected, "{entry}");
        }
    }

    #[test]
    fn patterns_fit_from_end_to_end() {
        for (name, pattern, expected) in [
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("abc", "a*c", true),
            ("ac", "a*c", true),
            ("aXbXc", "a*b*c", true),
            ("abcd", "a*c", false),
            ("x", "*", true),
            ("", "*", true),
        ] {
            assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
        }
    }
}
