//! Lists of servers to block that others keep: looked at first, then applied, then followed day by day.
//!
//! A list only adds to what the people here decide: a block by hand is never changed or lifted by one. Of several lists
//! the strictest counts, and what no list names any more is lifted. The format is Mastodon's CSV; a plain list of domains,
//! one a line, is read as suspensions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use crate::activitypub::ids;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::{BlockId, BlockListId};
use crate::store::block_lists::{self, BlockList, Listed};
use crate::store::domain_blocks::{self, DomainBlock, Severity};
use crate::store::{Connection, Tx};
use crate::streams::Announcements;
use crate::text::{csv, mentions};

use super::{border, fetch};

/// How often a list is read.
const DAILY: Duration = Duration::from_secs(24 * 3600);
/// The longest list, in bytes and in rows.
const LIMIT: (usize, usize) = (5 * 1024 * 1024, 50_000);
/// Blocks that change in one transaction: each may end follows.
const STEP: usize = 25;

/// What applying the lists changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Servers that are blocked anew.
    pub added: Vec<Listed>,
    /// Blocks that lists made, and what they become.
    pub changed: Vec<(DomainBlock, Listed)>,
    /// Blocks that lists made and none names any more.
    pub removed: Vec<DomainBlock>,
    /// Servers that are left as they are, since somebody here decided about them.
    pub kept: Vec<Listed>,
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Reads the list at `url` and keeps it; nothing is blocked yet.
pub async fn add(app: &App, url: &str) -> Result<BlockList> {
    let url = ids::valid_remote_id(url.trim(), app.config.development)
        .map_err(|_| Error::invalid("url", "is not an address"))?;
    let rows = read(app, &url).await.map_err(|error| error.named_in("url"))?;
    let now = app.clock.now();
    let list = BlockList {
        id: app.ids.next(now),
        url: url.to_string(),
        applied_at: None,
        fetched_at: Some(now),
        last_error: None,
        created_at: now,
        domains: 0,
    };
    let id = list.id;
    let write = move |tx: &Tx| {
        if block_lists::by_url(tx, &list.url)?.is_some() {
            return Err(Error::invalid("url", "is a list that you have already"));
        }
        block_lists::put(tx, &list)?;
        block_lists::replace_rows(tx, id, &rows)?;
        block_lists::by_id(tx, id)?.ok_or(Error::NotFound("list"))
    };
    app.store.write(write).await
}

/// What would change if the list were applied now.
pub fn preview(db: &Connection, id: BlockListId) -> Result<(BlockList, Difference)> {
    let list = block_lists::by_id(db, id)?.ok_or(Error::NotFound("list"))?;
    Ok((list, difference(db, Some(id))?))
}

/// Applies the list, from now on day by day.
pub async fn apply(app: &App, id: BlockListId) -> Result<BlockList> {
    let now = app.clock.now();
    let write = move |tx: &Tx| {
        let mut list = block_lists::by_id(tx, id)?.ok_or(Error::NotFound("list"))?;
        list.applied_at.get_or_insert(now);
        block_lists::put(tx, &list)?;
        Ok(list)
    };
    let list = app.store.write(write).await?;
    reconcile(app).await?;
    Ok(list)
}

/// Forgets the list; what only it named is lifted.
pub async fn remove(app: &App, id: BlockListId) -> Result<()> {
    let write = move |tx: &Tx| {
        block_lists::by_id(tx, id)?.ok_or(Error::NotFound("list"))?;
        block_lists::delete(tx, id)
    };
    app.store.write(write).await?;
    reconcile(app).await
}

/// Reads the list again, and applies what is new if it was applied before.
pub async fn read_again(app: &App, id: BlockListId) -> Result<BlockList> {
    let list = app.store.read(move |db| block_lists::by_id(db, id)).await?.ok_or(Error::NotFound("list"))?;
    let url = ids::valid_remote_id(&list.url, app.config.development)?;
    let rows = read(app, &url).await;
    let now = app.clock.now();
    let write = move |tx: &Tx| {
        let list = match rows {
            Ok(rows) => {
                block_lists::replace_rows(tx, id, &rows)?;
                BlockList { fetched_at: Some(now), last_error: None, ..list }
            }
            // What we know of it stays.
            Err(error) => BlockList { last_error: Some(error.to_string()), ..list },
        };
        block_lists::put(tx, &list)?;
        block_lists::by_id(tx, id)?.ok_or(Error::NotFound("list"))
    };
    let list = app.store.write(write).await?;
    reconcile(app).await?;
    Ok(list)
}

