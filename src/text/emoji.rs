//! Telling a Unicode emoji from other text.

use unicode_segmentation::UnicodeSegmentation as _;

/// The longest emoji in bytes: families and flags of regions stay far below.
const LONGEST: usize = 64;

/// Whether `text` is one emoji and nothing else. Symbols that only some fonts draw in colour count too.
pub fn is_emoji(text: &str) -> bool {
    let one = text.len() <= LONGEST && text.graphemes(true).count() == 1;
    // A digit becomes a keycap by the mark that follows it.
    one && (text.ends_with('\u{20e3}') || text.chars().next().is_some_and(pictorial))
}

fn pictorial(char: char) -> bool {
    matches!(
        char,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙'
            | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}'
            | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_and_nothing_else() {
        for (text, expected) in [
            ("👍", true),
            ("👍🏽", true),
            ("❤️", true),
            ("❤", true),
            ("🇯🇵", true),
            ("1️⃣", true),
            ("👩‍👩‍👧‍👦", true),
            ("☕", true),
            ("👍👍", false),
            ("a", false),
            ("1", false),
            ("長", false),
            (":blob:", false),
            ("", false),
            (" ", false),
        ] {
            assert_eq!(is_emoji(text), expected, "{text}");
        }
    }
}
