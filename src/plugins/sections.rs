//! The custom sections of a `.wasm`: the manifest, and the signature at its end.
//!
//! The signature is Ed25519 over [`PREFIX`] and all bytes before its section, which must be the last one; so nothing can be
//! added to a signed file, and nothing moved.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use wasmparser::{Parser, Payload};

use super::manifest::refused;
use crate::error::Result;

/// The custom section with the signature.
const SIGNATURE: &str = "nagaya:signature";
/// Keeps these signatures from being taken for anything else.
const PREFIX: &[u8] = b"nagaya-plugin-1\n";
/// Public key and signature.
const LENGTH: usize = 32 + 64;

/// The section `name`, of the file itself or of a module or component inside; reads the file to its end.
pub(super) fn find<'w>(wasm: &'w [u8], name: &str, limit: usize) -> Result<Option<&'w [u8]>> {
    let mut found = None;
    let mut parts = 0_u32;
    for payload in Parser::new(0).parse_all(wasm) {
        let more = match payload.map_err(|error| refused(format!("it is no WebAssembly: {error}")))? {
            Payload::CustomSection(section) if section.name() == name && found.is_none() => {
                if section.data().len() > limit {
                    return Err(refused(format!("its section {name} is larger than {} KiB", limit / 1024)));
                }
                found = Some(section.data());
                0
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => 1,
            Payload::ComponentInstanceSection(section) => section.count(),
            Payload::InstanceSection(section) => section.count(),
            _ => 0,
        };
        // Before anything is instantiated or compiled: thousands of nested parts are no plugin.
        parts = parts.saturating_add(more);
        if parts > PARTS {
            return Err(refused(format!("it consists of more than {PARTS} parts")));
        }
    }
    Ok(found)
}

/// Modules, components and instances in one plugin.
const PARTS: u32 = 400;

/// Who signed the file: the public key as hex. `None`: nobody. An error: the signature is wrong or does not stand at the end.
pub fn signer(wasm: &[u8]) -> Result<Option<String>> {
    let mut at = 8;
    let mut signed = None;
    while at < wasm.len() {
        let (start, id) = (at, wasm[at]);
        let (size, body) =
            leb128(wasm, at + 1).ok_or_else(|| refused("it is no WebAssembly: a section has no length"))?;
        let end = body.checked_add(size).filter(|end| *end <= wasm.len());
        let end = end.ok_or_else(|| refused("it is no WebAssembly: a section is cut off"))?;
        if signed.is_some() {
            return Err(refused("something was added behind its signature"));
        }
        if id == 0
            && let Some((length, name)) = leb128(wasm, body)
            && wasm.get(name..name.saturating_add(length)) == Some(SIGNATURE.as_bytes())
            && name + length <= end
        {
            signed = Some((start, &wasm[name + length..end]));
        }
        at = end;
    }
    let Some((start, content)) = signed else { return Ok(None) };
    if content.len() != LENGTH {
        return Err(refused("its signature is malformed"));
    }
    let (key, signature) = content.split_at(32);
    let message = [PREFIX, &wasm[..start]].concat();
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&message, signature)
        .map_err(|_| refused("its signature is wrong: the file was changed after it was signed"))?;
    Ok(Some(hex::encode(key)))
}

/// The file with a signature at its end; `pkcs8` is the publisher's private key. One that is signed already is refused.
pub fn sign(wasm: &[u8], pkcs8: &[u8]) -> Result<Vec<u8>> {
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| refused("the key is no Ed25519 key in PKCS#8"))?;
    if signer(wasm)?.is_some() {
        return Err(refused("it is signed already"));
    }
    let signature = pair.sign(&[PREFIX, wasm].concat());
    let mut body = vec![SIGNATURE.len() as u8];
    body.extend(SIGNATURE.as_bytes());
    body.extend(pair.public_key().as_ref());
    body.extend(signature.as_ref());
    let mut signed = wasm.to_vec();
    // 1 + 16 + 96 bytes: the length is one byte of LEB128.
    signed.extend([0, body.len() as u8]);
    signed.extend(body);
    Ok(signed)
}

/// A new private key for a publisher, PKCS#8, and its public half as hex.
pub fn new_key() -> Result<(Vec<u8>, String)> {
    let failed = |_| crate::error::Error::Bug("no key could be made".into());
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).map_err(failed)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| crate::error::Error::Bug("a bad key".into()))?;
    Ok((pkcs8.as_ref().to_vec(), hex::encode(pair.public_key().as_ref())))
}

/// An unsigned LEB128 number of up to 32 bits at `at`, and where what follows begins.
fn leb128(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0_u64;
    for step in 0..5 {
        let byte = *bytes.get(at + step)?;
        value |= u64::from(byte & 0x7f) << (7 * step);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, at + step + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_exactly_these_bytes() {
        let (key, public) = new_key().expect("a key");
        let plain = wat::parse_str("(component (core module (func)))").expect("valid WAT");
        assert_eq!(signer(&plain).expect("readable"), None);
        let signed = sign(&plain, &key).expect("signs");
        assert_eq!(signer(&signed).expect("right"), Some(public.clone()));
        assert_eq!(find(&signed, SIGNATURE, 1000).expect("valid").map(<[u8]>::len), Some(LENGTH));
        for at in 8..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert_ne!(signer(&changed).ok().flatten().as_ref(), Some(&public), "byte {at}");
        }
        let mut longer = signed.clone();
        longer.extend([0, 2, 1, b'x']);
        assert!(signer(&longer).expect_err("something follows").to_string().contains("added behind"));
        assert!(sign(&signed, &key).is_err(), "once is enough");
        assert!(sign(&plain, b"no key").is_err());
    }
}
