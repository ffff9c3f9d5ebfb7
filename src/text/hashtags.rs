//! Finding `#tag` in what people type, and the one spelling by which tags are compared.
//!
//! Letters of every script count; a tag of digits alone is none. Like Mastodon, a tag does not begin in the middle of a
//! word (`C#`), of a path or of an HTML entity. The full-width ＃ of Japanese keyboards is as good as `#`.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A hashtag as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashtag {
    /// Where it stands, in bytes, with the `#`.
    pub range: Range<usize>,
    /// The tag without `#`, as typed.
    pub name: String,
}

/// All hashtags in the text, in order. Takes time linear in the text's length.
pub fn find(text: &str) -> Vec<Hashtag> {
    let mut found = Vec::new();
    for (start, mark) in text.match_indices(['#', '＃']) {
        if text[..start].chars().next_back().is_some_and(forbids_tag) {
            continue;
        }
        let rest = &text[start + mark.len()..];
        let name = rest.find(|char| !is_word(char) && !is_joint(char)).map_or(rest, |end| &rest[..end]);
        let name = name.trim_end_matches(is_joint);
        if is_tag(name) {
            found.push(Hashtag { range: start..start + mark.len() + name.len(), name: name.to_owned() });
        }
    }
    found
}

/// The spelling by which tags are compared and stored: NFKC, lower case, Latin letters without accents, nothing that cannot
/// stand in a tag. `None`: no tag at all. A `#` before it is ignored.
pub fn normalise(name: &str) -> Option<String> {
    let name: String = name.trim().trim_start_matches(['#', '＃']).nfkc().flat_map(char::to_lowercase).collect();
    let name: String = fold(&name).chars().filter(|char| is_word(*char) || is_joint(*char)).collect();
    let name = name.trim_matches(is_joint);
    is_tag(name).then(|| name.to_owned())
}

/// Takes the accents off Latin letters, so that `#café` is `#cafe`; marks of other scripts (が is not か) stay.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for char in text.chars() {
        let mut parts = std::iter::once(char).nfd();
        match (char, parts.next()) {
            ('ø', _) => folded.push('o'),
            ('đ', _) => folded.push('d'),
            ('ħ', _) => folded.push('h'),
            ('ł', _) => folded.push('l'),
            ('ŧ', _) => folded.push('t'),
            ('ı', _) => folded.push('i'),
            (_, Some(base)) if base.is_ascii_alphabetic() => folded.push(base),
            ('\u{300}'..='\u{36f}', _) if folded.ends_with(|last: char| last.is_ascii_alphabetic()) => {}
            _ => folded.push(char),
        }
    }
    folded
}

fn is_tag(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(is_joint)
        && name.chars().any(|char| is_word(char) && !char.is_numeric() && char != '_')
}

/// What a tag is made of. Numerals are Unicode's, so `#二〇二六` is a tag (its characters are letters) and `#２０２６` is none.
fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || is_combining_mark(char)
}

/// What may stand between the words of a tag: the middle dots of Catalan and Japanese, and the joiner of Persian.
fn is_joint(char: char) -> bool {
    matches!(char, '\u{b7}' | '・' | '\u{200c}')
}

fn forbids_tag(before: char) -> bool {
    is_word(before) || matches!(before, '=' | '/' | ')' | '&' | '#' | '＃')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found() {
        for (text, expected) in [
            ("#hello #World!", vec!["hello", "World"]),
            ("＃長屋 と #日本語", vec!["長屋", "日本語"]),
            ("#カタカナ・テスト。", vec!["カタカナ・テスト"]),
            ("#がぎぐ", vec!["がぎぐ"]),
            ("#か\u{3099}", vec!["か\u{3099}"]),
            ("#二〇二六 #ー", vec!["二〇二六", "ー"]),
            ("#2026 #２０２６ #_ #__1", vec![]),
            ("#2026年 #1a #a1 #_a", vec!["2026年", "1a", "a1", "_a"]),
            ("(#a) 「#b」 #c。", vec!["a", "b", "c"]),
            ("#a-b #c.d", vec!["a", "c"]),
            ("#l·l #·x #x·", vec!["l·l", "x"]),
            ("C# a#b は#日本 /#a =#b )#c &#x27; ##d", vec![]),
            ("#نیم\u{200c}فاصله", vec!["نیم\u{200c}فاصله"]),
            ("# #", vec![]),
        ] {
            let found: Vec<String> = find(text).into_iter().map(|found| found.name).collect();
            assert_eq!(found, expected, "{text}");
        }
        let text = "x ＃長屋!";
        assert_eq!(&text[find(text)[0].range.clone()], "＃長屋");
    }

    #[test]
    fn a_tag_has_one_spelling() {
        for (name, expected) in [
            ("Hello", Some("hello")),
            ("#Hello", Some("hello")),
            ("ＦｕｌｌＷｉｄｔｈ", Some("fullwidth")),
            ("ﾅｶﾞﾔ", Some("ナガヤ")),
            ("か\u{3099}", Some("が")),
            ("Café", Some("cafe")),
            ("Cafe\u{301}", Some("cafe")),
            ("Ærø", Some("æro")),
            ("İstanbul", Some("istanbul")),
            ("ÉCOLE", Some("ecole")),
            ("長屋", Some("長屋")),
            ("a b-c!", Some("abc")),
            ("２０２６", None),
            ("2026", None),
            ("_", None),
            ("", None),
        ] {
            let normal = normalise(name);
            assert_eq!(normal.as_deref(), expected, "{name}");
            if let Some(normal) = normal {
                assert_eq!(normalise(&normal).as_deref(), Some(normal.as_str()), "again {name}");
            }
        }
    }
}
