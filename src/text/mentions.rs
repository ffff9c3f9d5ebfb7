//! Finding `@user` and `@user@domain` in what people type, international domain names included.
//!
//! Japanese is written without blanks, so a mention may follow a kana or kanji directly, and one may follow it.
//! What is part of a mail address or of a path is no mention.

use std::ops::Range;

use url::Host;

/// A mention as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands, in bytes, with the `@`.
    pub range: Range<usize>,
    /// The name, as typed.
    pub user: String,
    /// The domain in its one spelling (lower case, punycode; with a port only on an address or `localhost`); `None`: local.
    pub domain: Option<String>,
}

/// All mentions in the text, in order. Takes time linear in the text's length.
pub fn find(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for (start, _) in text.match_indices('@') {
        let taken = found.last().is_some_and(|last| start < last.range.end);
        if taken || text[..start].chars().next_back().is_some_and(forbids_mention) {
            continue;
        }
        found.extend(at(text, start));
    }
    found
}

/// `user` and `user@domain` as typed into a search field or written by another server, with or without `@` or `acct:` before.
pub fn parse(handle: &str) -> Option<(String, Option<String>)> {
    let handle = handle.trim();
    let handle = handle.strip_prefix("acct:").unwrap_or(handle);
    let text = format!("@{}", handle.strip_prefix('@').unwrap_or(handle));
    let mention = at(&text, 0).filter(|mention| mention.range.end == text.len())?;
    Some((mention.user, mention.domain))
}

/// A domain in its one spelling: lower case, punycode. Refuses what is neither a dotted name nor an IP address with a port.
pub fn domain(text: &str) -> Option<String> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse::<u16>().ok()?)),
        None => (text, None),
    };
    if name.len() > 253 || name.split('.').any(str::is_empty) {
        return None;
    }
    match (Host::parse(name).ok()?, port) {
        (Host::Domain(name), None) if name.contains('.') || name == "localhost" => Some(name),
        (Host::Domain(name), Some(port)) if name == "localhost" => Some(format!("{name}:{port}")),
        // `Host` reads `1.2` as an address too; only the usual spelling counts.
        (Host::Ipv4(address), port) if address.to_string() == name => {
            Some(port.map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
        }
        _ => None,
    }
}

/// Before an `@` these make something else of it: a mail address, a path, a parameter.
fn forbids_mention(before: char) -> bool {
    before.is_ascii_alphanumeric() || matches!(before, '_' | '=' | '/' | '@' | '.' | '-' | '+')
}

/// The mention whose `@` stands at `start`.
fn at(text: &str, start: usize) -> Option<Mention> {
    let rest = &text[start + 1..];
    let user = until(rest, |char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-'));
    let user = user.trim_end_matches(['.', '-']);
    if user.is_empty() || user.len() > 128 || user.starts_with(['.', '-']) {
        return None;
    }
    let mut end = start + 1 + user.len();
    let mut named = None;
    if let Some(after) = text[end..].strip_prefix('@') {
        let typed = typed_domain(after);
        if !typed.is_empty() {
            named = Some(domain(typed)?);
            end += 1 + typed.len();
        }
    }
    Some(Mention { range: start..end, user: user.to_owned(), domain: named })
}

/// How much of `text` is a domain.
fn typed_domain(text: &str) -> &str {
    let name = until(text, |char| char.is_alphanumeric() || matches!(char, '-' | '.')).trim_end_matches(['.', '-']);
    // No top-level domain mixes scripts: in `@bob@b.exampleさん` the name ends before さん.
    let last = name.rfind('.').map_or(0, |dot| dot + 1);
    let name = match name[last..].find(|char: char| !char.is_ascii()) {
        Some(end) if name[last..].starts_with(|char: char| char.is_ascii()) => &name[..last + end],
        _ => name,
    };
    let is_machine = name == "localhost" || name.parse::<std::net::Ipv4Addr>().is_ok();
    let port =
        text[name.len()..].strip_prefix(':').map(|port| until(port, |char| char.is_ascii_digit())).unwrap_or_default();
    if is_machine && !port.is_empty() { &text[..=name.len() + port.len()] } else { name }
}

fn until(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    text.find(|char| !belongs(char)).map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_found() {
        for (text, expected) in [
            ("@alice", vec!["@alice|alice|"]),
            ("hi @alice, @Bob@B.Example!", vec!["@alice|alice|", "@Bob@B.Example|Bob|b.example"]),
            ("@a@b@c", vec![]),
            ("@bob@bücher.example", vec!["@bob@bücher.example|bob|xn--bcher-kva.example"]),
            ("@bob@日本.みんな", vec!["@bob@日本.みんな|bob|xn--wgv71a.xn--q9jyb4c"]),
            ("@bob@b.exampleさん、こんにちは", vec!["@bob@b.example|bob|b.example"]),
            ("こんにちは@aliceさん", vec!["@alice|alice|"]),
            ("「@alice」", vec!["@alice|alice|"]),
            ("(@alice) \"@bob\"", vec!["@alice|alice|", "@bob|bob|"]),
            ("@alice. @bob-", vec!["@alice|alice|", "@bob|bob|"]),
            ("@alice.b-c@b.example.", vec!["@alice.b-c@b.example|alice.b-c|b.example"]),
            ("@alice@ @bob", vec!["@alice|alice|", "@bob|bob|"]),
            ("@bob@127.0.0.2:3000: hi", vec!["@bob@127.0.0.2:3000|bob|127.0.0.2:3000"]),
            ("@bob@b.example:30", vec!["@bob@b.example|bob|b.example"]),
            ("@bob@1.2", vec![]),
            ("mail@b.example mail.@x a/@b ?q=@c a@@b", vec![]),
            ("@ @@ @. @é", vec![]),
            ("＠alice", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<String> = find(text)
                .into_iter()
                .map(|found| format!("{}|{}|{}", &text[found.range], found.user, found.domain.unwrap_or_default()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn handles_are_read_however_they_are_written() {
        let bob = Some(("bob".to_owned(), Some("b.example".to_owned())));
        for (handle, expected) in [
            ("bob@b.example", bob.clone()),
            ("@bob@B.example ", bob.clone()),
            ("acct:bob@b.example", bob),
            ("alice", Some(("alice".to_owned(), None))),
            ("bob@b.example x", None),
            ("https://b.example/@bob", None),
            ("bob@", None),
            ("", None),
        ] {
            assert_eq!(parse(handle), expected, "{handle}");
        }
    }

    #[test]
    fn a_domain_has_one_spelling() {
        for (text, expected) in [
            ("B.Example", Some("b.example")),
            ("BÜCHER.example", Some("xn--bcher-kva.example")),
            ("127.0.0.1:8000", Some("127.0.0.1:8000")),
            ("localhost:8000", Some("localhost:8000")),
            ("localhost", Some("localhost")),
            ("b.example:8000", None),
            ("example", None),
            ("b..example", None),
            (".example", None),
            ("1.2", None),
            ("b.example/x", None),
            ("[::1]", None),
            ("", None),
        ] {
            assert_eq!(domain(text).as_deref(), expected, "{text}");
        }
    }
}
