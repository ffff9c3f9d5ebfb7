//! Public keys in documents: `publicKey` as everybody writes it, and the Multikeys of FEP-521a.
//!
//! A key is read with the owner that it claims. The claim is worth nothing until the owner's own document lists the key
//! (rule V9): reading an actor with [`listed`] keeps only keys that name it and share its origin.
//!
//! Spec: https://w3id.org/security/v1, FEP-521a

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::Value;

use super::{base58, ids, read};

/// How many keys of one actor are read.
const MOST: usize = 10;

/// The longest key that is read, in bytes of its text form.
const LONGEST: usize = 16 * 1024;

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. Spec: RFC 8410 §4
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key and what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// As it appears in signatures.
    pub id: String,
    /// The actor that it claims to belong to, when it says so.
    pub owner: Option<String>,
    /// SubjectPublicKeyInfo (of some programs a PKCS#1 RSA key), as PEM.
    pub pem: String,
}

/// The keys that the actor document of `actor` lists for itself: they name it as their owner, or nobody, and share its origin.
pub fn listed(document: &Value, actor: &str) -> Vec<PublicKey> {
    ["publicKey", "assertionMethod"]
        .into_iter()
        .flat_map(|property| read::objects(document, property))
        .take(MOST)
        .filter_map(key)
        .filter(|key| key.owner.as_deref().is_none_or(|owner| owner == actor) && ids::same_origin(&key.id, actor))
        .collect()
}

/// The key that a document fetched by key id is, or carries: a key by itself, or an actor (or a stub of one) with its key.
/// The caller must still read the owner's document and look there.
pub fn fetched(document: &Value, key_id: &str) -> Option<PublicKey> {
    if let Some(key) = key(document) {
        return Some(key).filter(|key| key.id == key_id);
    }
    let mut keys = ["publicKey", "assertionMethod"].into_iter().flat_map(|property| read::objects(document, property));
    let mut found = keys.find_map(|value| key(value).filter(|key| key.id == key_id))?;
    found.owner = found.owner.or_else(|| read::id(document, "id").map(str::to_owned));
    Some(found)
}

/// Reads one key object of either kind; `None` for a mere reference and for kinds we have no use for.
fn key(value: &Value) -> Option<PublicKey> {
    let id = value.get("id")?.as_str()?.to_owned();
    let pem = match read::string(value, "publicKeyPem") {
        Some(pem) => {
            let pem = pem.trim();
            let fits = pem.len() <= LONGEST && pem.starts_with("-----BEGIN ") && pem.contains("PUBLIC KEY-----");
            fits.then(|| format!("{pem}\n"))?
        }
        None => multikey(read::string(value, "publicKeyMultibase")?)?,
    };
    let owner = read::id(value, "owner").or_else(|| read::id(value, "controller")).map(str::to_owned);
    Some(PublicKey { id, owner, pem })
}

/// The PEM of a Multikey: multibase `z` (base58), then the multicodec of an Ed25519 or RSA key.
fn multikey(text: &str) -> Option<String> {
    let bytes = base58::decode(text.strip_prefix('z')?)?;
    if let Some(key) = bytes.strip_prefix(&[0xed, 0x01]) {
        let key: &[u8; 32] = key.try_into().ok()?;
        let info = STANDARD.encode([ED25519_INFO.as_slice(), key].concat());
        return Some(format!("-----BEGIN PUBLIC KEY-----\n{info}\n-----END PUBLIC KEY-----\n"));
    }
    let key = RsaPublicKey::from_pkcs1_der(bytes.strip_prefix(&[0x85, 0x24])?).ok()?;
    key.to_public_key_pem(LineEnding::LF).ok()
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::EncodeRsaPublicKey as _;
    use serde_json::json;

    use super::*;

    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";

    #[test]
    fn multikeys_become_pems() {
        let ed25519 = format!("z{}", base58::encode(&[[0xed, 0x01].as_slice(), &[7; 32]].concat()));
        let pem = multikey(&ed25519).expect("readable");
        let info = STANDARD.decode(pem.lines().nth(1).expect("a body")).expect("base64");
        assert_eq!(info, [ED25519_INFO.as_slice(), &[7; 32]].concat());

        let key = RsaPublicKey::new(rsa::BigUint::from_bytes_be(&[0xfd; 256]), 65_537_u32.into()).expect("a key");
        let der = key.to_pkcs1_der().expect("encodable");
        let rsa = format!("z{}", base58::encode(&[[0x85, 0x24].as_slice(), der.as_bytes()].concat()));
        assert_eq!(multikey(&rsa), Some(key.to_public_key_pem(LineEnding::LF).expect("encodable")));

        // An example of the did:key specification.
        assert!(multikey("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").is_some());
        for bad in ["", "z", "z6Mk", &ed25519[1..], &ed25519[..40], &rsa[..100]] {
            assert_eq!(multikey(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_actor_lists_only_its_own_keys() {
        let bob = "https://b.example/bob";
        let own = json!({"id": "https://b.example/bob#main-key", "owner": bob, "publicKeyPem": PEM});
        for (document, expected) in [
            (json!({"publicKey": own}), 1),
            (json!({"publicKey": [own, {"id": "https://b.example/bob#2", "publicKeyPem": PEM}]}), 2),
            (json!({"publicKey": {"id": "https://c.example/#k", "owner": bob, "publicKeyPem": PEM}}), 0),
            (
                json!({"publicKey": {"id": "https://b.example/#k", "owner": "https://b.example/eve", "publicKeyPem": PEM}}),
                0,
            ),
            (json!({"publicKey": {"id": "https://b.example/#k", "publicKeyPem": "secret"}}), 0),
            (json!({"publicKey": {"id": 1, "publicKeyPem": PEM}}), 0),
            (json!({"publicKey": "https://b.example/bob#main-key"}), 0),
            (json!({}), 0),
        ] {
            assert_eq!(listed(&document, bob).len(), expected, "{document}");
        }
        assert_eq!(listed(&json!({"publicKey": vec![own; 50]}), bob).len(), MOST);
    }

    #[test]
    fn a_fetched_key_is_the_one_asked_for() {
        let id = "https://b.example/bob/main-key";
        let key = json!({"id": id, "owner": "https://b.example/bob", "publicKeyPem": PEM});
        let stub =
            json!({"id": "https://b.example/bob", "type": "Person", "publicKey": {"id": id, "publicKeyPem": PEM}});
        for document in [&key, &stub] {
            let found = fetched(document, id).expect("a key");
            assert_eq!(found.owner.as_deref(), Some("https://b.example/bob"));
            assert_eq!(fetched(document, "https://b.example/other"), None);
        }
    }
}
