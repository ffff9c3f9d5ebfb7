//! How often one network address may try something. In memory, because forgetting is harmless; each door holds its own.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Time;
use crate::error::{Error, Result};

/// How many addresses are remembered.
const ADDRESSES: usize = 10_000;

/// When each address began its window, and how often it tried since. By default 25 times in five minutes are allowed.
#[derive(Debug)]
pub struct Attempts {
    most: u32,
    window: Duration,
    seen: Mutex<HashMap<IpAddr, (Time, u32)>>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new(25, Duration::from_secs(300))
    }
}

impl Attempts {
    /// Allows `most` tries in each `window`.
    pub fn new(most: u32, window: Duration) -> Self {
        Self { most, window, seen: Mutex::default() }
    }

    /// Counts one try of `ip`; [`Error::Limited`] when there were too many.
    pub fn count(&self, ip: IpAddr, now: Time) -> Result<()> {
        let mut all = self.seen.lock().expect("no holder panics");
        if all.len() >= ADDRESSES {
            all.retain(|_, (began, _)| now.since(*began) < self.window);
            // More attackers than we can remember: begin anew rather than grow.
            if all.len() >= ADDRESSES {
                all.clear();
            }
        }
        let (began, tries) = all.entry(network(ip)).or_insert((now, 0));
        if now.since(*began) >= self.window {
            (*began, *tries) = (now, 0);
        }
        *tries = tries.saturating_add(1);
        if *tries > self.most {
            return Err(Error::Limited { retry_after: self.window.saturating_sub(now.since(*began)) });
        }
        Ok(())
    }
}

/// One customer usually has a whole /64 of IPv6.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_26th_try_waits_for_the_next_window() {
        let attempts = Attempts::default();
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        for _ in 0..25 {
            attempts.count(ip("2001:db8::1"), Time(0)).expect("allowed");
        }
        assert!(attempts.count(ip("2001:db8::2"), Time(1000)).is_err(), "the same /64");
        assert!(attempts.count(ip("2001:db8:0:1::1"), Time(1000)).is_ok());
        assert!(attempts.count(ip("192.0.2.1"), Time(1000)).is_ok());
        assert!(attempts.count(ip("2001:db8::1"), Time(300_000)).is_ok());
    }
}
