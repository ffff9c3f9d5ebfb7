//! Servers that this one keeps at a distance, or away altogether.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, BlockId};

/// How far a server is kept away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only what the other columns say.
    #[default]
    Noop,
    /// Its people are shown to their followers only.
    Silence,
    /// Nothing is taken from it and nothing is sent to it.
    Suspend,
}

impl Severity {
    /// As the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Silence => "silence",
            Self::Suspend => "suspend",
        }
    }

    /// Reads what [`Severity::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Noop, Self::Silence, Self::Suspend].into_iter().find(|one| one.as_str() == text)
    }
}

super::sql::as_text!(Severity);

/// One row of `domain_blocks`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct DomainBlock {
    pub id: BlockId,
    pub domain: String,
    pub severity: Severity,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub obfuscate: bool,
    pub private_comment: Option<String>,
    pub public_comment: Option<String>,
    pub created_at: Time,
    pub applied_at: Time,
}

impl DomainBlock {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            domain: row.get("domain")?,
            severity: row.get("severity")?,
            reject_media: row.get("reject_media")?,
            reject_reports: row.get("reject_reports")?,
            obfuscate: row.get("obfuscate")?,
            private_comment: row.get("private_comment")?,
            public_comment: row.get("public_comment")?,
            created_at: row.get("created_at")?,
            applied_at: row.get("applied_at")?,
        })
    }

    /// Whether nothing of its media is fetched.
    pub fn bars_media(&self) -> bool {
        self.reject_media || self.severity == Severity::Suspend
    }

    /// Whether its reports are thrown away.
    pub fn bars_reports(&self) -> bool {
        self.reject_reports || self.severity == Severity::Suspend
    }

    /// The domain as strangers may read it: with stars in the middle when it is to be obfuscated.
    pub fn public_domain(&self) -> String {
        if !self.obfuscate {
            return self.domain.clone();
        }
        let (length, shown) = (self.domain.chars().count(), self.domain.chars().count() / 4);
        let star = |(at, letter): (usize, char)| match letter {
            letter if at <= shown || at + shown >= length || letter == '.' => letter,
            _ => '*',
        };
        self.domain.chars().enumerate().map(star).collect()
    }
}

const COLUMNS: &str = "id, domain, severity, reject_media, reject_reports, obfuscate, private_comment, public_comment, \
    created_at, applied_at";

/// Inserts the block, or changes the one with its id; the domain stays.
pub fn put(tx: &Tx, block: &DomainBlock) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO domain_blocks (id, domain, severity, reject_media, reject_reports, obfuscate, private_comment,
             public_comment, created_at, applied_at)
         VALUES (:id, :domain, :severity, :media, :reports, :obfuscate, :private, :public, :created_at, :applied_at)
         ON CONFLICT (id) DO UPDATE SET severity = :severity, reject_media = :media, reject_reports = :reports,
             obfuscate = :obfuscate, private_comment = :private, public_comment = :public, applied_at = :applied_at",
    )?
    .execute(named_params! {
        ":id": block.id, ":domain": block.domain, ":severity": block.severity, ":media": block.reject_media,
        ":reports": block.reject_reports, ":obfuscate": block.obfuscate, ":private": block.private_comment,
        ":public": block.public_comment, ":created_at": block.created_at, ":applied_at": block.applied_at,
    })?;
    Ok(())
}

/// Removes the block.
pub fn delete(tx: &Tx, id: BlockId) -> Result<()> {
    tx.prepare_cached("DELETE FROM domain_blocks WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The block with this id.
pub fn by_id(db: &Connection, id: BlockId) -> Result<Option<DomainBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM domain_blocks WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], DomainBlock::from_row).optional()?)
}

/// The block that decides about `host`: of the host itself, or else of the nearest domain above it.
pub fn covering(db: &Connection, host: &str) -> Result<Option<DomainBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM domain_blocks WHERE domain = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    for domain in above(host) {
        if let Some(block) = statement.query_row([domain], DomainBlock::from_row).optional()? {
            return Ok(Some(block));
        }
    }
    Ok(None)
}

/// Every block, in no order.
pub fn all(db: &Connection) -> Result<Vec<DomainBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM domain_blocks");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], DomainBlock::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page of all blocks, latest first.
pub fn list(db: &Connection, page: &Page) -> Result<Vec<DomainBlock>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM domain_blocks WHERE id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, DomainBlock::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Those that limit or suspend, by severity and name.
pub fn limiting(db: &Connection) -> Result<Vec<DomainBlock>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM domain_blocks WHERE severity <> 'noop' ORDER BY severity = 'suspend' DESC, domain"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], DomainBlock::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// `host` and every domain above it, the nearest first: `a.b.example`, `b.example`, `example`. A port is looked at with
/// and without.
pub fn above(host: &str) -> impl Iterator<Item = &str> {
    let bare = host.rsplit_once(':').map(|(name, _)| name);
    let dots = |name: &'_ str| -> Vec<usize> { name.match_indices('.').map(|(at, _)| at + 1).collect() };
    let name = bare.unwrap_or(host);
    let first = bare.map(|_| host);
    first.into_iter().chain(std::iter::once(name)).chain(dots(name).into_iter().map(move |at| &name[at..]))
}

