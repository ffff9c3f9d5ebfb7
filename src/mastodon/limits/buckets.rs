//! Which buckets a request falls into, and how large they are.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::RANGE;
use url::form_urlencoded;

use crate::ids::AccountId;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Token,
    Person,
    Stranger,
    Paging,
    Uploads,
    Deletions,
    Apps,
    SignUps,
    Confirmations,
    OwnConfirmations,
    RemoteFiles,
    Posts,
    Follows,
    Reports,
}

impl Bucket {
    /// So many requests in so many seconds.
    pub fn rule(self) -> (u32, u64) {
        match self {
            Self::Token | Self::Stranger => (300, 5 * MINUTE),
            Self::Person => (1_500, 5 * MINUTE),
            Self::Paging => (300, 15 * MINUTE),
            Self::Uploads | Self::Deletions => (30, 30 * MINUTE),
            Self::Apps => (5, 10 * MINUTE),
            Self::SignUps => (5, 30 * MINUTE),
            Self::Confirmations => (25, 5 * MINUTE),
            Self::OwnConfirmations => (5, 30 * MINUTE),
            Self::RemoteFiles => (30, 10 * MINUTE),
            Self::Posts => (300, 3 * HOUR),
            Self::Follows | Self::Reports => (400, 24 * HOUR),
        }
    }

    /// Whether a request that failed is not counted.
    pub fn counts_only_deeds(self) -> bool {
        matches!(self, Self::Posts | Self::Follows | Self::Reports)
    }
}

/// Whose count it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Token([u8; 32]),
    Account(AccountId),
    Net(IpAddr),
}

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub net: IpAddr,
    pub token: Option<[u8; 32]>,
    pub account: Option<AccountId>,
}

/// Where the request is counted.
pub(super) fn charges(request: &Request, asker: &Asker) -> Vec<(Bucket, Who)> {
    let net = || Who::Net(asker.net);
    let person = || asker.account.map(Who::Account);
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/media/remote/") {
        // Previews come by the page, and players read one film in many parts: only files that somebody opens count.
        let opens = !rest.contains('/') && starts(request);
        return if opens { vec![(Bucket::RemoteFiles, net())] } else { Vec::new() };
    }
    let mut charges = Vec::new();
    match asker.token {
        Some(token) => charges.push((Bucket::Token, Who::Token(token))),
        None => charges.push((Bucket::Stranger, net())),
    }
    charges.extend(person().map(|person| (Bucket::Person, person)));
    if request.method() == Method::GET && pages(request) {
        charges.push((Bucket::Paging, person().unwrap_or_else(net)));
    }
    let parts: Vec<&str> = path.split('/').skip(2).collect();
    let own = match (request.method().as_str(), &parts[..]) {
        ("POST", ["v1" | "v2", "media"]) => Some(Bucket::Uploads),
        ("DELETE", ["v1", "statuses", _]) | ("POST", ["v1", "statuses", _, "unreblog"]) => Some(Bucket::Deletions),
        ("POST", ["v1", "statuses"]) | ("PUT", ["v1", "statuses", _]) | ("POST", ["v1", "statuses", _, "reblog"]) => {
            Some(Bucket::Posts)
        }
        ("POST", ["v1", "accounts" | "tags", _, "follow"]) => Some(Bucket::Follows),
        ("POST", ["v1", "reports"]) => Some(Bucket::Reports),
        ("POST", ["v1", "emails", "confirmations"]) => Some(Bucket::OwnConfirmations),
        _ => None,
    };
    charges.extend(own.and_then(|bucket| Some((bucket, person()?))));
    match (request.method().as_str(), &parts[..]) {
        ("POST", ["v1", "apps"]) => charges.push((Bucket::Apps, net())),
        ("POST", ["v1", "accounts"]) => charges.push((Bucket::SignUps, net())),
        ("POST", ["v1", "emails", "confirmations"]) => charges.push((Bucket::Confirmations, net())),
        _ => {}
    }
    charges
}

/// One customer usually has a whole /64 of IPv6.
pub(super) fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

fn pages(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, _)| matches!(&*name, "page" | "min_id" | "max_id" | "since_id"))
}

/// Whether the file is read from its beginning.
fn starts(request: &Request) -> bool {
    request.headers().get(RANGE).is_none_or(|range| range.as_bytes().starts_with(b"bytes=0-"))
}
