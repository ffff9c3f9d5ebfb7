//! Does a word occur in a text? Works on folded characters.

/// One word of the admin's list.
pub struct Word {
    folded: Vec<char>,
    open_start: bool,
    open_end: bool,
}

impl Word {
    /// `*` at an end leaves that end open: `spam*` finds `spammer`.
    pub fn new(word: &str) -> Self {
        let word = word.trim().trim_start_matches('#');
        let inner = word.trim_matches('*');
        Self { folded: fold(inner), open_start: word.starts_with('*'), open_end: word.ends_with('*') }
    }

    /// Whether the folded `text` contains it, as a whole word where its script has words.
    pub fn occurs_in(&self, text: &[char]) -> bool {
        let Some((first, last)) = self.folded.first().zip(self.folded.last()) else { return false };
        text.windows(self.folded.len()).enumerate().any(|(at, window)| {
            window == self.folded.as_slice()
                && (self.open_start || at == 0 || !joined(text[at - 1], *first))
                && (self.open_end || text.get(at + window.len()).is_none_or(|next| !joined(*last, *next)))
        })
    }
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

/// Lower case, full-width letters made narrow, katakana made hiragana, invisible characters left out.
pub fn fold(text: &str) -> Vec<char> {
    text.chars()
        .filter(|c| !matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'))
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{30A1}'..='\u{30F6}' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
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
            ("free money", "get free money.", true),
            ("#casino", "casino", true),
            ("スパム", "これはすぱむです", true),
            ("宣伝", "無料宣伝です", true),
            ("投資", "apple投資", true),
            ("ÜBER", "über alles", true),
            ("", "anything", false),
            ("*", "anything", false),
        ] {
            assert_eq!(Word::new(word).occurs_in(&fold(text)), expected, "{word} in {text}");
        }
    }
}
