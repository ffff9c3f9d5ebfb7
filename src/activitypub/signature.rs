//! HTTP signatures, pure: draft-cavage-12 and RFC 9421, making and checking.

use crate::clock::Time;
use crate::error::{Error, Result};

/// An RSA private key, ready to sign. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PrivateKey;

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// draft-cavage-http-signatures-12, rsa-sha256: understood by everybody.
    Cavage,
    /// RFC 9421, rsa-v1_5-sha256: the second knock.
    Rfc9421,
}

impl PrivateKey {
    /// Reads a PKCS#8 PEM.
    pub fn from_pem(_pem: &str) -> Result<Self> {
        Err(Error::Bug("being built".into()))
    }
}

/// A new RSA-2048 key pair: (PKCS#8 PEM, SubjectPublicKeyInfo PEM). Takes 0.2 s or more: call it on a blocking thread.
pub fn generate() -> Result<(String, String)> {
    Err(Error::Bug("being built".into()))
}

/// The headers that sign a request: name (lower case) and value, `host`, `date`, digest and signature among them.
/// `url` is the full address; `body` is `None` for GET.
pub fn sign(
    _scheme: Scheme,
    _key_id: &str,
    _key: &PrivateKey,
    _method: &str,
    _url: &url::Url,
    _body: Option<&[u8]>,
    _now: Time,
) -> Result<Vec<(&'static str, String)>> {
    Err(Error::Bug("being built".into()))
}
