//! Where we may connect to: an allow-list of public addresses, of URLs, and a resolver that knows nothing else.
//!
//! The resolver hands out only addresses that passed [`allowed`], and the client connects to nothing but what the
//! resolver handed out, so a name cannot change its mind between check and use. Addresses inside a URL never meet the
//! resolver; [`check_url`] judges them. Refuses also what merely looks odd: credentials, ports, names without a dot.
//! Rules F2 and F3; registries: https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::error::{Error, Fault, Result};

/// How long a name may take to resolve.
const DNS: Duration = Duration::from_secs(5);

/// IPv4 networks that are not the public internet.
const DENIED_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The one IPv6 network that is the public internet …
const ALLOWED_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// … save these parts of it (protocol assignments with Teredo, documentation, 6to4, AS112).
const DENIED_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether `address` belongs to the public internet. An IPv4 address inside an IPv6 one (mapped, or behind NAT64) is
/// judged as IPv4; compatible, 6to4 and Teredo forms are refused whatever they contain.
pub fn allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !DENIED_V4.iter().any(|net| within(v4.to_bits().into(), net.0.to_bits().into(), 32, net.1)),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => allowed(IpAddr::V4(v4)),
            None => {
                let within = |net: &(Ipv6Addr, u32)| within(v6.to_bits(), net.0.to_bits(), 128, net.1);
                within(&ALLOWED_V6) && !DENIED_V6.iter().any(within)
            }
        },
    }
}

/// Whether `url` may be asked at all: https on port 443, a name with a dot, no credentials. In development also http,
/// any port, `localhost`, and bare addresses that are public or loopback.
pub fn check_url(url: &Url, development: bool) -> Result<()> {
    let refuse = |why: &str| Err(Error::peer(url.host_str().unwrap_or_default(), Fault::Refused(why.into())));
    match url.scheme() {
        "https" => {}
        "http" if development => {}
        _ => return refuse("only https is spoken"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("the address contains credentials");
    }
    if url.port().is_some() && !development {
        return refuse("only port 443 is used");
    }
    match url.host() {
        Some(Host::Domain(name)) => check_name(name, development).or_else(refuse),
        Some(Host::Ipv4(v4)) => check_literal(v4.into(), development).or_else(refuse),
        Some(Host::Ipv6(v6)) => check_literal(v6.into(), development).or_else(refuse),
        None => refuse("the address has no host"),
    }
}

/// `name` is lower case and punycode already: `url` does that once, and everybody uses its value.
fn check_name(name: &str, development: bool) -> Result<(), &'static str> {
    let last = name.rsplit('.').next().unwrap_or_default();
    if development && last == "localhost" {
        return Ok(());
    }
    if name.split('.').any(str::is_empty) || !name.contains('.') || name.len() > 253 {
        return Err("the host name is not a public one");
    }
    if matches!(last, "onion" | "i2p" | "localhost" | "local" | "internal" | "arpa") {
        return Err("the host name is not a public one");
    }
    Ok(())
}

fn check_literal(address: IpAddr, development: bool) -> Result<(), &'static str> {
    match development {
        false => Err("a bare address is not a server's name"),
        true if permitted(address, true) => Ok(()),
        true => Err("the address is not public"),
    }
}

/// [`allowed`], and in development the loopback addresses too.
fn permitted(address: IpAddr, development: bool) -> bool {
    allowed(address) || (development && address.to_canonical().is_loopback())
}

/// The IPv4 address that a packet to `v6` would reach.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let tail = Ipv4Addr::from_bits(v6.to_bits() as u32);
    match v6.segments() {
        // Mapped, and NAT64 by the well-known prefix: a resolver on an IPv6-only network answers this for everybody.
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(tail),
        // NAT64 by a local prefix of 96 bits, or of 48 (RFC 6052 §2.2 puts a zero octet into the middle).
        [0x64, 0xff9b, 1, 0, 0, 0, _, _] => Some(tail),
        [0x64, 0xff9b, 1, _, _, _, _, _] => {
            let octets = v6.octets();
            Some(Ipv4Addr::new(octets[6], octets[7], octets[9], octets[10]))
        }
        _ => None,
    }
}

fn within(address: u128, network: u128, width: u32, length: u32) -> bool {
    (address ^ network) >> (width - length) == 0
}

/// How names become addresses; tests bring their own.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The system's way.
pub(super) fn system_lookup() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// The client's only resolver.
pub(super) struct Resolver {
    pub(super) lookup: Lookup,
    pub(super) development: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.lookup)(name.as_str().to_owned());
        let development = self.development;
        Box::pin(async move {
            let found =
                tokio::time::timeout(DNS, found).await.map_err(|_| "the name took more than 5 s to resolve")??;
            let chosen: Vec<SocketAddr> =
                found.into_iter().filter(|address| permitted(address.ip(), development)).collect();
            if chosen.is_empty() {
                return Err(Denied.into());
            }
            Ok(Box::new(chosen.into_iter()) as Addrs)
        })
    }
}

