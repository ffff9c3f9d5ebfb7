//! An authenticator for tests: it keeps a P-256 key, counts its uses and answers as browsers do.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// User present, user verified.
const PRESENT: u8 = 0b101;
/// A credential is attached.
const ATTACHED: u8 = 0b100_0000;

pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 32],
    handle: String,
    /// How often it was used.
    pub(crate) counter: u32,
    /// Where its browser is.
    pub(crate) origin: String,
}

impl Authenticator {
    pub(crate) fn new(origin: &str, id: u8) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self { key, id: [id; 32], handle: String::new(), counter: 1, origin: origin.into() }
    }

    /// Makes a passkey as `options` ask; attestation `none`.
    pub(crate) fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("JSON");
        self.handle = options["user"]["id"].as_str().expect("a handle").into();
        let client = self.client_data("webauthn.create", &options);
        let mut data = self.data(options["rp"]["id"].as_str().expect("an RP"), PRESENT | ATTACHED);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.id);
        let point = self.key.public_key().as_ref();
        // COSE: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": …}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).expect("short")]);
        object.extend(data);
        let response = json!({"clientDataJSON": b64(client.as_bytes()), "attestationObject": b64(&object), "transports": ["internal"]});
        self.answer(response)
    }

    /// Signs in as `options` ask.
    pub(crate) fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("JSON");
        let client = self.client_data("webauthn.get", &options);
        self.counter += 1;
        let data = self.data(options["rpId"].as_str().expect("an RP"), PRESENT);
        let signed = [data.as_slice(), digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signs");
        let response = json!({
            "clientDataJSON": b64(client.as_bytes()), "authenticatorData": b64(&data),
            "signature": b64(signature.as_ref()), "userHandle": self.handle,
        });
        self.answer(response)
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        format!(
            r#"{{"type":"{kind}","challenge":{},"origin":"{}","crossOrigin":false}}"#,
            options["challenge"], self.origin
        )
    }

    fn data(&self, rp: &str, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, rp.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn answer(&self, response: Value) -> String {
        let id = b64(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {}, "response": response,
        })
        .to_string()
    }
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
