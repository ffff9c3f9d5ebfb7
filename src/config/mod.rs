//! What must be known before the database opens: about ten keys, read and checked once, all mistakes reported together.
//!
//! Everything else an operator changes lives in the `settings` table.

mod load;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

pub use load::{Mistake, Mistakes, load, sample};

/// The configuration of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The public name of the server, as in `https://DOMAIN/`; with a port only in development.
    pub domain: String,
    /// The domain in people's handles, when it differs from `domain`. Cannot be changed later.
    pub handle_domain: String,
    /// The folder with the database and the media.
    pub data: PathBuf,
    /// The address that the server listens on.
    pub listen: SocketAddr,
    /// Addresses (or networks) of reverse proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Development only: speak plain http, and federate with loopback addresses. Refused on a public domain name.
    pub development: bool,
    /// How many deliveries may be under way at once.
    pub deliveries_in_flight: usize,
    /// Log filter, as `RUST_LOG` has it: `info`, `nagaya=debug`, …
    pub log: String,
    /// Whether installed plugins run.
    pub plugins: bool,
    /// Our own program, for child processes (compiling plugins, decoding media).
    pub program: PathBuf,
}

impl Config {
    /// `https` (or `http` in development).
    pub fn scheme(&self) -> &'static str {
        if self.development { "http" } else { "https" }
    }

    /// The address of `path` (which begins with `/`) on this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.domain)
    }
}

/// A network in CIDR notation; a single address is one of full length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// Whether `address` belongs to it; IPv4-mapped IPv6 addresses count as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let ((mine, width), (theirs, other)) = (bits(self.address), bits(address));
        let mask = if self.length == 0 { 0 } else { u128::MAX << (128 - u32::from(self.length)) };
        width == other && mine & mask == theirs & mask
    }
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| format!("{text} is no IP address"))?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => widest,
            Some(length) => length
                .parse()
                .ok()
                .filter(|length| *length <= widest)
                .ok_or_else(|| format!("{text} needs a number from 0 to {widest} behind the slash"))?,
        };
        Ok(Self { address, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_own() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.2.3.4", true),
            ("10.0.0.0/8", "11.2.3.4", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("::1", "::1", true),
            ("fd00::/8", "fd12::1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
        ] {
            let network: Network = network.parse().expect("valid");
            assert_eq!(network.contains(address.parse().expect("valid")), expected, "{network:?} {address}");
        }
        assert!("10.0.0.0/40".parse::<Network>().is_err());
    }
}
