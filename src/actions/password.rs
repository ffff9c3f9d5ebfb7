//! Passwords: argon2id, stored as PHC strings. Slow on purpose (some 20 ms): call these from `spawn_blocking`.
//!
//! Spec: OWASP's second recommendation for argon2id, 19 MiB, two passes, one lane.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::{Error, Result};
use crate::random::Random;

/// The hash of no password: checking against it takes as long as against a real one.
pub const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The PHC string of `password`.
pub fn hash(random: &Random, password: &str) -> Result<String> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let broken = |error| Error::Bug(format!("a password cannot be hashed: {error}"));
    let salt = SaltString::encode_b64(&salt).map_err(broken)?;
    Ok(argon().hash_password(password.as_bytes(), &salt).map_err(broken)?.to_string())
}

/// Whether `password` is the one behind `phc`. An unreadable `phc` matches nothing.
pub fn verify(phc: &str, password: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(phc) else { return false };
    argon().verify_password(password.as_bytes(), &parsed).is_ok()
}

fn argon() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the numbers lie within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let phc = hash(&Random::seeded(1), "correct horse").expect("hashes");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        for (stored, password, fits) in [
            (phc.as_str(), "correct horse", true),
            (phc.as_str(), "correct horse ", false),
            (phc.as_str(), "", false),
            (NOBODY, "", false),
            (NOBODY, "correct horse", false),
            ("not a hash", "correct horse", false),
        ] {
            assert_eq!(verify(stored, password), fits, "{stored} {password}");
        }
        assert!(PasswordHash::new(NOBODY).is_ok(), "an unreadable hash would be refused too quickly");
    }
}
