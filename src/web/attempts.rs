//! How often one address may try to sign in: 25 times in five minutes. In memory, because forgetting is harmless.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Time;
use crate::error::{Error, Result};

const WINDOW: Duration = Duration::from_secs(300);
const MOST: u32 = 25;
/// How many addresses are remembered.
const ADDRESSES: usize = 10_000;

/// When each address began its window, and how often it tried since.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<IpAddr, (Time, u32)>>);

impl Attempts {
    /// Counts one try of `ip`; [`Error::Limited`] when there were too many.
    pub(super) fn count(&self, ip: IpAddr, now: Time) -> Result<()> {
        let mut all = self.0.lock().expect("no holder panics");
        if all.len() >= ADDRESSES {
            all.retain(|_, (began, _)| now.since(*began) < WINDOW);
            // More attackers than we can remember: begin anew rather than grow.
            if all.len() >= ADDRESSES {
                all.clear();
            }
        }
        let (began, tries) = all.entry(network(ip)).or_insert((now, 0));
        if now.since(*began) >= WINDOW {
            (*began, *tries) = (now, 0);
        }
        *tries = tries.saturating_add(1);
        if *tries > MOST {
            return Err(Error::Limited { retry_after: WINDOW.saturating_sub(now.since(*began)) });
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
        for _ in 0..MOST {
            attempts.count(ip("2001:db8::1"), Time(0)).expect("allowed");
        }
        assert!(attempts.count(ip("2001:db8::2"), Time(1000)).is_err(), "the same /64");
        assert!(attempts.count(ip("2001:db8:0:1::1"), Time(1000)).is_ok());
        assert!(attempts.count(ip("192.0.2.1"), Time(1000)).is_ok());
        assert!(attempts.count(ip("2001:db8::1"), Time(300_000)).is_ok());
    }
}