/// A name leads to no address that we may connect to.
#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
pub(super) struct Denied;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every spelling goes through `Url`, which normalises octal, hexadecimal, decimal and shortened forms.
    #[test]
    fn f2_addresses_that_are_not_public_are_denied_in_every_spelling() {
        let denied = "
            0.0.0.0 0.1.2.3 0 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.1 127.0.1
            127.255.255.254 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1 017700000001 127.0.0.1.
            0300.0250.0.1 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.0.1 172.16.0.1
            172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1
            192.168.1 3232235777 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
            239.255.255.255 240.0.0.1 255.255.255.255 0xffffffff 4294967295 １２７.０.０.１ 127。0。0。1
            %31%32%37.0.0.1
            [::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:169.254.169.254]
            [0:0:0:0:0:ffff:a9fe:a9fe] [::ffff:0.0.0.0] [::ffff:192.168.0.1] [::127.0.0.1] [::10.0.0.1] [::8.8.8.8]
            [64:ff9b::127.0.0.1] [64:ff9b::a00:1] [64:ff9b::169.254.169.254] [64:ff9b:1::10.0.0.1]
            [64:ff9b:1:a00:0:100::] [64:ff9b:1:7f00:0:100::] [64:ff9b:1:a9fe:a9:fe00::]
            [2002:7f00:1::] [2002:a00:1::1] [2002:808:808::] [2001:0:53aa:64c:0:7a56:80ff:fffe] [2001::1] [2001:2::1]
            [2001:10::1] [2001:20::1] [2001:db8::1] [2001:db8:ffff::1] [3fff::1] [3fff:fff::1] [2620:4f:8000::1]
            [fc00::1] [fd12:3456::1] [fdff::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [ff0e::1] [100::1] [5f00::1]
            [4000::1] [1fff::1] [8000::1] [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]";
        let mut count = 0;
        for text in denied.split_whitespace() {
            count += 1;
            let url = Url::parse(&format!("https://{text}/x")).unwrap_or_else(|why| panic!("{text}: {why}"));
            let address = match url.host() {
                Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
                Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
                other => panic!("{text} is a name: {other:?}"),
            };
            assert!(!allowed(address), "{text} = {address}");
            assert!(check_url(&url, false).is_err(), "{text}");
            let loopback = address.to_canonical().is_loopback();
            assert_eq!(check_url(&url, true).is_ok(), loopback, "{text} in development");
        }
        assert!(count >= 90, "{count}");
    }

    #[test]
    fn public_addresses_are_allowed_but_not_as_names() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "223.255.255.255",
            "[2606:4700::1]",
            "[2a00:1450::1]",
            "[2001:200::1]",
            "[3ffe::1]",
            "[2620:4f:8001::1]",
            "[2003::1]",
            "[::ffff:8.8.8.8]",
            "[64:ff9b::808:808]",
            "[64:ff9b:1::808:808]",
            "[64:ff9b:1:808:8:800::]",
        ] {
            let address: IpAddr = text.trim_matches(['[', ']']).parse().expect("an address");
            assert!(allowed(address), "{text}");
            let url = Url::parse(&format!("https://{text}/")).expect("a URL");
            assert!(check_url(&url, false).is_err(), "{text}");
            assert!(check_url(&url, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn f3_only_plain_https_addresses_are_asked() {
        for (text, production, development) in [
            ("https://peer.example/inbox?x=1", true, true),
            ("https://peer.example:443/", true, true),
            ("https://bücher.example/", true, true),
            ("https://PEER.example/", true, true),
            ("http://peer.example/", false, true),
            ("https://peer.example:8443/", false, true),
            ("http://peer.example:443/", false, true),
            ("http://localhost:4001/", false, true),
            ("https://localhost/", false, true),
            ("http://a.localhost:4001/", false, true),
            ("http://127.0.0.1:4001/", false, true),
            ("http://127.0.0.2:4001/", false, true),
            ("http://[::1]:4001/", false, true),
            ("http://10.0.0.1/", false, false),
            ("https://user@peer.example/", false, false),
            ("https://user:pass@peer.example/", false, false),
            ("https://:pass@peer.example/", false, false),
            ("https://peer/", false, false),
            ("https://peer.example./", false, false),
            ("https://peer..example/", false, false),
            ("https://router.local/", false, false),
            ("https://metadata.google.internal/", false, false),
            ("https://1.0.0.127.in-addr.arpa/", false, false),
            ("https://x.onion/", false, false),
            ("https://x.i2p/", false, false),
            ("ftp://peer.example/", false, false),
            ("file:///etc/passwd", false, false),
            ("gopher://peer.example/", false, false),
            ("data:text/plain,x", false, false),
            ("javascript:alert(1)", false, false),
        ] {
            let url = Url::parse(text).expect("a URL");
            assert_eq!(check_url(&url, false).is_ok(), production, "{text}");
            assert_eq!(check_url(&url, true).is_ok(), development, "{text} in development");
        }
    }

    #[tokio::test]
    async fn a_name_with_many_addresses_keeps_the_public_ones() {
        let found = ["10.0.0.1:0", "8.8.8.8:0", "[::1]:0", "127.0.0.1:0", "[2606:4700::1]:0", "169.254.169.254:0"];
        for (development, expected) in [
            (false, vec!["8.8.8.8:0", "[2606:4700::1]:0"]),
            (true, vec!["8.8.8.8:0", "[::1]:0", "127.0.0.1:0", "[2606:4700::1]:0"]),
        ] {
            let lookup: Lookup = Arc::new(move |_| {
                Box::pin(async move { Ok(found.iter().map(|a| a.parse().expect("valid")).collect()) })
            });
            let resolver = Resolver { lookup, development };
            let chosen = resolver.resolve("peer.example".parse().expect("a name")).await.expect("some are left");
            assert_eq!(chosen.map(|address| address.to_string()).collect::<Vec<_>>(), expected);
        }
    }

    #[tokio::test]
    async fn a_name_with_private_addresses_only_has_none() {
        let lookup: Lookup = Arc::new(|_| Box::pin(async { Ok(vec!["10.0.0.1:0".parse().expect("valid")]) }));
        let Err(why) = Resolver { lookup, development: true }.resolve("peer.example".parse().expect("a name")).await
        else {
            panic!("refused");
        };
        assert!(why.is::<Denied>());
    }
}
