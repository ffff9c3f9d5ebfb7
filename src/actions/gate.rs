//! The gate of the house: from which addresses one may come, and who may not sign up.
//!
//! E-mail addresses are compared in their canonical form, as Mastodon does it: lower case, without dots and without
//! what follows a `+` in the part before the `@`, so that the hashes of both mean the same.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};

use crate::app::App;
use crate::clock::Time;
use crate::config::Network;
use crate::error::{Error, Result};
use crate::ids::BlockId;
use crate::store::email_blocks::{self, AddressBlock, DomainBlock};
use crate::store::ip_blocks::{self, IpBlock, Severity};
use crate::store::{Connection, Tx};
use crate::text::mentions;

/// Whether somebody may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// As the server's settings say.
    Allowed,
    /// Only when a moderator agrees.
    NeedsApproval,
    /// Not at all: the address they come from is blocked.
    AddressBlocked,
    /// Not at all: their e-mail address, or its provider, is blocked.
    EmailBlocked,
}

/// Whether somebody who comes from `ip` may sign up with `email`.
pub fn sign_up_allowed(db: &Connection, ip: IpAddr, email: &str, now: Time) -> Result<SignUp> {
    let address = severity(&ip_blocks::in_force(db, now)?, ip);
    if address.is_some_and(|severity| severity >= Severity::SignUpBlock) {
        return Ok(SignUp::AddressBlocked);
    }
    let provider = provider(email).map_or(Ok(None), |domain| email_blocks::covering(db, &domain))?;
    let is_blocked = email_blocks::address_by_hash(db, &hash(email))?.is_some();
    Ok(match provider {
        _ if is_blocked => SignUp::EmailBlocked,
        Some(DomainBlock { allow_with_approval: false, .. }) => SignUp::EmailBlocked,
        Some(_) => SignUp::NeedsApproval,
        None if address.is_some() => SignUp::NeedsApproval,
        None => SignUp::Allowed,
    })
}

/// Notes for the operator that a blocked provider was tried. Call it in the transaction that refuses or holds a sign-up.
pub fn note_attempt(tx: &Tx, ip: IpAddr, email: &str, now: Time) -> Result<()> {
    let provider = provider(email).map_or(Ok(None), |domain| email_blocks::covering(tx, &domain))?;
    provider.map_or(Ok(()), |block| email_blocks::used(tx, block.id, &ip.to_string(), now))
}

/// The networks that may not even look.
pub fn shut_out(db: &Connection, now: Time) -> Result<Vec<Network>> {
    let blocks = ip_blocks::in_force(db, now)?.into_iter().filter(|block| block.severity == Severity::NoAccess);
    Ok(blocks.filter_map(|block| block.ip.parse().ok()).collect())
}

/// What to change of a block; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the table")]
pub struct Changes {
    pub ip: Option<String>,
    pub severity: Option<Severity>,
    pub comment: Option<String>,
    pub expires_at: Option<Option<Time>>,
}

/// Blocks a network, or changes a block.
pub async fn put_ip(app: &App, id: Option<BlockId>, changes: Changes) -> Result<IpBlock> {
    let now = app.clock.now();
    let fresh = app.ids.next(now);
    let write = move |tx: &Tx| {
        let known = id.map_or(Ok(None), |id| {
            ip_blocks::by_id(tx, id)?.map_or(Err(Error::NotFound("address block")), |block| Ok(Some(block)))
        })?;
        let (severity, ip) = match &known {
            Some(known) => (changes.severity.unwrap_or(known.severity), changes.ip.unwrap_or_else(|| known.ip.clone())),
            None => (
                changes.severity.ok_or_else(|| Error::invalid("severity", "can't be blank"))?,
                changes.ip.ok_or_else(|| Error::invalid("ip", "can't be blank"))?,
            ),
        };
        let block = IpBlock {
            id: known.as_ref().map_or(fresh, |known| known.id),
            ip: network(&ip)?,
            severity,
            comment: changes
                .comment
                .unwrap_or_else(|| known.as_ref().map_or_else(String::new, |known| known.comment.clone())),
            expires_at: changes.expires_at.unwrap_or_else(|| known.as_ref().and_then(|known| known.expires_at)),
            created_at: known.as_ref().map_or(now, |known| known.created_at),
        };
        if !ip_blocks::put(tx, &block)? {
            return Err(Error::invalid("ip", "has already been taken"));
        }
        Ok(block)
    };
    app.store.write(write).await
}

/// Blocks a provider of e-mail and all domains below it.
pub async fn block_provider(app: &App, domain: &str, allow_with_approval: bool) -> Result<DomainBlock> {
    let domain = domain.trim().trim_start_matches('@');
    let domain = mentions::domain(domain).ok_or_else(|| Error::invalid("domain", "is not a domain name"))?;
    let now = app.clock.now();
    let block = DomainBlock { id: app.ids.next(now), domain, allow_with_approval, created_at: now };
    let write = move |tx: &Tx| {
        if !email_blocks::insert_domain(tx, &block)? {
            return Err(Error::invalid("domain", "has already been taken"));
        }
        Ok(block)
    };
    app.store.write(write).await
}

