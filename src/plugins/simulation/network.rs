//! Servers that do not exist, as many as one likes, always the same for the same seed.

use super::super::plan::{Target, Why};
use crate::random::Random;

/// What the made-up network looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hosts {
    /// How many servers.
    pub count: usize,
    /// The share of them (0 to 1) that take 6 to 30 seconds to answer.
    pub slow: f64,
    /// The same seed gives the same network.
    pub seed: u64,
}

/// The servers. One in a hundred has somebody who is mentioned; many have few readers and few have many.
pub fn network(hosts: Hosts) -> Vec<Target> {
    let random = Random::seeded(hosts.seed);
    let slow = (hosts.count as f64 * hosts.slow.clamp(0.0, 1.0)).round() as usize;
    // Spread evenly through the list, so that the order of the list tells nothing.
    let is_slow = |number: usize| (number + 1) * slow / hosts.count.max(1) > number * slow / hosts.count.max(1);
    let one = |number: usize| {
        let (quickness, people) = (random.fraction(), random.fraction());
        let latency_ms = if is_slow(number) {
            6_000.0 + 24_000.0 * quickness
        } else {
            // Most answer within 300 ms, a few take two seconds.
            60.0 + 240.0 * quickness + 1_700.0 * quickness.powi(16)
        };
        Target {
            host: format!("host-{number}.example"),
            inboxes: 1,
            recipients: (1.0 / (people + 0.002)).ceil() as u32,
            mutuals: u32::from(number % 20 == 10),
            shared: true,
            why: if number % 100 == 50 { Why::Mentioned } else { Why::Follower },
            software: Some(["mastodon", "misskey", "pleroma", "gotosocial"][number % 4].to_owned()),
            last_ok_s: Some(600),
            latency_ms: latency_ms as u32,
            ..Target::default()
        }
    };
    (0..hosts.count).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::is_slow;
    use super::*;

    #[test]
    fn a_seed_makes_always_the_same_hosts_with_exactly_the_share_that_is_slow() {
        for (count, slow, expected) in [(2_000, 0.3, 600), (7, 0.5, 4), (10, 0.0, 0), (10, 1.0, 10), (0, 0.3, 0)] {
            let hosts = Hosts { count, slow, seed: 7 };
            let made = network(hosts);
            assert_eq!((made.len(), made.iter().filter(|target| is_slow(target)).count()), (count, expected));
            assert_eq!(made, network(hosts));
        }
        let other = network(Hosts { count: 10, slow: 0.3, seed: 8 });
        assert_ne!(other, network(Hosts { count: 10, slow: 0.3, seed: 7 }));
    }
}
