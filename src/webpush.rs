//! Web Push on the wire, pure: messages sealed for one receiver, and the signed proof of who sends them.
//!
//! Two encodings: `aes128gcm` (RFC 8291) and the draft `aesgcm` that older apps and relays still expect. The key of the
//! exchange and the salt come from the caller, fresh for each message. Refuses keys that are no points of P-256.

pub mod vapid;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};

/// An uncompressed point of P-256, in bytes.
const POINT: usize = 65;
/// The size of a record; a message is always one, and not larger (RFC 8291 §4).
const RECORD: u32 = 4096;
/// The longest message that fits in either encoding, in bytes.
pub const LONGEST: usize = 3_900;

/// An app that can open messages: its public key and the secret that only we and it know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// An uncompressed point of P-256.
    pub public: Vec<u8>,
    /// 16 bytes.
    pub auth: Vec<u8>,
}

impl Receiver {
    /// Reads what a browser calls `p256dh` and `auth`: base64, URL-safe or not, padded or not.
    pub fn parse(p256dh: &str, auth: &str) -> Result<Self> {
        let key = |why: &str| Error::invalid("subscription[keys][p256dh]", why);
        let public =
            decode(p256dh).filter(|bytes| bytes.len() == POINT).ok_or_else(|| key("is no P-256 public key"))?;
        let point = UnparsedPublicKey::new(&ECDH_P256, &public);
        ParsedPublicKey::try_from(point).map_err(|_| key("is no point of P-256"))?;
        let auth = decode(auth)
            .filter(|bytes| bytes.len() == 16)
            .ok_or_else(|| Error::invalid("subscription[keys][auth]", "must be 16 bytes in base64"))?;
        Ok(Self { public, auth })
    }
}

/// What makes one message unlike every other; never use it twice.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    /// A private key of P-256.
    pub private: [u8; 32],
    /// Random.
    pub salt: [u8; 16],
}

/// A message in the draft encoding; key and salt travel in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Legacy {
    /// The body of the request.
    pub body: Vec<u8>,
    /// `dh` of the header `Crypto-Key`, in base64url.
    pub dh: String,
    /// `salt` of the header `Encryption`, in base64url.
    pub salt: String,
}

/// Seals `message` as the body of a request with `Content-Encoding: aes128gcm`. Spec: RFC 8291 §3.4, RFC 8188 §2
pub fn seal(receiver: &Receiver, message: &[u8], fresh: Fresh) -> Result<Vec<u8>> {
    let (shared, public) = exchange(receiver, &fresh)?;
    let info = [b"WebPush: info\0", &receiver.public[..], &public].concat();
    let secret = expand(&extract(&receiver.auth, &shared), &info);
    let key = extract(&fresh.salt, &secret);
    let mut record = [message, &[2]].concat();
    encrypt(&expand(&key, b"Content-Encoding: aes128gcm\0"), &expand(&key, b"Content-Encoding: nonce\0"), &mut record)?;
    let length = u8::try_from(public.len()).map_err(|_| Error::Bug("a point of P-256 has 65 bytes".into()))?;
    Ok([&fresh.salt[..], &RECORD.to_be_bytes(), &[length], &public, &record].concat())
}

/// Seals `message` for `Content-Encoding: aesgcm`. Spec: draft-ietf-webpush-encryption-04
pub fn seal_legacy(receiver: &Receiver, message: &[u8], fresh: Fresh) -> Result<Legacy> {
    let (shared, public) = exchange(receiver, &fresh)?;
    let secret = expand(&extract(&receiver.auth, &shared), b"Content-Encoding: auth\0");
    let key = extract(&fresh.salt, &secret);
    let length = (POINT as u16).to_be_bytes();
    let context = [b"P-256\0", &length[..], &receiver.public, &length, &public].concat();
    let info = |name: &[u8]| [b"Content-Encoding: ", name, b"\0", &context[..]].concat();
    // Two bytes say how much padding follows them: none.
    let mut body = [&[0, 0], message].concat();
    encrypt(&expand(&key, &info(b"aesgcm")), &expand(&key, &info(b"nonce")), &mut body)?;
    Ok(Legacy { body, dh: URL_SAFE_NO_PAD.encode(public), salt: URL_SAFE_NO_PAD.encode(fresh.salt) })
}

/// The secret that both ends can compute, and our public key.
fn exchange(receiver: &Receiver, fresh: &Fresh) -> Result<(Vec<u8>, Vec<u8>)> {
    let unusable = || Error::Malformed("a key of Web Push cannot be used".into());
    let private = PrivateKey::from_private_key(&ECDH_P256, &fresh.private).map_err(|_| unusable())?;
    let public = private.compute_public_key().map_err(|_| unusable())?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &receiver.public);
    let shared = agree(&private, theirs, unusable(), |shared| Ok(shared.to_vec()))?;
    Ok((shared, public.as_ref().to_vec()))
}

/// HKDF-Extract. Spec: RFC 5869 §2.2
fn extract(salt: &[u8], secret: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), secret).as_ref().to_vec()
}

