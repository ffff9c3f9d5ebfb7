//! The border of the house: which servers we speak with, and how far they are trusted. The one place that is asked by
//! inboxes, deliveries, fetches and media.
//!
//! A block covers a domain and all below it; the nearest one decides. In limited federation (setting
//! `limited_federation` = `true`) only allowed domains are spoken with.

use std::time::Duration;

use url::Url;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::BlockId;
use crate::store::accounts;
use crate::store::block_lists;
use crate::store::domain_allows::{self, DomainAllow};
use crate::store::domain_blocks::{self, DomainBlock, Severity};
use crate::store::{Connection, Tx, follows, settings};
use crate::streams::Announcements;
use crate::text::mentions;

use super::moderation::severance::{self, Cause};

/// Setting: `true` when only allowed domains are spoken with.
pub const LIMITED: &str = "limited_federation";

/// How we stand to a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Nothing is taken from it, sent to it or asked of it.
    pub barred: bool,
    /// Its people are shown to their followers only.
    pub silenced: bool,
    /// Nothing of its media is fetched.
    pub no_media: bool,
    /// Its reports are thrown away.
    pub no_reports: bool,
}

/// How we stand to the server at `host` (with or without a port).
pub fn standing(db: &Connection, host: &str) -> Result<Standing> {
    let host = host.to_lowercase();
    let block = domain_blocks::covering(db, &host)?;
    let closed = limited(db)? && !domain_blocks::above(&host).take(2).any(|name| is_allowed(db, &host, name));
    Ok(decide(block.as_ref(), closed))
}

/// How we stand to the server that `address` (of an actor, an inbox, a picture) is of. What is no address is no server's.
pub fn standing_of(db: &Connection, address: &str) -> Result<Standing> {
    match Url::parse(address).ok().as_ref().and_then(host_of) {
        Some(host) => standing(db, &host),
        None => Ok(Standing::default()),
    }
}

/// Whether only allowed domains are spoken with.
pub fn limited(db: &Connection) -> Result<bool> {
    Ok(settings::get(db, LIMITED)?.as_deref() == Some("true"))
}

/// Refuses unless we speak with the server of `url`.
pub async fn permit(app: &App, url: &Url) -> Result<()> {
    let Some(host) = host_of(url) else { return Ok(()) };
    if host == app.config.domain {
        return Ok(());
    }
    let asked = host.clone();
    if app.store.read(move |db| standing(db, &asked)).await?.barred {
        return Err(Error::peer(host, Fault::Refused("this server is blocked here".into())));
    }
    Ok(())
}

/// What is decided about a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the table; None leaves it as it is")]
pub struct Changes {
    pub severity: Option<Severity>,
    pub reject_media: Option<bool>,
    pub reject_reports: Option<bool>,
    pub obfuscate: Option<bool>,
    pub private_comment: Option<String>,
    pub public_comment: Option<String>,
}

/// What became of the wish to block a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// It is blocked now.
    Done(DomainBlock),
    /// This one is in the way: of the same domain, or one above it that is as strict.
    Existing(DomainBlock),
}

/// Blocks a domain and all below it.
pub async fn block(app: &App, domain: &str, changes: Changes) -> Result<Blocked> {
    let domain = foreign(app, domain)?;
    let (now, deed) = (app.clock.now(), app.clone());
    let (blocked, told) = app
        .store
        .write(move |tx| {
            let severity = changes.severity.unwrap_or(Severity::Silence);
            if let Some(known) = domain_blocks::covering(tx, &domain)?
                && (known.domain == domain || is_as_strict(&known, severity, &changes))
            {
                return Ok((Blocked::Existing(known), Announcements::default()));
            }
            let block = changed(
                DomainBlock {
                    id: deed.ids.next(now),
                    domain,
                    severity,
                    reject_media: false,
                    reject_reports: false,
                    obfuscate: false,
                    private_comment: None,
                    public_comment: None,
                    created_at: now,
                    applied_at: now,
                },
                changes,
            );
            let told = apply(tx, &deed, &block, None, now)?;
            Ok((Blocked::Done(block), told))
        })
        .await?;
    told.announce(app);
    Ok(blocked)
}

