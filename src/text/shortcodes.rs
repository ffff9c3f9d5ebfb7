//! Names of custom emoji in text: `:blobcat:`.
//!
//! Spec: FEP-9098, https://w3id.org/fep/9098

/// The longest name that is looked for, in bytes.
const LONGEST: usize = 128;

/// Whether `name` may be the name of an emoji of ours: two or more letters, digits and underscores.
pub fn is_shortcode(name: &str) -> bool {
    (2..=LONGEST).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The names between colons in `text`, plain or HTML, each as often as it stands there. Others than ours may hold `-` and
/// `+`. What is named need not exist.
pub fn find(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(colon) = rest.find(':') {
        rest = &rest[colon + 1..];
        let length = rest.bytes().take_while(|byte| fits(*byte)).count();
        if (1..=LONGEST).contains(&length) && rest.as_bytes().get(length) == Some(&b':') {
            found.push(&rest[..length]);
            // The colon that ends one name may not begin the next.
            rest = &rest[length + 1..];
        }
    }
    found
}

fn fits(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_between_colons() {
        for (text, expected) in [
            ("", &[][..]),
            ("hello", &[]),
            (":blobcat:", &["blobcat"]),
            ("<p>a :one: b:two:c :1: 12:30:45</p>", &["one", "two", "1", "30"]),
            (":one::two:", &["one", "two"]),
            (":one:two:", &["one"]),
            (": one:", &[]),
            ("::", &[]),
            (":a-b+c_d:", &["a-b+c_d"]),
            (":長屋:", &[]),
            ("https://a.example:80/", &[]),
        ] {
            assert_eq!(find(text), expected, "{text}");
        }
    }

    #[test]
    fn our_names_are_plain() {
        for (name, expected) in
            [("blobcat", true), ("b_2", true), ("b", false), ("a-b", false), ("", false), ("長屋", false)]
        {
            assert_eq!(is_shortcode(name), expected, "{name}");
        }
        assert!(!is_shortcode(&"x".repeat(LONGEST + 1)));
    }
}
