//! Keys: RSA to sign with; RSA and Ed25519 of other servers to check with.
//!
//! The crate `rsa` makes keys and reads their encoding; every operation with a private key is aws-lc's, because the
//! pure Rust one leaks timing (RUSTSEC-2023-0071). Refuses RSA keys below 2048 and above 8192 bits.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256,
    RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use rsa::pkcs1::der::Decode;
use rsa::pkcs8::spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

use crate::activitypub::base58;
use crate::error::{Error, Result};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// An 8192-bit key takes 1.5 kB; anything much longer is not a key.
const LONGEST: usize = 8_192;

/// Standard base64 that does not insist on padding: some peers strip it.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An RSA private key, ready to sign. Cheap to clone; its debug form tells nothing.
#[derive(Clone)]
pub struct PrivateKey(Arc<RsaKeyPair>);

impl PrivateKey {
    /// Reads a PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let der = decode_pem(pem, &["PRIVATE KEY"]).ok_or_else(|| Error::Malformed("not a PKCS#8 PEM".into()))?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|why| Error::Malformed(format!("not an RSA key: {why}")))?;
        Ok(Self(Arc::new(pair)))
    }

    /// The RSASSA-PKCS1-v1_5 signature of `message` over SHA-256. Takes about 0.3 ms.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Bug("an RSA key refused to sign".into()))?;
        Ok(signature)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(RSA-{})", self.0.public_modulus_len() * 8)
    }
}

/// A new RSA-2048 key pair: (PKCS#8 PEM, SubjectPublicKeyInfo PEM). Takes 0.2 s or more: call it on a blocking thread.
pub fn generate() -> Result<(String, String)> {
    let bug = |why: String| Error::Bug(format!("cannot make a key: {why}"));
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).map_err(|why| bug(why.to_string()))?;
    let private = key.to_pkcs8_pem(LineEnding::LF).map_err(|why| bug(why.to_string()))?;
    let public = key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|why| bug(why.to_string()))?;
    Ok((private.to_string(), public))
}

/// An Ed25519 private key of a local actor, for proofs inside documents. Cheap to clone; its debug form tells nothing.
#[derive(Clone)]
pub struct ProofKey(Arc<Ed25519KeyPair>);

impl ProofKey {
    /// A new key, and its PKCS#8 PEM to be kept.
    pub fn generate() -> Result<(Self, String)> {
        let bug = |_| Error::Bug("cannot make an Ed25519 key".into());
        let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(bug)?;
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", encode(document.as_ref()));
        Ok((Self::from_pem(&pem)?, pem))
    }

    /// Reads a PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let der = decode_pem(pem, &["PRIVATE KEY"]).ok_or_else(|| Error::Malformed("not a PKCS#8 PEM".into()))?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map_err(|why| Error::Malformed(format!("not an Ed25519 key: {why}")))?;
        Ok(Self(Arc::new(pair)))
    }

    /// For tests: the key of RFC 8032's 32 secret bytes.
    #[cfg(test)]
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Error::Malformed("no seed".into()))?;
        Ok(Self(Arc::new(pair)))
    }

    /// The 64 bytes of the signature of `message`. Takes 20 µs.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// The public half as a Multikey. Spec: FEP-521a
    pub fn multibase(&self) -> String {
        format!("z{}", base58::encode(&[&[0xed, 0x01], self.0.public_key().as_ref()].concat()))
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(Ed25519)")
    }
}

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

/// The public key of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// `RSAPublicKey`, DER of RFC 8017; 2048 to 8192 bits.
    Rsa(Vec<u8>),
    /// The 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo PEM (RSA or Ed25519) or a PKCS#1 "RSA PUBLIC KEY" PEM, with any line breaks.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let der = decode_pem(pem, &["PUBLIC KEY", "RSA PUBLIC KEY"])
            .ok_or_else(|| Error::Malformed("not the PEM of a public key".into()))?;
        let Ok(info) = SubjectPublicKeyInfoRef::from_der(&der) else { return Self::from_pkcs1(&der) };
        let bits = info.subject_public_key.as_bytes().unwrap_or_default();
        match info.algorithm.oid {
            RSA_ENCRYPTION => Self::from_pkcs1(bits),
            ED25519_KEY => Self::from_ed25519(bits),
            other => Err(Error::Malformed(format!("public keys of kind {other} are not supported"))),
        }
    }

    /// Reads `publicKeyMultibase` of a Multikey: base58btc of an Ed25519 or RSA key. Spec: FEP-521a, Multikey §2.1.1
    pub fn from_multibase(text: &str) -> Result<Self> {
        let bytes = text.strip_prefix('z').and_then(base58::decode);
        match bytes.as_deref() {
            Some([0xed, 0x01, key @ ..]) => Self::from_ed25519(key),
            Some([0x85, 0x24, key @ ..]) => Self::from_pkcs1(key),
            _ => Err(Error::Malformed("not a Multikey of a supported kind".into())),
        }
    }

    /// Whether `signature` is this key's signature of `message`: RSASSA-PKCS1-v1_5 over SHA-256 or, as `hs2019` once
    /// meant, SHA-512; or Ed25519. The kind of key decides, never a label sent along.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let holds = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
        };
        match self {
            Self::Rsa(der) => holds(&RSA_PKCS1_2048_8192_SHA256, der) || holds(&RSA_PKCS1_2048_8192_SHA512, der),
            Self::Ed25519(key) => holds(&ED25519, key),
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self> {
        let key = rsa::pkcs1::RsaPublicKey::from_der(der)
            .map_err(|_| Error::Malformed("the RSA public key cannot be read".into()))?;
        let modulus = key.modulus.as_bytes();
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(Error::Malformed(format!("an RSA key of {bits} bits is refused; 2048 to 8192 are accepted")));
        }
        Ok(Self::Rsa(der.to_vec()))
    }

    fn from_ed25519(bytes: &[u8]) -> Result<Self> {
        let key = bytes.try_into().map_err(|_| Error::Malformed("an Ed25519 key has 32 bytes".into()))?;
        Ok(Self::Ed25519(key))
    }
}