/// Changes what is decided about a blocked domain.
pub async fn edit(app: &App, id: BlockId, changes: Changes) -> Result<DomainBlock> {
    let (now, deed) = (app.clock.now(), app.clone());
    let (block, told) = app
        .store
        .write(move |tx| {
            let before = domain_blocks::by_id(tx, id)?.ok_or(Error::NotFound("domain block"))?;
            // Whatever list made it: from now on it is somebody's own decision.
            block_lists::unmark(tx, id)?;
            let applied = before.applied_at;
            let severity = before.severity;
            let mut block = changed(before, changes);
            if block.severity == severity {
                domain_blocks::put(tx, &block)?;
                return Ok((block, Announcements::default()));
            }
            block.applied_at = now;
            let told = apply(tx, &deed, &block, Some(applied), now)?;
            Ok((block, told))
        })
        .await?;
    told.announce(app);
    Ok(block)
}

/// Lifts a block. Follows do not come back.
pub async fn unblock(app: &App, id: BlockId) -> Result<()> {
    let write = move |tx: &Tx| {
        let block = domain_blocks::by_id(tx, id)?.ok_or(Error::NotFound("domain block"))?;
        lift(tx, &block)
    };
    app.store.write(write).await
}

/// Unmarks the people of the domain and removes the block.
pub(super) fn lift(tx: &Tx, block: &DomainBlock) -> Result<()> {
    domain_blocks::mark_people(tx, &block.domain, Severity::Noop, Some(block.applied_at), block.applied_at)?;
    domain_blocks::delete(tx, block.id)
}

/// Allows a domain, for limited federation. One that is allowed already is answered as it is.
pub async fn allow(app: &App, domain: &str) -> Result<DomainAllow> {
    let domain = foreign(app, domain)?;
    let now = app.clock.now();
    let id = app.ids.next(now);
    let write = move |tx: &Tx| {
        domain_allows::insert(tx, &DomainAllow { id, domain: domain.clone(), created_at: now })?;
        domain_allows::by_domain(tx, &domain)?.ok_or_else(|| Error::Bug("an allowed domain is missing".into()))
    };
    app.store.write(write).await
}

/// Takes the permission back.
pub async fn disallow(app: &App, id: BlockId) -> Result<DomainAllow> {
    let write = move |tx: &Tx| {
        let allow = domain_allows::by_id(tx, id)?.ok_or(Error::NotFound("domain permission"))?;
        domain_allows::delete(tx, id)?;
        Ok(allow)
    };
    app.store.write(write).await
}

/// Writes the block, marks its people and, when they are suspended, ends all follows from and to them.
pub(super) fn apply(tx: &Tx, app: &App, block: &DomainBlock, before: Option<Time>, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    domain_blocks::put(tx, block)?;
    if block.severity == Severity::Suspend {
        let bonds = follows::across(tx, &block.domain)?;
        told.extend(severance::sever(tx, app, &bonds, Cause::DomainBlock, &block.domain, now)?);
    }
    domain_blocks::mark_people(tx, &block.domain, block.severity, before, block.applied_at)?;
    Ok(told)
}

/// How long what a blocked server's people wrote is kept, hidden, in case the block is taken back (rule R9).
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// People forgotten in one write.
const STEP: usize = 20;

/// Forgets the people of servers that were blocked long enough ago; answers how many.
pub async fn purge(app: &App) -> Result<usize> {
    let before = app.clock.now().minus(KEPT);
    let domains = app
        .store
        .read(move |db| {
            let long = |domain: &String| {
                let block = domain_blocks::covering(db, domain)?;
                let block = block.filter(|block| block.severity == Severity::Suspend && block.applied_at < before);
                Ok::<_, Error>(block.map(|_| domain.clone()))
            };
            accounts::domains(db)?.iter().filter_map(|domain| long(domain).transpose()).collect::<Result<Vec<_>>>()
        })
        .await?;
    let mut sum = 0;
    for domain in domains {
        loop {
            let domain = domain.clone();
            let step = move |tx: &Tx| {
                let people = accounts::ids_of(tx, &domain, STEP)?;
                people.iter().try_for_each(|id| accounts::delete_remote(tx, *id))?;
                Ok(people.len())
            };
            let count = app.store.write(step).await?;
            sum += count;
            if count < STEP {
                break;
            }
        }
    }
    Ok(sum)
}

fn decide(block: Option<&DomainBlock>, closed: bool) -> Standing {
    let barred = closed || block.is_some_and(|block| block.severity == Severity::Suspend);
    Standing {
        barred,
        silenced: block.is_some_and(|block| block.severity == Severity::Silence),
        no_media: barred || block.is_some_and(DomainBlock::bars_media),
        no_reports: barred || block.is_some_and(DomainBlock::bars_reports),
    }
}

/// Whether `name` is the host itself (with or without its port), and allowed. What cannot be read is not.
fn is_allowed(db: &Connection, host: &str, name: &str) -> bool {
    let itself = name == host || host.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    itself && domain_allows::by_domain(db, name).is_ok_and(|found| found.is_some())
}