/// Reads every list that was not read for a day; answers how many.
pub async fn refresh(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let lists = app.store.read(block_lists::all).await?;
    let due = lists.iter().filter(|list| list.fetched_at.is_none_or(|at| now.since(at) >= DAILY));
    let mut count = 0;
    for list in due {
        let list = read_again(app, list.id).await?;
        if let Some(why) = list.last_error {
            tracing::warn!("the list of blocks {} could not be read: {why}", list.url);
        }
        count += 1;
    }
    Ok(count)
}

async fn read(app: &App, url: &url::Url) -> Result<Vec<Listed>> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let response = fetch::plain(app, url.clone(), "text/csv, text/plain;q=0.9, */*;q=0.1", LIMIT.0).await?;
    if response.status != 200 {
        let fault = Fault::Status { code: response.status, retry_after: response.retry_after(app.clock.now()) };
        return Err(Error::peer(host, fault));
    }
    let own = [app.config.domain.as_str(), app.config.handle_domain.as_str()];
    let rows = parse(&String::from_utf8_lossy(&response.body), &own);
    // A page that says "not found" must not lift a thousand blocks.
    if rows.is_empty() {
        return Err(Error::peer(host, Fault::Nonsense("no list of servers".into())));
    }
    Ok(rows)
}

/// Reads a list; rows that name no domain, or one that covers `own`, are left out.
fn parse(text: &str, own: &[&str]) -> Vec<Listed> {
    let rows = csv::rows(text);
    let names: Vec<String> = rows.first().into_iter().flatten().map(|cell| name_of(cell)).collect();
    let headed = names.iter().any(|name| name == "domain");
    let at = |name: &str| names.iter().position(|known| known == name);
    let columns = if headed {
        ["domain", "severity", "reject_media", "reject_reports", "obfuscate", "public_comment"].map(at)
    } else {
        [Some(0), None, None, None, None, None]
    };
    let mut seen = HashSet::new();
    let mut listed = Vec::new();
    for row in rows.into_iter().skip(usize::from(headed)).take(LIMIT.1) {
        let cell = |column: usize| columns[column].and_then(|at| row.get(at)).map_or("", |cell| cell.trim());
        let flag = |column: usize| matches!(cell(column).to_ascii_lowercase().as_str(), "true" | "1" | "yes");
        let severity = match cell(1).to_ascii_lowercase().as_str() {
            "" | "suspend" => Severity::Suspend,
            "silence" | "limit" => Severity::Silence,
            "noop" | "none" => Severity::Noop,
            _ => continue,
        };
        let name = cell(0).trim_start_matches("*.");
        // Some lists hide part of a name; that is nobody's.
        let Some(domain) = mentions::domain(name).filter(|_| !name.starts_with('#') && !name.contains('*')) else {
            continue;
        };
        let covers_us = own.iter().any(|own| domain_blocks::above(own).any(|above| above == domain));
        if covers_us || !seen.insert(domain.clone()) {
            continue;
        }
        let public_comment = Some(cell(5).to_owned()).filter(|text| !text.is_empty());
        listed.push(Listed {
            domain,
            severity,
            reject_media: flag(2),
            reject_reports: flag(3),
            obfuscate: flag(4),
            public_comment,
        });
    }
    listed
}

fn name_of(cell: &str) -> String {
    cell.trim().trim_start_matches('#').trim().to_ascii_lowercase()
}

/// What the applied lists (and `also` this one) want that is not so yet.
fn difference(db: &Connection, also: Option<BlockListId>) -> Result<Difference> {
    let mut wanted: BTreeMap<String, Listed> = BTreeMap::new();
    for row in block_lists::wanted(db, also)? {
        match wanted.get_mut(&row.domain) {
            Some(known) => *known = stricter(known, row),
            None => drop(wanted.insert(row.domain.clone(), row)),
        }
    }
    let made: HashSet<BlockId> = block_lists::made(db)?.into_iter().collect();
    let blocks = domain_blocks::all(db)?;
    let by_domain: HashMap<&str, &DomainBlock> = blocks.iter().map(|block| (block.domain.as_str(), block)).collect();
    let mut found = Difference::default();
    for row in wanted.values() {
        match by_domain.get(row.domain.as_str()) {
            Some(block) if !made.contains(&block.id) => found.kept.push(row.clone()),
            Some(block) if differs(block, row) => found.changed.push(((*block).clone(), row.clone())),
            Some(_) => {}
            None => {
                // Somebody here decided about all of that domain, as strictly.
                let above = domain_blocks::above(&row.domain).skip(1).find_map(|name| by_domain.get(name));
                let covered = above.is_some_and(|block| !made.contains(&block.id) && block.severity >= row.severity);
                if covered { found.kept.push(row.clone()) } else { found.added.push(row.clone()) }
            }
        }
    }
    found.removed = blocks
        .iter()
        .filter(|block| made.contains(&block.id) && !wanted.contains_key(&block.domain))
        .cloned()
        .collect();
    Ok(found)
}

