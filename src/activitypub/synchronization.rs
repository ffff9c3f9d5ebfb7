//! The header `Collection-Synchronization`: what a sender says about those of its followers who live at the receiver.
//!
//! Spec: FEP-8fcf, https://codeberg.org/fediverse/fep/src/branch/main/fep/8fcf/fep-8fcf.md

/// The header's name, in lower case.
pub const HEADER: &str = "collection-synchronization";

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synchronization {
    /// The id of the sender's followers collection.
    pub collection: String,
    /// Where the part of it that lives at the receiver is listed.
    pub url: String,
    /// Of that part: the exclusive or of the SHA-256 of each id, hex.
    pub digest: String,
}

/// Reads the header; `None` when it is not of the form `collectionId="…", url="…", digest="…"`.
pub fn parse(header: &str) -> Option<Synchronization> {
    let mut found = Synchronization { collection: String::new(), url: String::new(), digest: String::new() };
    let mut rest = header.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        let place = match name.trim() {
            "collectionId" => &mut found.collection,
            "url" => &mut found.url,
            "digest" => &mut found.digest,
            _ => &mut String::new(),
        };
        value.clone_into(place);
        rest = after.trim_start().strip_prefix(',').unwrap_or(after).trim();
    }
    let hex = found.digest.len() == 64 && found.digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    found.digest.make_ascii_lowercase();
    (hex && !found.collection.is_empty() && !found.url.is_empty()).then_some(found)
}

/// Writes it.
pub fn print(said: &Synchronization) -> String {
    format!("collectionId=\"{}\", url=\"{}\", digest=\"{}\"", said.collection, said.url, said.digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_nonsense_is_not() {
        let said = Synchronization {
            collection: "https://a.example/users/1/followers".into(),
            url: "https://a.example/users/1/followers_synchronization".into(),
            digest: "ab".repeat(32),
        };
        assert_eq!(parse(&print(&said)), Some(said.clone()));
        let odd = format!(
            " url=\"{}\" ,x=\"y\",digest=\"{}\",collectionId=\"{}\"",
            said.url,
            "AB".repeat(32),
            said.collection
        );
        assert_eq!(parse(&odd), Some(said));
        for bad in ["", "x", "collectionId=\"a\", url=\"b\"", "collectionId=\"a\", url=\"b\", digest=\"xy\"", "a=\"b"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
