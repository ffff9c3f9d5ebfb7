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
    /// How mail is sent; without it none is.
    pub mail: Option<Mail>,
    /// Whether people and addresses may ask only so often.
    pub rate_limits: bool,
    /// What decodes films, sounds and phone pictures.
    pub tools: Tools,
    /// Where files go instead of the data folder.
    pub bucket: Option<Bucket>,
    /// Development only: a folder with a built web app, served instead of the one in the program.
    pub web_app: Option<PathBuf>,
    /// Our own program, for child processes (compiling plugins, decoding media).
    pub program: PathBuf,
}

/// A mail server that takes our mail, and in whose name it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub tls: Tls,
    /// User name and password, if it wants them.
    pub login: Option<(String, String)>,
    /// `address` or `Name <address>`.
    pub from: String,
}

/// How a connection to a mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (`smtps://`).
    Whole,
    /// After STARTTLS, which the server must offer (`smtp://`).
    Started,
    /// Not at all: for a server on this machine or this network.
    Off,
}

/// The password is nobody's business, the log's least of all.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({}:{}, {:?}, from {})", self.host, self.port, self.tls, self.from)
    }
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

/// Programs of others that decode what we cannot. Each may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// `ffmpeg`, with `ffprobe` beside it.
    pub ffmpeg: Option<PathBuf>,
    /// libheif's `heif-dec` (`heif-convert` before version 1.19).
    pub heif: Option<PathBuf>,
}

impl Tools {
    /// What stands in the folders that the environment variable PATH names.
    pub fn installed() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = |name: &str| {
            let places = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
            places.map(|folder| folder.join(name)).find(|file| file.is_file())
        };
        Self {
            ffmpeg: program("ffmpeg").filter(|ffmpeg| ffmpeg.with_file_name("ffprobe").is_file()),
            heif: program("heif-dec").or_else(|| program("heif-convert")),
        }
    }
}

/// A bucket of an S3-compatible store.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The store's address; a private one is fine, because the operator named it.
    pub endpoint: url::Url,
    /// The bucket's name; it comes behind the address (path style).
    pub name: String,
    /// The store's region.
    pub region: String,
    /// Key id.
    pub key: String,
    /// Secret key.
    pub secret: String,
    /// Where clients may read the files themselves; without it we pass them on.
    pub public_url: Option<url::Url>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bucket({} at {})", self.name, self.endpoint)
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