fn stricter(one: &Listed, other: Listed) -> Listed {
    let (strict, mild) = if other.severity > one.severity { (&other, one) } else { (one, &other) };
    Listed {
        reject_media: strict.reject_media || mild.reject_media,
        reject_reports: strict.reject_reports || mild.reject_reports,
        obfuscate: strict.obfuscate || mild.obfuscate,
        public_comment: strict.public_comment.clone().or_else(|| mild.public_comment.clone()),
        ..strict.clone()
    }
}

fn differs(block: &DomainBlock, row: &Listed) -> bool {
    block.severity != row.severity
        || block.reject_media != row.reject_media
        || block.reject_reports != row.reject_reports
        || block.obfuscate != row.obfuscate
        || block.public_comment != row.public_comment
}

/// Makes what the applied lists want so, a few blocks at a time.
async fn reconcile(app: &App) -> Result<()> {
    loop {
        let (now, deed) = (app.clock.now(), app.clone());
        let (more, told) = app
            .store
            .write(move |tx| {
                let found = difference(tx, None)?;
                if found.is_empty() {
                    return Ok((false, Announcements::default()));
                }
                Ok((true, step(tx, &deed, found, now)?))
            })
            .await?;
        told.announce(app);
        if !more {
            return Ok(());
        }
    }
}

fn step(tx: &Tx, app: &App, found: Difference, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    for block in found.removed.iter().take(STEP) {
        border::lift(tx, block)?;
    }
    for (block, row) in found.changed.into_iter().take(STEP) {
        let before = block.applied_at;
        let harder = block.severity != row.severity;
        let block = DomainBlock { applied_at: if harder { now } else { before }, ..block_of(tx, row, block.id, now)? };
        if harder {
            told.extend(border::apply(tx, app, &block, Some(before), now)?);
        } else {
            domain_blocks::put(tx, &block)?;
        }
    }
    for row in found.added.into_iter().take(STEP) {
        let block = block_of(tx, row, app.ids.next(now), now)?;
        told.extend(border::apply(tx, app, &block, None, now)?);
        block_lists::mark(tx, block.id)?;
    }
    Ok(told)
}

fn block_of(db: &Connection, row: Listed, id: BlockId, now: Time) -> Result<DomainBlock> {
    let lists = block_lists::naming(db, &row.domain)?;
    Ok(DomainBlock {
        id,
        domain: row.domain,
        severity: row.severity,
        reject_media: row.reject_media,
        reject_reports: row.reject_reports,
        obfuscate: row.obfuscate,
        private_comment: Some(lists.join("\n")).filter(|text| !text.is_empty()),
        public_comment: row.public_comment,
        created_at: now,
        applied_at: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_mastodon_writes_them_and_as_plain_names() {
        let text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n\
            Bad.Example,suspend,false,true,\"spam, and worse\",true\n\
            loud.example,silence,true,false,,false\n\
            odd.example,explode,,,,\n\
            h***en.example,suspend,,,,\n\
            here.example,suspend,,,,\n\
            example,suspend,,,,\n\
            bad.example,noop,,,,\n\
            長屋.example,noop,,,,\n";
        let rows = parse(text, &["here.example"]);
        let names: Vec<&str> = rows.iter().map(|row| row.domain.as_str()).collect();
        assert_eq!(names[..2], ["bad.example", "loud.example"]);
        assert!(names.len() == 3 && names[2].starts_with("xn--"), "punycode on the wire: {names:?}");
        assert_eq!(rows[0].public_comment.as_deref(), Some("spam, and worse"));
        assert!(rows[0].obfuscate && rows[0].reject_reports && !rows[0].reject_media);
        assert_eq!((rows[1].severity, rows[1].reject_media), (Severity::Silence, true));
        let plain = parse("# comment\nbad.example\n\nworse.example\n", &[]);
        assert_eq!(plain.len(), 2);
        assert!(plain.iter().all(|row| row.severity == Severity::Suspend));
        assert!(parse("<!doctype html><p>Not found</p>", &[]).is_empty());
    }
}
