//! Looking for a filter's words in a text: any case, and whole words if asked.
//!
//! A whole word ends where a letter or digit meets something else; an end of the keyword that is neither (`#cats`, `!`)
//! needs no such border. Spec: Mastodon API, entity FilterKeyword, https://docs.joinmastodon.org/entities/FilterKeyword/

/// A text prepared for many look-ups.
#[derive(Debug)]
pub struct Haystack<'t> {
    text: &'t str,
    folded: String,
}

impl<'t> Haystack<'t> {
    /// Prepares `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, folded: fold(text) }
    }

    /// The first place where `keyword` stands, as the text has it; an empty keyword stands nowhere.
    pub fn find(&self, keyword: &str, whole_word: bool) -> Option<&'t str> {
        let wanted = fold(keyword.trim());
        if wanted.is_empty() {
            return None;
        }
        let bound_before = whole_word && wanted.chars().next().is_some_and(is_word);
        let bound_after = whole_word && wanted.chars().next_back().is_some_and(is_word);
        let stands = |at: usize| {
            let before = self.folded[..at].chars().next_back().is_some_and(is_word);
            let after = self.folded[at + wanted.len()..].chars().next().is_some_and(is_word);
            !(bound_before && before || bound_after && after)
        };
        let mut from = 0;
        while let Some(found) = self.folded[from..].find(&wanted) {
            let at = from + found;
            if stands(at) {
                return Some(self.original(at, at + wanted.len()));
            }
            from = at + wanted.chars().next().map_or(1, char::len_utf8);
        }
        None
    }

    /// What was folded to these bytes. Folding may change how long a letter is.
    fn original(&self, start: usize, end: usize) -> &'t str {
        let (mut folded, mut first, mut last) = (0, None, self.text.len());
        for (at, letter) in self.text.char_indices() {
            if folded >= end {
                last = at;
                break;
            }
            let length: usize = letter.to_lowercase().map(char::len_utf8).sum();
            if folded + length > start && first.is_none() {
                first = Some(at);
            }
            folded += length;
        }
        &self.text[first.unwrap_or(last)..last]
    }
}

/// Letter by letter, so that places can be told again (unlike `str::to_lowercase`, which looks at neighbours).
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_whole_if_asked() {
        for (text, keyword, whole, found) in [
            ("I like Cats.", "cats", true, Some("Cats")),
            ("concatenate a cat", "cat", true, Some("cat")),
            ("concatenate", "cat", true, None),
            ("concatenate", "CAT", false, Some("cat")),
            ("so #Cats!", "#cats", true, Some("#Cats")),
            ("so#catsy", "#cats", true, None),
            ("no way!!", "way!", true, Some("way!")),
            ("snake_case", "case", true, None),
            ("猫と犬", "犬", false, Some("犬")),
            ("猫 と 犬", "犬", true, Some("犬")),
            ("猫と犬", "犬", true, None),
            ("İstanbul calling", "calling", true, Some("calling")),
            ("STRASSE ẞ x", "ß", false, Some("ẞ")),
            ("two  words here", "words here", true, Some("words here")),
            ("anything", "", false, None),
            ("anything", "  ", true, None),
        ] {
            assert_eq!(Haystack::new(text).find(keyword, whole), found, "{keyword} in {text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_holds_its_own_parts(before in "\\PC{0,9}", word in "\\PC{1,9}", after in "\\PC{0,9}") {
            let text = format!("{before}{word}{after}");
            let found = Haystack::new(&text).find(&word, false);
            prop_assert_eq!(found.is_some(), !fold(word.trim()).is_empty());
        }
    }
}
