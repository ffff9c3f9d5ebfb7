//! Base58 as in Bitcoin (multibase `z`): the spelling of keys and proofs.
//!
//! The work grows with the square of the length, so texts beyond [`LONGEST`] are not read: an 8192-bit RSA key fits.

/// The digits.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The longest text that is read.
const LONGEST: usize = 1500;

/// The bytes that `text` stands for; `None` when it is no base58, or too long.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::new(); // least significant first
    for digit in text.bytes() {
        let mut carry = ALPHABET.iter().position(|known| *known == digit)?;
        for byte in &mut bytes {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    bytes.extend(text.bytes().take_while(|digit| *digit == b'1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

/// `bytes` in base58.
pub fn encode(bytes: &[u8]) -> String {
    let mut digits: Vec<usize> = Vec::new(); // least significant first
    for byte in bytes {
        let mut carry = usize::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            (*digit, carry) = (carry % 58, carry / 58);
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| '1');
    zeros.chain(digits.iter().rev().map(|digit| char::from(ALPHABET[*digit]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base58_is_read_and_written_exactly() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("1", Some(vec![0])),
            ("112", Some(vec![0, 0, 1])),
            ("StV1DL6CwTryKyV", Some(b"hello world".to_vec())),
            ("0", None),
            ("あ", None),
        ] {
            assert_eq!(decode(text), expected, "{text}");
            if let Some(bytes) = expected {
                assert_eq!(encode(&bytes), text);
            }
        }
        assert_eq!(decode(&"2".repeat(LONGEST + 1)), None);
    }
}
