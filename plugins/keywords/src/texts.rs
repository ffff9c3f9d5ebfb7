//! The texts of a post, earlier versions included: who edits a word away has still said it.

use nagaya_plugin::words::{find, fold};
use nagaya_plugin::{Decision, Effect, Envelope, Settings};

/// Everything that a post says.
pub struct Texts {
    /// Each text, folded.
    pub folded: Vec<String>,
    /// All of it, for the admin's lists.
    pub all: String,
}

impl Texts {
    pub fn of(post: &Envelope) -> Self {
        let texts: Vec<&str> = [&post.text]
            .into_iter()
            .chain(&post.summary)
            .chain(&post.hashtags)
            .chain(&post.history)
            .map(String::as_str)
            .collect();
        Self { folded: texts.iter().map(|text| fold(text)).collect(), all: texts.join("\n") }
    }
}

/// `replace` holds entries like `word => other word`.
pub fn replaced(post: &Envelope, settings: &Settings) -> Decision {
    let mut text = post.text.clone();
    for (word, other) in settings.pairs("replace") {
        if word.trim_matches('*').is_empty() {
            continue;
        }
        text = replace(&text, word, other);
    }
    if text == post.text { Decision::accept() } else { Decision::accept().with(Effect::SetText(("text".into(), text))) }
}

/// Folding may change lengths, so words are looked for in runs of the text itself.
fn replace(text: &str, word: &str, other: &str) -> String {
    // Byte offsets of the folded text, and where the characters that they came from begin.
    let (mut folded, mut origin) = (String::new(), Vec::new());
    for (at, c) in text.char_indices() {
        let piece = fold(c.encode_utf8(&mut [0; 4]));
        origin.extend(std::iter::repeat_n(at, piece.len()));
        folded.push_str(&piece);
    }
    origin.push(text.len());
    let (mut out, mut done, mut from) = (String::new(), 0, 0);
    while let Some((begin, end)) = find(&folded[from..], word) {
        let (begin, end) = (from + begin, from + end);
        out.push_str(&text[done..origin[begin]]);
        out.push_str(other);
        done = origin[end];
        from = end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn a_word_is_replaced_wherever_it_stands() {
        for (text, word, other, expected) in [
            ("Spam and SPAM, not spammer", "spam", "ham", "ham and ham, not spammer"),
            ("これはスパムです", "すぱむ", "＊", "これは＊です"),
            ("nothing", "spam", "ham", "nothing"),
            ("ＳＰＡＭ!", "spam", "", "!"),
        ] {
            assert_eq!(replace(text, word, other), expected);
        }
    }
}
