//! A list of plugins on any web server, signed by whoever keeps it: nobody in between changes what an id leads to.
//!
//! The file is JSON: `{"payload": "…", "key": "…", "signature": "…"}`. The payload is a text (so that nobody has to agree on
//! how JSON is written down), itself JSON: `{"serial": 7, "plugins": [{"id", "version", "url", "sha256", "publisher-key"}]}`.
//! The signature is Ed25519 over [`PREFIX`] and the payload. A serial never falls: an old list is not offered again.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::manifest::{Manifest, refused};
use super::sections;
use crate::error::Result;

/// Keeps these signatures from being taken for anything else.
const PREFIX: &[u8] = b"nagaya-plugin-index-1\n";
/// Plugins in one list.
const ENTRIES: usize = 1_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    payload: String,
    /// The public key, as hex.
    key: String,
    signature: String,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Rises with every change.
    pub serial: u64,
    /// What is offered.
    pub plugins: Vec<Offer>,
}

/// A plugin that a list offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct Offer {
    pub id: String,
    pub version: String,
    /// Where the file is; may be relative to the list.
    pub url: String,
    /// Of the file, as hex.
    pub sha256: String,
    /// Who signed the file, as hex.
    pub publisher_key: String,
}

/// Reads a list and checks its signature: what it says, and whose key signed it (hex).
pub fn read(text: &[u8]) -> Result<(Index, String)> {
    let file: File = serde_json::from_slice(text).map_err(|why| refused(format!("the index cannot be read: {why}")))?;
    let malformed = || refused("the signature of the index is malformed");
    let key = hex::decode(&file.key).map_err(|_| malformed())?;
    let signature = hex::decode(&file.signature).map_err(|_| malformed())?;
    UnparsedPublicKey::new(&ED25519, &key)
        .verify(&[PREFIX, file.payload.as_bytes()].concat(), &signature)
        .map_err(|_| refused("the signature of the index is wrong: it was changed after it was signed"))?;
    let index: Index =
        serde_json::from_str(&file.payload).map_err(|why| refused(format!("the index cannot be read: {why}")))?;
    if index.plugins.len() > ENTRIES {
        return Err(refused(format!("the index offers more than {ENTRIES} plugins")));
    }
    Ok((index, file.key.to_ascii_lowercase()))
}

/// Writes a list; `pkcs8` is the private key of whoever keeps it.
pub fn write(index: &Index, pkcs8: &[u8]) -> Result<String> {
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| refused("the key is no Ed25519 key in PKCS#8"))?;
    let bug = |error: serde_json::Error| crate::error::Error::Bug(error.to_string());
    let payload = serde_json::to_string(index).map_err(bug)?;
    let signature = hex::encode(pair.sign(&[PREFIX, payload.as_bytes()].concat()).as_ref());
    let file = File { payload, key: hex::encode(pair.public_key().as_ref()), signature };
    serde_json::to_string_pretty(&file).map_err(bug)
}

impl Index {
    /// The plugin with this id, or with the end of it behind a dot.
    pub fn find(&self, name: &str) -> Option<&Offer> {
        let exact = self.plugins.iter().find(|offer| offer.id == name);
        let mut short =
            self.plugins.iter().filter(|offer| offer.id.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')));
        exact.or_else(|| short.next().filter(|_| short.next().is_none()))
    }
}

impl Offer {
    /// What a list says about this file.
    pub fn of(wasm: &[u8], url: &str) -> Result<Self> {
        let manifest = Manifest::of_wasm(wasm)?;
        let publisher_key = sections::signer(wasm)?.ok_or_else(|| refused("only signed plugins can be offered"))?;
        let sha256 = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, wasm));
        Ok(Self { id: manifest.id, version: manifest.version, url: url.to_owned(), sha256, publisher_key })
    }

    /// Whether the file is what was offered; the error says what differs.
    pub fn check(&self, wasm: &[u8]) -> Result<()> {
        let found = Self::of(wasm, &self.url)?;
        for (what, offered, found) in [
            ("sha256", &self.sha256, &found.sha256),
            ("id", &self.id, &found.id),
            ("version", &self.version, &found.version),
            ("publisher-key", &self.publisher_key, &found.publisher_key),
        ] {
            if !offered.eq_ignore_ascii_case(found) {
                return Err(refused(format!("the index offers the {what} {offered}, but the file has {found}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_for_exactly_what_was_signed() {
        let (key, public) = sections::new_key().expect("a key");
        let offer = Offer {
            id: "org.example.a".into(),
            version: "1".into(),
            url: "a.wasm".into(),
            sha256: "00".into(),
            publisher_key: public.clone(),
        };
        let index = Index { serial: 7, plugins: vec![offer.clone(), Offer { id: "com.example.a".into(), ..offer }] };
        let text = write(&index, &key).expect("signs");
        assert_eq!(read(text.as_bytes()).expect("is right"), (index.clone(), public));
        let changed = text.replace("a.wasm", "b.wasm");
        assert!(read(changed.as_bytes()).expect_err("changed").to_string().contains("signature of the index is wrong"));
        assert!(read(b"{}").is_err() && read(b"").is_err());
        assert!(write(&index, b"no key").is_err());
        assert_eq!(index.find("org.example.a").map(|offer| offer.id.as_str()), Some("org.example.a"));
        assert_eq!((index.find("a"), index.find("b")), (None, None), "two end so");
    }
}
