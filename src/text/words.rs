//! Words for the search index, and the same words of what is looked for.
//!
//! Writing with spaces is parted at what is neither letter nor digit. Writing without them (Chinese, Japanese, Korean,
//! Thai and their neighbours) becomes overlapping pairs of characters: 東京都 is 東京, 京都 and a last 都, so that words of
//! two characters are found wherever they stand, and those of one by the beginning of a pair. Everything is folded:
//! width, case and the accents of letters do not matter.

use unicode_normalization::UnicodeNormalization as _;

/// The longest word that is told apart, in characters.
const WORD: usize = 64;
/// How much of a text is indexed, in characters.
const TEXT: usize = 50_000;

/// Words that must stand in this order, next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Each a token of the index; never empty.
    pub words: Vec<String>,
    /// Whether the last is but the beginning of one.
    pub open: bool,
}

/// A text's tokens for the index, parted by spaces.
pub fn index(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for run in runs(text) {
        run.tokens(true, |token| {
            out.push_str(token);
            out.push(' ');
        });
    }
    out
}

/// What to look for; `None` when there is no letter and no digit in it.
pub fn phrase(text: &str) -> Option<Phrase> {
    let runs: Vec<Run> = runs(text).collect();
    let mut words = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        // The last pair may go on in the text; between two runs the single end stands there too.
        run.tokens(at + 1 < runs.len(), |token| words.push(token.to_owned()));
    }
    let open = matches!(runs.last(), Some(Run::Dense(text)) if text.chars().nth(1).is_none());
    (!words.is_empty()).then_some(Phrase { words, open })
}

/// As [`phrase`], but its last word need not be whole: what one sees while somebody types.
pub fn beginning(text: &str) -> Option<Phrase> {
    Some(Phrase { open: true, ..phrase(text)? })
}

/// A piece of folded text.
enum Run {
    /// One word.
    Word(String),
    /// Characters of a writing that does not part words.
    Dense(String),
}

impl Run {
    /// Its tokens; `end`: with the single last character of a dense run.
    fn tokens(&self, end: bool, mut take: impl FnMut(&str)) {
        match self {
            Self::Word(word) => take(word),
            Self::Dense(text) => {
                let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                starts.push(text.len());
                for pair in starts.windows(3) {
                    take(&text[pair[0]..pair[2]]);
                }
                if end || starts.len() == 2 {
                    take(&text[starts[starts.len() - 2]..]);
                }
            }
        }
    }
}

fn runs(text: &str) -> impl Iterator<Item = Run> {
    let folded: Vec<char> = fold(text).collect();
    let mut at = 0;
    std::iter::from_fn(move || {
        while folded.get(at).is_some_and(|char| !is_word(*char)) {
            at += 1;
        }
        let dense = is_dense(*folded.get(at)?);
        let start = at;
        while folded.get(at).is_some_and(|char| is_word(*char) && is_dense(*char) == dense) {
            at += 1;
        }
        let run = &folded[start..at];
        Some(if dense { Run::Dense(run.iter().collect()) } else { Run::Word(run.iter().take(WORD).collect()) })
    })
}

/// One spelling for all: compatible forms, lower case, letters without accents.
fn fold(text: &str) -> impl Iterator<Item = char> {
    let lower = text.chars().take(TEXT).nfkc().flat_map(char::to_lowercase).collect::<String>();
    let bare = lower.nfd().filter(|char| !matches!(char, '\u{300}'..='\u{36f}')).collect::<String>();
    let composed: String = bare.nfc().collect();
    composed.replace('ß', "ss").chars().collect::<Vec<_>>().into_iter()
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || is_dense(char)
}

/// Whether words are not parted in the writing that the character belongs to.
fn is_dense(char: char) -> bool {
    matches!(char,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' // Thai, Lao, Burmese, Khmer
        | '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '々' | '〆' | '〇' | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | 'ー'..='ヿ' | '\u{3100}'..='\u{318f}' | '\u{31a0}'..='\u{31ff}' // kana, bopomofo
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_become_words_and_pairs() {
        for (text, expected) in [
            ("Hello, World!", "hello world"),
            ("Cafe\u{301} CAFÉ straße", "cafe cafe strasse"),
            ("don't foo_bar 3.5", "don t foo bar 3 5"),
            ("東京都", "東京 京都 都"),
            ("猫", "猫"),
            ("Rust入門2026年", "rust 入門 門 2026 年"),
            ("ｶﾞｷﾞ ＡＢＣ", "ガギ ギ abc"),
            ("か\u{3099}き", "がき き"),
            ("한국어 공부", "한국 국어 어 공부 부"),
            ("カタカナ・テスト", "カタ タカ カナ ナ テス スト ト"),
            ("", ""),
            ("!? …", ""),
        ] {
            assert_eq!(index(text).trim_end(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_looked_for_is_a_phrase() {
        for (text, expected) in [
            ("Hello", Some("hello")),
            ("東京", Some("東京")),
            ("京都府", Some("京都 都府")),
            ("猫", Some("猫*")),
            ("a猫", Some("a 猫*")),
            ("東京abc", Some("東京 京 abc")),
            ("...", None),
        ] {
            let found = phrase(text).map(|phrase| phrase.words.join(" ") + if phrase.open { "*" } else { "" });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    proptest! {
        /// Whatever stands around it, a part is found by its own words.
        #[test]
        fn a_part_stands_in_the_whole(before in "\\PC{0,9}", part in "[a-z東京都の猫]{1,9}", after in "\\PC{0,9}") {
            let text = index(&format!("{before} {part} {after}"));
            let tokens: Vec<&str> = text.split_ascii_whitespace().collect();
            let phrase = phrase(&part).expect("letters");
            let found = tokens.windows(phrase.words.len()).any(|window| {
                let last = window.len() - 1;
                window[..last].iter().zip(&phrase.words).all(|(token, word)| token == word)
                    && if phrase.open { window[last].starts_with(&phrase.words[last]) } else { window[last] == phrase.words[last] }
            });
            prop_assert!(found, "{part} in {text}");
        }

        #[test]
        fn tokens_hold_nothing_that_means_something_to_the_index(text in "\\PC{0,40}") {
            prop_assert!(index(&text).chars().all(|char| char == ' ' || is_word(char)));
        }
    }
}