/// Whether `known`, of a domain above, leaves nothing to add.
fn is_as_strict(known: &DomainBlock, severity: Severity, changes: &Changes) -> bool {
    known.severity == Severity::Suspend
        || (known.severity >= severity
            && (known.reject_media || changes.reject_media != Some(true))
            && (known.reject_reports || changes.reject_reports != Some(true)))
}

fn changed(block: DomainBlock, changes: Changes) -> DomainBlock {
    let comment = |new: Option<String>, old: Option<String>| match new {
        Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        None => old,
    };
    DomainBlock {
        severity: changes.severity.unwrap_or(block.severity),
        reject_media: changes.reject_media.unwrap_or(block.reject_media),
        reject_reports: changes.reject_reports.unwrap_or(block.reject_reports),
        obfuscate: changes.obfuscate.unwrap_or(block.obfuscate),
        private_comment: comment(changes.private_comment, block.private_comment),
        public_comment: comment(changes.public_comment, block.public_comment),
        ..block
    }
}

/// A domain in its one spelling that is not ours.
fn foreign(app: &App, domain: &str) -> Result<String> {
    let domain = domain.trim().trim_start_matches('@').trim_end_matches('/');
    let domain = domain.strip_prefix("https://").unwrap_or(domain);
    let domain = mentions::domain(domain).ok_or_else(|| Error::invalid("domain", "is not a domain name"))?;
    let own = [app.config.handle_domain.as_str(), app.config.domain.as_str()];
    if domain_blocks::above(own[0]).chain(domain_blocks::above(own[1])).any(|name| name == domain) {
        return Err(Error::invalid("domain", "is this server"));
    }
    Ok(domain)
}

fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn some(severity: Severity) -> Changes {
        Changes { severity: Some(severity), ..Changes::default() }
    }

    #[tokio::test]
    async fn a_block_covers_all_below_and_the_allow_list_exactly_what_it_names() {
        let (_folder, app) = testing::app();
        block(&app, "Bad.Example", some(Severity::Suspend)).await.expect("blocks");
        block(&app, "loud.example", Changes { reject_media: Some(true), ..some(Severity::Silence) })
            .await
            .expect("blocks");
        allow(&app, "friend.example").await.expect("allows");
        let ask = async |limited: bool, address: &'static str| {
            let value = if limited { "true" } else { "false" };
            app.store.write(move |tx| settings::set(tx, LIMITED, value)).await.expect("writes");
            app.store.read(move |db| standing_of(db, address)).await.expect("reads")
        };
        let open = Standing::default();
        let barred = Standing { barred: true, silenced: false, no_media: true, no_reports: true };
        for (limited, address, expected) in [
            (false, "https://bad.example/users/x", barred),
            (false, "https://a.BAD.example:8443/", barred),
            (false, "https://notbad.example/", open),
            (false, "https://loud.example/", Standing { silenced: true, no_media: true, ..open }),
            (false, "https://friend.example/", open),
            (false, "nonsense", open),
            (true, "https://friend.example/", open),
            (true, "https://friend.example:8443/", open),
            (true, "https://sub.friend.example/", barred),
            (true, "https://stranger.example/", barred),
        ] {
            assert_eq!(ask(limited, address).await, expected, "{limited} {address}");
        }
    }

    #[tokio::test]
    async fn what_is_blocked_already_is_named_and_our_own_name_is_refused() {
        let (_folder, app) = testing::app();
        let Blocked::Done(first) = block(&app, "bad.example", some(Severity::Silence)).await.expect("blocks") else {
            panic!("nothing was in the way");
        };
        for (domain, changes, free) in [
            ("bad.example", some(Severity::Suspend), false),
            ("sub.bad.example", some(Severity::Silence), false),
            ("sub.bad.example", some(Severity::Suspend), true),
        ] {
            let done = matches!(block(&app, domain, changes).await.expect("answers"), Blocked::Done(_));
            assert_eq!(done, free, "{domain}");
        }
        for bad in ["here.example", "example", "not a domain", ""] {
            assert!(block(&app, bad, some(Severity::Suspend)).await.is_err(), "{bad}");
        }
        let edited = edit(&app, first.id, Changes { public_comment: Some(" why ".into()), ..some(Severity::Suspend) });
        let edited = edited.await.expect("edits");
        assert_eq!((edited.severity, edited.public_comment.as_deref()), (Severity::Suspend, Some("why")));
        unblock(&app, first.id).await.expect("lifts");
        assert!(matches!(unblock(&app, first.id).await, Err(Error::NotFound(_))));
    }
}
