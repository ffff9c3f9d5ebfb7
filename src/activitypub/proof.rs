//! Integrity proofs inside documents, suite `eddsa-jcs-2022`: who wrote a document stays provable whoever hands it on.
//!
//! Pure: whether the key may speak for anybody is for the caller to find out. Refuses other suites, other purposes,
//! several proofs at once, and documents whose proof is for another context.
//!
//! Spec: FEP-8b32; https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022

use serde_json::{Map, Value, json};

use super::signature::{ProofKey, PublicKey, sha256};
use super::{base58, jcs, read};
use crate::clock::Time;

/// The context that explains `proof`.
const CONTEXT: &str = "https://w3id.org/security/data-integrity/v1";
const SUITE: &str = "eddsa-jcs-2022";

/// Adds a proof by `key`, whose id is `method`, to `document`, and the context that explains it.
pub fn attach(document: &mut Value, method: &str, key: &ProofKey, now: Time) {
    let context = match document.get("@context").cloned() {
        None | Some(Value::Null) => vec![],
        Some(Value::Array(contexts)) => contexts,
        Some(context) => vec![context],
    };
    let has = context.iter().any(|known| known.as_str() == Some(CONTEXT));
    // Before the terms of our own, which come last.
    let at = context.iter().position(Value::is_object).unwrap_or(context.len());
    let mut context = context;
    if !has {
        context.insert(at, json!(CONTEXT));
    }
    document["@context"] = Value::Array(context);
    sign(document, method, key, &now.rfc3339());
}

/// Signs `document` as it stands.
fn sign(document: &mut Value, method: &str, key: &ProofKey, created: &str) {
    let mut proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
        "created": created,
    });
    let signature = key.sign(&message(&proof, document));
    proof["proofValue"] = json!(format!("z{}", base58::encode(&signature)));
    document["proof"] = proof;
}

/// A proof as a document presents it. Nothing is proved yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The id of the key that is said to have made it.
    pub method: String,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// Reads the proof of `document`; `None` when it has none that we understand.
pub fn read(document: &Value) -> Option<Claim> {
    let [Value::Object(proof)] = read::objects(document, "proof")[..] else { return None };
    let is = |key: &str, expected: &str| proof.get(key).and_then(Value::as_str) == Some(expected);
    if !is("type", "DataIntegrityProof") || !is("cryptosuite", SUITE) || !is("proofPurpose", "assertionMethod") {
        return None;
    }
    let mut options = proof.clone();
    let value = options.remove("proofValue")?;
    let signature = base58::decode(value.as_str()?.strip_prefix('z')?)?;
    let mut unsecured: Map<String, Value> = document.as_object()?.clone();
    unsecured.remove("proof");
    if let Some(context) = options.get("@context") {
        // The document may have gained contexts on its way, behind those that were signed.
        let list = |value: Option<&Value>| match value {
            Some(Value::Array(values)) => values.clone(),
            Some(value) => vec![value.clone()],
            None => Vec::new(),
        };
        if !list(unsecured.get("@context")).starts_with(&list(Some(context))) {
            return None;
        }
        unsecured.insert("@context".into(), context.clone());
    }
    let method = options.get("verificationMethod").and_then(super::read::id_of)?.to_owned();
    let message = message(&Value::Object(options), &Value::Object(unsecured));
    Some(Claim { method, message, signature })
}

impl Claim {
    /// Whether `key` made the proof over this very document. Only Ed25519 keys can.
    pub fn holds(&self, key: &PublicKey) -> bool {
        matches!(key, PublicKey::Ed25519(_)) && key.verifies(&self.message, &self.signature)
    }
}

/// What is signed: the hash of the options, then that of the document.
fn message(options: &Value, document: &Value) -> Vec<u8> {
    [sha256(jcs::canonical(options).as_bytes()), sha256(jcs::canonical(document).as_bytes())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";
    const PUBLIC: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    const METHOD: &str = "https://server.example/users/alice#ed25519-key";

    fn key() -> ProofKey {
        let bytes = base58::decode(&SECRET[1..]).expect("base58");
        ProofKey::from_seed(bytes[2..].try_into().expect("a seed")).expect("a key")
    }

    fn public() -> PublicKey {
        PublicKey::from_multibase(PUBLIC).expect("a key")
    }

    fn document() -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
            "type": "Create",
            "actor": "https://server.example/users/alice",
            "object": {"type": "Note", "content": "Hello world"},
        })
    }

    /// The example of FEP-8b32 itself, with the keys of the W3C's.
    #[test]
    fn fep_8b32_the_published_vector_is_made_and_verified() {
        let mut signed = document();
        sign(&mut signed, METHOD, &key(), "2023-02-24T23:36:38Z");
        let value = "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2";
        assert_eq!(signed["proof"]["proofValue"], value);
        let claim = read(&signed).expect("a proof");
        assert_eq!(claim.method, METHOD);
        assert!(claim.holds(&public()));
        assert_eq!(key().multibase(), PUBLIC);
    }

    #[test]
    fn fep_8b32_what_was_changed_or_signed_otherwise_is_refused() {
        let mut signed = document();
        signed["@context"] = json!("https://www.w3.org/ns/activitystreams");
        attach(&mut signed, METHOD, &key(), Time(1_786_111_355_000));
        assert_eq!(signed["@context"][1], CONTEXT);
        assert!(read(&signed).expect("a proof").holds(&public()));
        let other = ProofKey::from_seed(&[7; 32]).expect("a key");
        assert!(!read(&signed).expect("a proof").holds(&PublicKey::from_multibase(&other.multibase()).expect("a key")));
        for (pointer, value) in [
            ("/object/content", json!("Hello mallory")),
            ("/actor", json!("https://server.example/users/mallory")),
            ("/proof/created", json!("2030-01-01T00:00:00Z")),
            ("/proof/verificationMethod", json!("https://evil.example/#k")),
            ("/proof/proofValue", json!("z1111")),
            ("/proof/proofValue", json!("u3sXax")),
            ("/proof/cryptosuite", json!("jcs-eddsa-2022")),
            ("/proof/proofPurpose", json!("authentication")),
            ("/proof/type", json!("RsaSignature2017")),
        ] {
            let mut forged = signed.clone();
            *forged.pointer_mut(pointer).expect("is there") = value;
            assert!(read(&forged).is_none_or(|claim| !claim.holds(&public())), "{pointer}");
        }
        let mut twice = signed.clone();
        twice["proof"] = json!([signed["proof"], signed["proof"]]);
        assert_eq!(read(&twice), None);
        let mut more = signed.clone();
        more["added"] = json!(1);
        assert!(!read(&more).expect("a proof").holds(&public()));
        assert_eq!(read(&document()), None);
    }

    #[test]
    fn fep_8b32_a_context_inside_the_proof_must_begin_the_documents_own() {
        let mut signed = document();
        let mut proof = json!({"type": "DataIntegrityProof", "cryptosuite": SUITE, "verificationMethod": METHOD,
            "proofPurpose": "assertionMethod", "created": "2023-02-24T23:36:38Z", "@context": signed["@context"]});
        let signature = key().sign(&message(&proof, &signed));
        proof["proofValue"] = json!(format!("z{}", base58::encode(&signature)));
        signed["proof"] = proof;
        assert!(read(&signed).expect("a proof").holds(&public()));
        signed["@context"].as_array_mut().expect("a list").push(json!("https://more.example/ns"));
        assert!(read(&signed).expect("a proof").holds(&public()), "contexts may be added behind");
        signed["@context"] = json!(["https://evil.example/ns"]);
        assert_eq!(read(&signed), None);
    }
}