/// Blocks an e-mail address, by itself or by its hash.
pub async fn block_address(app: &App, email: Option<&str>, given: Option<&str>) -> Result<AddressBlock> {
    let hash = match (email.filter(|email| email.contains('@')), given) {
        (Some(email), _) => hash(email),
        (None, Some(given)) if given.len() == 64 && given.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            given.to_ascii_lowercase()
        }
        (None, Some(_)) => return Err(Error::invalid("canonical_email_hash", "is no SHA-256 in hex")),
        (None, None) => return Err(Error::invalid("canonical_email_hash", "can't be blank")),
    };
    let id = app.ids.next(app.clock.now());
    app.store.write(move |tx| email_blocks::insert_address(tx, id, &hash)).await
}

/// What stands for an e-mail address, however it is written.
pub fn hash(email: &str) -> String {
    hex::encode(digest(&SHA256, canonical(email).as_bytes()))
}

fn canonical(email: &str) -> String {
    let email = email.trim().to_lowercase();
    let Some((name, domain)) = email.rsplit_once('@') else { return email };
    let name = name.split('+').next().unwrap_or_default().replace('.', "");
    format!("{name}@{domain}")
}

fn provider(email: &str) -> Option<String> {
    let (_, domain) = email.trim().rsplit_once('@')?;
    mentions::domain(domain)
}

/// The strictest severity of those blocks that `ip` is in.
fn severity(blocks: &[IpBlock], ip: IpAddr) -> Option<Severity> {
    let within = |block: &&IpBlock| block.ip.parse::<Network>().is_ok_and(|network| network.contains(ip));
    blocks.iter().filter(within).map(|block| block.severity).max()
}

/// A network in its one spelling: always with a length, and without the bits behind it.
fn network(text: &str) -> Result<String> {
    let text = text.trim();
    text.parse::<Network>().map_err(|_| Error::invalid("ip", "is no address and no network like 192.0.2.0/24"))?;
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().map_err(|_| Error::invalid("ip", "is no address"))?;
    Ok(match address {
        IpAddr::V4(v4) => {
            let length: u32 = length.parse().unwrap_or(32);
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            format!("{}/{length}", std::net::Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let length: u32 = length.parse().unwrap_or(128);
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            format!("{}/{length}", std::net::Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn one_mailbox_has_one_hash() {
        for (email, expected) in [
            ("alice@a.example", "alice@a.example"),
            (" A.Lice+spam@A.Example ", "alice@a.example"),
            ("a.l.i.c.e+x+y@a.example", "alice@a.example"),
            ("no address", "no address"),
        ] {
            assert_eq!(canonical(email), expected, "{email}");
        }
        assert_eq!(hash("A.lice+1@a.example"), hash("alice@a.example"));
    }

    #[test]
    fn networks_have_one_spelling() {
        for (text, expected) in [
            ("192.0.2.7", Some("192.0.2.7/32")),
            ("192.0.2.7/24", Some("192.0.2.0/24")),
            ("10.0.0.0/0", Some("0.0.0.0/0")),
            ("2001:db8::1", Some("2001:db8::1/128")),
            ("2001:db8::1/32", Some("2001:db8::/32")),
            ("192.0.2.0/33", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(network(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn the_gate_judges_address_and_mailbox() {
        let (_folder, app) = testing::app();
        let now = app.clock.now();
        for (ip, severity, expires_at) in [
            ("192.0.2.0/24", Severity::SignUpBlock, None),
            ("198.51.100.0/24", Severity::SignUpRequiresApproval, None),
            ("198.51.100.9", Severity::NoAccess, None),
            ("203.0.113.0/24", Severity::SignUpBlock, Some(Time(now.0 - 1))),
        ] {
            let changes = Changes {
                ip: Some(ip.into()),
                severity: Some(severity),
                expires_at: Some(expires_at),
                ..Changes::default()
            };
            put_ip(&app, None, changes).await.expect("blocks");
        }
        block_provider(&app, "@spam.example", false).await.expect("blocks");
        block_provider(&app, "odd.example", true).await.expect("blocks");
        block_address(&app, Some("mal.lory@a.example"), None).await.expect("blocks");
        for (ip, email, expected) in [
            ("203.0.113.5", "alice@a.example", SignUp::Allowed),
            ("192.0.2.5", "alice@a.example", SignUp::AddressBlocked),
            ("::ffff:192.0.2.5", "alice@a.example", SignUp::AddressBlocked),
            ("198.51.100.5", "alice@a.example", SignUp::NeedsApproval),
            ("198.51.100.9", "alice@a.example", SignUp::AddressBlocked),
            ("203.0.113.5", "alice@SPAM.example", SignUp::EmailBlocked),
            ("203.0.113.5", "alice@sub.spam.example", SignUp::EmailBlocked),
            ("203.0.113.5", "alice@odd.example", SignUp::NeedsApproval),
            ("203.0.113.5", "Mallory+new@a.example", SignUp::EmailBlocked),
        ] {
            let ip: IpAddr = ip.parse().expect("an address");
            let judged = app.store.read(move |db| sign_up_allowed(db, ip, email, now)).await.expect("reads");
            assert_eq!(judged, expected, "{ip} {email}");
        }
        let out = app.store.read(move |db| shut_out(db, now)).await.expect("reads");
        assert_eq!(out.len(), 1);
        assert!(block_provider(&app, "spam.example", true).await.is_err(), "is blocked already");
        for bad in [None, Some("x")] {
            assert!(block_address(&app, None, bad).await.is_err(), "{bad:?}");
        }
    }
}