/// The first 32 bytes of HKDF-Expand; shorter keys are their beginning. Spec: RFC 5869 §2.3
fn expand(key: &[u8], info: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &[info, &[1]].concat()).as_ref().to_vec()
}

/// Encrypts in place and appends the tag; key and nonce are the beginnings of what is given.
fn encrypt(key: &[u8], nonce: &[u8], text: &mut Vec<u8>) -> Result<()> {
    let bug = || Error::Bug("AES refused a key of 16 bytes".into());
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).map_err(|_| bug())?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).map_err(|_| bug())?);
    key.seal_in_place_append_tag(nonce, Aad::empty(), text).map_err(|_| bug())
}

/// Base64 in any of its spellings.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The other end: opens messages as a browser does. For tests.
#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// RFC 8291, appendix A.
    pub(crate) const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    pub(crate) const PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    pub(crate) const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const SENDER: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const SALT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    const TEXT: &[u8] = b"When I grow up, I want to be a watermelon";
    const SEALED: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        decode(text).expect("base64").try_into().expect("the length")
    }

    fn fresh() -> Fresh {
        Fresh { private: bytes(SENDER), salt: bytes(SALT) }
    }

    fn shared(public: &[u8]) -> Vec<u8> {
        let private = PrivateKey::from_private_key(&ECDH_P256, &bytes::<32>(PRIVATE)).expect("a key");
        agree(&private, UnparsedPublicKey::new(&ECDH_P256, public), (), |shared| Ok(shared.to_vec())).expect("agrees")
    }

    fn decrypt(key: &[u8], nonce: &[u8], text: &[u8]) -> Vec<u8> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).expect("a key"));
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).expect("a nonce");
        let mut text = text.to_vec();
        key.open_in_place(nonce, Aad::empty(), &mut text).expect("is authentic").to_vec()
    }

    /// Opens a body in `aes128gcm` with the keys of the RFC.
    pub(crate) fn open(body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        assert_eq!((&rest[..4], rest[4]), (&[0, 0, 16, 0][..], 65));
        let (public, sealed) = rest[5..].split_at(65);
        let info = [b"WebPush: info\0", &decode(PUBLIC).expect("base64")[..], public].concat();
        let secret = expand(&extract(&bytes::<16>(AUTH), &shared(public)), &info);
        let key = extract(salt, &secret);
        let (aes, nonce) = (expand(&key, b"Content-Encoding: aes128gcm\0"), expand(&key, b"Content-Encoding: nonce\0"));
        let mut text = decrypt(&aes, &nonce, sealed);
        assert_eq!(text.pop(), Some(2), "the last record ends with 2");
        text
    }

    /// Opens a body in `aesgcm` with the keys of the RFC.
    pub(crate) fn open_legacy(body: &[u8], dh: &str, salt: &str) -> Vec<u8> {
        let public = decode(dh).expect("base64");
        let secret = expand(&extract(&bytes::<16>(AUTH), &shared(&public)), b"Content-Encoding: auth\0");
        let key = extract(&bytes::<16>(salt), &secret);
        let context = [b"P-256\0\0\x41", &decode(PUBLIC).expect("base64")[..], b"\0\x41", &public].concat();
        let aes = expand(&key, &[b"Content-Encoding: aesgcm\0", &context[..]].concat());
        let nonce = expand(&key, &[b"Content-Encoding: nonce\0", &context[..]].concat());
        let text = decrypt(&aes, &nonce, body);
        assert_eq!(text[..2], [0, 0]);
        text[2..].to_vec()
    }

    #[test]
    fn the_example_of_the_rfc_is_sealed_and_opened() {
        let receiver = Receiver::parse(PUBLIC, AUTH).expect("keys");
        let sealed = seal(&receiver, TEXT, fresh()).expect("seals");
        assert_eq!(URL_SAFE_NO_PAD.encode(&sealed), SEALED);
        assert_eq!(open(&decode(SEALED).expect("base64")), TEXT);
    }

    #[test]
    fn the_old_encoding_is_opened_too() {
        let receiver = Receiver::parse(PUBLIC, AUTH).expect("keys");
        let sealed = seal_legacy(&receiver, TEXT, fresh()).expect("seals");
        assert_eq!(open_legacy(&sealed.body, &sealed.dh, &sealed.salt), TEXT);
    }

    #[test]
    fn keys_are_read_in_every_spelling_and_only_if_they_are_keys() {
        let padded = format!("{}=", PUBLIC.replace('-', "+").replace('_', "/"));
        assert_eq!(Receiver::parse(&padded, &format!("{AUTH}==")).ok(), Receiver::parse(PUBLIC, AUTH).ok());
        let no_point = URL_SAFE_NO_PAD.encode([4; 65]);
        for (key, auth) in [("", AUTH), (&PUBLIC[..80], AUTH), (&*no_point, AUTH), ("?", AUTH), (PUBLIC, "abc")] {
            assert!(matches!(Receiver::parse(key, auth), Err(Error::Invalid { .. })), "{key} {auth}");
        }
    }
}
