//! Randomness, passed in: the system's, or a seeded one that a test can repeat.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of random bytes.
#[derive(Debug, Clone, Default)]
pub enum Random {
    /// The operating system's generator; the only one fit for secrets.
    #[default]
    System,
    /// A repeatable sequence (SplitMix64). For tests only.
    Seeded(Arc<Mutex<u64>>),
}

impl Random {
    /// The repeatable sequence that begins with `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(seed)))
    }

    /// Fills `buffer`.
    pub fn fill(&self, buffer: &mut [u8]) {
        match self {
            Self::System => getrandom::fill(buffer).expect("the operating system has randomness"),
            Self::Seeded(state) => {
                let mut state = state.lock().expect("no holder panics");
                for chunk in buffer.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut mixed = *state;
                    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
                }
            }
        }
    }

    /// A random number.
    pub fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number from 0 up to, not including, 1.
    pub fn fraction(&self) -> f64 {
        (self.u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An unguessable secret: 32 bytes as 43 URL-safe characters.
    pub fn secret(&self) -> String {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
