//! How much a call may use. A manifest may ask for more, up to a ceiling; an admin cannot be talked out of the ceilings.

use std::time::Duration;

use super::options::Asked;
use crate::store::plugin_kv::Quota;

const MIB: usize = 1024 * 1024;

/// Elements of all tables of one call together.
pub(super) const TABLES: usize = 20_000;
/// Bytes of log that are kept from one call.
pub(super) const LOG: usize = 8 * 1024;
/// Bytes that may be copied from the guest to the host in one call of either.
pub(super) const COPIES: usize = 4 * MIB;
/// Resources that a guest may hold, its own included.
pub(super) const HANDLES: usize = 256;
/// Random bytes a call may ask for at once.
pub(super) const RANDOM: u32 = 4096;
/// Bytes that one call may be told.
pub(super) const INPUT: usize = MIB;
/// Bytes that one call may answer.
pub(super) const OUTPUT: usize = 256 * 1024;
/// Bytes of a plan of deliveries.
pub(super) const PLAN: usize = MIB;
/// Bytes of a key of `kv`.
pub(super) const KEY: usize = 256;
/// Bytes of a value of `kv`.
pub(super) const VALUE: usize = 64 * 1024;
/// Bytes of one answer of `kv.scan`.
pub(super) const SCAN: usize = 256 * 1024;

/// MiB of linear memory that all running guests may claim together: a quarter of this machine's, at most 256.
pub(super) fn claimable() -> u32 {
    let about = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib =
        about.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().split(' ').next()?.parse::<u64>().ok());
    share(kib.map(|kib| kib / 1024))
}

fn share(mib: Option<u64>) -> u32 {
    // One guest with the most that it may ask for always fits.
    mib.map_or(256, |mib| u32::try_from((mib / 4).clamp(128, 256)).unwrap_or(256))
}

/// The limits of one kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// CPU time.
    pub cpu: Duration,
    /// Wall time, waiting for the host included.
    pub wall: Duration,
    /// Bytes of linear memory, all memories together.
    pub memory: usize,
    /// Calls from the guest to the host.
    pub calls: u32,
    /// Requests to other servers.
    pub http_calls: u32,
    /// Bytes of one answer.
    pub http_body: usize,
    /// Wall time of one request.
    pub http_wait: Duration,
    /// What `kv` holds.
    pub kv: Quota,
}

impl Limits {
    /// A filter before the activity takes effect.
    pub fn filter(asked: &Asked) -> Self {
        Self {
            cpu: within(asked.cpu_ms, 20, 100),
            wall: Duration::from_millis(100),
            memory: asked.memory_mib.unwrap_or(16).clamp(1, 64) * MIB,
            calls: 64,
            http_calls: 2,
            http_body: 256 * 1024,
            http_wait: Duration::from_secs(1),
            kv: quota(asked, 1, 10_000),
        }
    }

    /// A filter that runs while the activity is hidden.
    pub fn late(asked: &Asked) -> Self {
        Self { wall: within(asked.wall_ms, 2_000, 10_000), ..Self::filter(asked) }
    }

    /// A plan of deliveries.
    pub fn fan_out(asked: &Asked) -> Self {
        Self {
            cpu: within(asked.cpu_ms, 50, 200),
            wall: Duration::from_millis(500),
            memory: asked.memory_mib.unwrap_or(32).clamp(1, 64) * MIB,
            calls: 16,
            http_calls: 0,
            ..Self::filter(asked)
        }
    }

    /// What a bot does about one event.
    pub fn bot(asked: &Asked) -> Self {
        Self {
            cpu: within(asked.cpu_ms, 200, 1_000),
            wall: Duration::from_secs(10),
            memory: asked.memory_mib.unwrap_or(32).clamp(1, 128) * MIB,
            calls: 512,
            http_calls: 10,
            http_body: MIB,
            http_wait: Duration::from_secs(10),
            kv: quota(asked, 16, 10_000),
        }
    }

    /// For several events at once: each brings its own calls, but a bot still has to answer within one event's time.
    pub fn times(self, events: usize) -> Self {
        let times = u32::try_from(events).unwrap_or(1).max(1);
        let cpu = (self.cpu * times).min(Duration::from_secs(1)).max(self.cpu);
        Self { cpu, calls: self.calls.saturating_mul(times), ..self }
    }

    /// A bot's timer, or a page.
    pub fn slow(asked: &Asked) -> Self {
        Self {
            cpu: within(asked.cpu_ms, 1_000, 5_000),
            wall: Duration::from_secs(30),
            calls: 1_000,
            ..Self::bot(asked)
        }
    }
}

fn within(asked: Option<u64>, usual: u64, most: u64) -> Duration {
    Duration::from_millis(asked.unwrap_or(usual).clamp(1, most))
}

fn quota(asked: &Asked, usual: i64, keys: i64) -> Quota {
    Quota { bytes: asked.kv_mib.unwrap_or(usual).clamp(1, usual) * MIB as i64, keys }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_together_get_a_quarter_of_the_memory_and_never_more_than_256_mib() {
        for (mib, expected) in [(None, 256), (Some(256), 128), (Some(512), 128), (Some(800), 200), (Some(8_000), 256)] {
            assert_eq!(share(mib), expected, "{mib:?}");
        }
    }
}
