//! Who sends a push: a key pair of the server, and short-lived statements signed with it. Spec: RFC 8292

use std::fmt;
use std::time::Duration;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::clock::Time;
use crate::error::{Error, Result};

/// How long a statement is good for; the RFC allows a day.
const VALID: Duration = Duration::from_secs(12 * 60 * 60);

/// The server's key pair for Web Push. Its debug form tells nothing.
pub struct Vapid {
    pair: EcdsaKeyPair,
    public: String,
}

impl Vapid {
    /// The pair of a private key, 32 bytes; nearly every number is one.
    pub fn from_private(private: &[u8]) -> Result<Self> {
        let unusable = || Error::Malformed("the private key for Web Push cannot be used".into());
        let key = PrivateKey::from_private_key(&ECDH_P256, private).map_err(|_| unusable())?;
        let public = key.compute_public_key().map_err(|_| unusable())?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, private, public.as_ref());
        Ok(Self { pair: pair.map_err(|_| unusable())?, public: URL_SAFE_NO_PAD.encode(public) })
    }

    /// The public key as apps want it: an uncompressed point in base64url.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// A JWT that says to the push service `audience` (an origin) that whoever can be reached at `contact` (`mailto:` or
    /// `https:`) sends this.
    pub fn token(&self, audience: &str, contact: &str, now: Time) -> Result<String> {
        let header = json!({"typ": "JWT", "alg": "ES256"});
        let claims = json!({"aud": audience, "exp": now.plus(VALID).seconds(), "sub": contact});
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes());
        let signature = signature.map_err(|_| Error::Bug("a P-256 key refused to sign".into()))?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vapid({})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_token_says_who_and_until_when_and_is_signed() {
        let vapid = Vapid::from_private(&[7; 32]).expect("a key");
        let token = vapid.token("https://push.example", "mailto:us@a.example", Time(5_000)).expect("signs");
        let (text, signature) = token.rsplit_once('.').expect("three parts");
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(vapid.public()));
        key.verify(text.as_bytes(), &bytes(signature)).expect("is ours");
        let claims: serde_json::Value =
            serde_json::from_slice(&bytes(text.split_once('.').expect("two parts").1)).expect("JSON");
        let expected = json!({"aud": "https://push.example", "exp": 43_205, "sub": "mailto:us@a.example"});
        assert_eq!(claims, expected);
    }

    #[test]
    fn zero_is_no_key() {
        assert!(Vapid::from_private(&[0; 32]).is_err());
        assert!(Vapid::from_private(&[7; 31]).is_err());
    }
}