/// The bytes inside the first PEM block with one of `labels`. White space is free: peers wrap lines at odd places.
fn decode_pem(pem: &str, labels: &[&str]) -> Option<Vec<u8>> {
    if pem.len() > LONGEST * 2 {
        return None;
    }
    labels.iter().find_map(|label| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        BASE64.decode(body).ok()
    })
}

/// Standard base64 with padding, as both schemes write it.
pub(super) fn encode(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test panics")]

    use super::*;

    const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n";
    const RSA_1024: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----";

    #[test]
    fn a_new_key_signs_what_its_public_half_verifies() {
        let (private, public) = generate().unwrap();
        let key = PrivateKey::from_pem(&private).unwrap();
        let public = PublicKey::from_pem(&public).unwrap();
        let signature = key.sign(b"hello").unwrap();
        assert!(public.verifies(b"hello", &signature));
        assert!(!public.verifies(b"hellO", &signature));
        assert!(!public.verifies(b"hello", &signature[1..]));
        assert_eq!(format!("{key:?}"), "PrivateKey(RSA-2048)");
    }

    #[test]
    fn public_keys_are_read_in_every_wrapping() {
        let (_, spki) = generate().unwrap();
        let expected = PublicKey::from_pem(&spki).unwrap();
        let PublicKey::Rsa(der) = &expected else { panic!("an RSA key") };
        let one_line = spki.replace('\n', "");
        let crlf = spki.replace('\n', "\r\n");
        let spaces = spki.replace('\n', " \n  ");
        let pkcs1 = format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----", encode(der));
        for pem in [&one_line, &crlf, &spaces, &pkcs1] {
            assert_eq!(PublicKey::from_pem(pem).unwrap(), expected, "{pem}");
        }
        let ed25519 = PublicKey::from_pem(ED25519_PEM).unwrap();
        assert!(matches!(ed25519, PublicKey::Ed25519(_)));
    }

    #[test]
    fn weak_strange_and_broken_keys_are_refused() {
        // P-256 by openssl: a good key, but of a kind nobody here may sign with.
        let p256 = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n\
                    w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n-----END PUBLIC KEY-----";
        let private = generate().unwrap().0;
        let long = format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", "A".repeat(40_000));
        for pem in
            ["", "-----BEGIN PUBLIC KEY-----", RSA_1024, p256, &private, &long, "-----BEGIN PUBLIC KEY-----\nAAAA\n"]
        {
            assert!(PublicKey::from_pem(pem).is_err(), "{pem}");
        }
        assert!(PrivateKey::from_pem(RSA_1024).is_err());
        assert!(PrivateKey::from_pem("").is_err());
    }

    #[test]
    fn fep_521a_proof_keys_survive_their_pem_and_are_published_as_multikeys() {
        let (key, pem) = ProofKey::generate().unwrap();
        let again = ProofKey::from_pem(&pem).unwrap();
        let public = PublicKey::from_multibase(&key.multibase()).unwrap();
        assert!(key.multibase().starts_with("z6Mk"));
        assert!(public.verifies(b"hello", &again.sign(b"hello")) && !public.verifies(b"hellO", &key.sign(b"hello")));
        assert!(ProofKey::from_pem(&generate().unwrap().0).is_err(), "an RSA key");
        assert_eq!(format!("{key:?}"), "ProofKey(Ed25519)");
    }

    #[test]
    fn fep_521a_multikeys_are_read() {
        // The example of FEP-521a's base specification, and one with a leading zero byte in front.
        let key = PublicKey::from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2").unwrap();
        assert!(matches!(key, PublicKey::Ed25519(_)));
        for bad in ["", "z", "m6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", "z6MkrJVnaZke", "z0OIl", "z1111"] {
            assert!(PublicKey::from_multibase(bad).is_err(), "{bad}");
        }
    }
}