/// Marks the people of `domain` and of all below it: silenced, suspended or neither since `at`. What was decided about
/// single people at other times stays.
pub fn mark_people(tx: &Tx, domain: &str, severity: Severity, before: Option<Time>, at: Time) -> Result<()> {
    // A range of the index: reversing names would be needed for subdomains, and blocks are rare.
    let of = "(domain = :domain OR domain LIKE '%.' || :domain)";
    if let Some(before) = before {
        for column in ["silenced_at", "suspended_at"] {
            tx.prepare(&format!("UPDATE accounts SET {column} = NULL WHERE {of} AND {column} = :before"))?
                .execute(named_params! {":domain": domain, ":before": before})?;
        }
    }
    let column = match severity {
        Severity::Noop => return Ok(()),
        Severity::Silence => "silenced_at",
        Severity::Suspend => "suspended_at",
    };
    tx.prepare(&format!("UPDATE accounts SET {column} = :at WHERE {of} AND {column} IS NULL"))?
        .execute(named_params! {":domain": domain, ":at": at})?;
    Ok(())
}

/// Marks a newly met account, if its domain is blocked.
pub fn mark_newcomer(tx: &Tx, account: AccountId, domain: &str) -> Result<()> {
    let Some(block) = covering(tx, domain)? else { return Ok(()) };
    let column = match block.severity {
        Severity::Noop => return Ok(()),
        Severity::Silence => "silenced_at",
        Severity::Suspend => "suspended_at",
    };
    tx.prepare(&format!("UPDATE accounts SET {column} = ?2 WHERE id = ?1 AND {column} IS NULL"))?
        .execute(rusqlite::params![account, block.applied_at])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{World, account};

    fn block(id: i64, domain: &str, severity: Severity) -> DomainBlock {
        DomainBlock {
            id: BlockId(id),
            domain: domain.into(),
            severity,
            reject_media: false,
            reject_reports: false,
            obfuscate: false,
            private_comment: None,
            public_comment: None,
            created_at: Time(id),
            applied_at: Time(id),
        }
    }

    #[test]
    fn the_nearest_domain_decides() {
        let world = World::new();
        let tx = world.tx();
        for row in [
            block(1, "bad.example", Severity::Suspend),
            block(2, "good.bad.example", Severity::Noop),
            block(3, "localhost", Severity::Silence),
        ] {
            put(&tx, &row).expect("puts");
        }
        for (host, expected) in [
            ("bad.example", Some(1)),
            ("a.b.bad.example", Some(1)),
            ("good.bad.example", Some(2)),
            ("x.good.bad.example", Some(2)),
            ("notbad.example", None),
            ("example", None),
            ("", None),
            ("localhost:4000", Some(3)),
            ("bad.example:8443", Some(1)),
        ] {
            assert_eq!(covering(&tx, host).expect("reads").map(|row| row.id.0), expected, "{host}");
        }
        assert_eq!(limiting(&tx).expect("reads").len(), 2);
        assert_eq!(above("a.b.c:1").collect::<Vec<_>>(), ["a.b.c:1", "a.b.c", "b.c", "c"]);
    }

    #[test]
    fn a_name_can_be_half_hidden() {
        for (domain, expected) in
            [("badserver.example", "badse****.***mple"), ("bad.example", "bad.*****le"), ("a.b", "a.*")]
        {
            let block = block(1, domain, Severity::Suspend);
            assert_eq!(block.public_domain(), domain);
            assert_eq!(DomainBlock { obfuscate: true, ..block }.public_domain(), expected);
        }
    }

    #[test]
    fn people_are_marked_and_unmarked() {
        let world = World::new();
        let near = world.account(account(world.next(), "near", Some("bad.example")));
        let below = world.account(account(world.next(), "below", Some("sub.bad.example")));
        let other = world.account(account(world.next(), "other", Some("notbad.example")));
        let apart = world.account(account(world.next(), "apart", Some("bad.example")));
        let tx = world.tx();
        tx.execute("UPDATE accounts SET suspended_at = 7 WHERE id = ?1", [apart]).expect("suspends");
        let suspended = || {
            [near, below, other, apart].map(|id| {
                crate::store::accounts::by_id(&tx, id).expect("reads").expect("is there").suspended_at.map(|at| at.0)
            })
        };
        mark_people(&tx, "bad.example", Severity::Suspend, None, Time(50)).expect("marks");
        assert_eq!(suspended(), [Some(50), Some(50), None, Some(7)]);
        mark_people(&tx, "bad.example", Severity::Silence, Some(Time(50)), Time(60)).expect("marks");
        assert_eq!(suspended(), [None, None, None, Some(7)]);
        mark_people(&tx, "bad.example", Severity::Noop, Some(Time(60)), Time(70)).expect("marks");
        let silenced = crate::store::accounts::by_id(&tx, near).expect("reads").expect("is there").silenced_at;
        assert_eq!(silenced, None);
    }
}
