//! Everybody we know: local people, remote people, and the instance actor.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::{Deserialize, Serialize};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// The instance actor's account: the server itself, as other servers see it.
pub const INSTANCE: AccountId = AccountId(-99);

/// One row of `accounts`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Account {
    pub id: AccountId,
    pub username: String,
    /// `None`: local.
    pub domain: Option<String>,
    pub uri: String,
    pub url: String,
    pub kind: String,
    pub display_name: String,
    pub note: String,
    pub note_source: String,
    pub fields: Vec<Field>,
    pub avatar_file: Option<String>,
    pub avatar_remote_url: Option<String>,
    pub avatar_description: String,
    pub header_file: Option<String>,
    pub header_remote_url: Option<String>,
    pub header_description: String,
    pub locked: bool,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub hide_collections: Option<bool>,
    pub memorial: bool,
    pub inbox: String,
    pub shared_inbox: Option<String>,
    pub outbox: Option<String>,
    pub followers_uri: Option<String>,
    pub following_uri: Option<String>,
    pub featured_uri: Option<String>,
    pub also_known_as: Vec<String>,
    pub moved_to_uri: Option<String>,
    pub followers_count: i64,
    pub following_count: i64,
    pub statuses_count: i64,
    pub last_status_at: Option<Time>,
    pub created_at: Time,
    pub first_seen_at: Time,
    pub fetched_at: Option<Time>,
    pub suspended_at: Option<Time>,
    pub silenced_at: Option<Time>,
    pub sensitized_at: Option<Time>,
    pub deleted_at: Option<Time>,
}

/// A line of a profile's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Field")]
pub struct Field {
    pub name: String,
    pub value: String,
    pub verified_at: Option<Time>,
}

impl Account {
    /// Somebody of whom nothing more is known: no texts, no pictures, no inbox, no counts.
    pub fn bare(id: AccountId, username: &str, domain: Option<&str>, uri: String, url: String, now: Time) -> Self {
        Self {
            id,
            username: username.to_owned(),
            domain: domain.map(str::to_owned),
            uri,
            url,
            kind: "Person".to_owned(),
            display_name: String::new(),
            note: String::new(),
            note_source: String::new(),
            fields: Vec::new(),
            avatar_file: None,
            avatar_remote_url: None,
            avatar_description: String::new(),
            header_file: None,
            header_remote_url: None,
            header_description: String::new(),
            locked: false,
            discoverable: None,
            indexable: false,
            hide_collections: None,
            memorial: false,
            inbox: String::new(),
            shared_inbox: None,
            outbox: None,
            followers_uri: None,
            following_uri: None,
            featured_uri: None,
            also_known_as: Vec::new(),
            moved_to_uri: None,
            followers_count: 0,
            following_count: 0,
            statuses_count: 0,
            last_status_at: None,
            created_at: now,
            first_seen_at: now,
            fetched_at: None,
            suspended_at: None,
            silenced_at: None,
            sensitized_at: None,
            deleted_at: None,
        }
    }

    /// Whether it lives on this server.
    pub fn is_local(&self) -> bool {
        self.domain.is_none()
    }

    /// Service and Application actors are bots.
    pub fn is_bot(&self) -> bool {
        matches!(self.kind.as_str(), "Service" | "Application")
    }

    /// `user` (local) or `user@domain`, as the Mastodon API writes it: international domains as people read them.
    pub fn acct(&self) -> String {
        let Some(domain) = &self.domain else { return self.username.clone() };
        if !domain.contains("xn--") {
            return format!("{}@{domain}", self.username);
        }
        let shown = url::quirks::domain_to_unicode(domain);
        format!("{}@{}", self.username, if shown.is_empty() { domain } else { &shown })
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let json = |name: &str| -> rusqlite::Result<String> { row.get(name) };
        Ok(Self {
            id: row.get("id")?,
            username: row.get("username")?,
            domain: row.get("domain")?,
            uri: row.get("uri")?,
            url: row.get("url")?,
            kind: row.get("kind")?,
            display_name: row.get("display_name")?,
            note: row.get("note")?,
            note_source: row.get("note_source")?,
            fields: serde_json::from_str(&json("fields")?).unwrap_or_default(),
            avatar_file: row.get("avatar_file")?,
            avatar_remote_url: row.get("avatar_remote_url")?,
            avatar_description: row.get("avatar_description")?,
            header_file: row.get("header_file")?,
            header_remote_url: row.get("header_remote_url")?,
            header_description: row.get("header_description")?,
            locked: row.get("locked")?,
            discoverable: row.get("discoverable")?,
            indexable: row.get("indexable")?,
            hide_collections: row.get("hide_collections")?,
            memorial: row.get("memorial")?,
            inbox: row.get("inbox")?,
            shared_inbox: row.get("shared_inbox")?,
            outbox: row.get("outbox")?,
            followers_uri: row.get("followers_uri")?,
            following_uri: row.get("following_uri")?,
            featured_uri: row.get("featured_uri")?,
            also_known_as: serde_json::from_str(&json("also_known_as")?).unwrap_or_default(),
            moved_to_uri: row.get("moved_to_uri")?,
            followers_count: row.get("followers_count")?,
            following_count: row.get("following_count")?,
            statuses_count: row.get("statuses_count")?,
            last_status_at: row.get("last_status_at")?,
            created_at: row.get("created_at")?,
            first_seen_at: row.get("first_seen_at")?,
            fetched_at: row.get("fetched_at")?,
            suspended_at: row.get("suspended_at")?,
            silenced_at: row.get("silenced_at")?,
            sensitized_at: row.get("sensitized_at")?,
            deleted_at: row.get("deleted_at")?,
        })
    }
}

/// The columns of [`Account::from_row`], for queries that join `accounts AS a`.
pub(super) const COLUMNS: &str = "a.id, a.username, a.domain, a.uri, a.url, a.kind, a.display_name, a.note, a.note_source, a.fields, \
    a.avatar_file, a.avatar_remote_url, a.avatar_description, a.header_file, a.header_remote_url, a.header_description, \
    a.locked, a.discoverable, a.indexable, a.hide_collections, a.memorial, a.inbox, a.shared_inbox, a.outbox, \
    a.followers_uri, a.following_uri, a.featured_uri, a.also_known_as, a.moved_to_uri, a.followers_count, \
    a.following_count, a.statuses_count, a.last_status_at, a.created_at, a.first_seen_at, a.fetched_at, a.suspended_at, \
    a.silenced_at, a.sensitized_at, a.deleted_at";

/// Inserts the account, or replaces what its server says about it when the `uri` is known (counts, suspension and
/// `first_seen_at` stay). Returns the id that the row has.
pub fn upsert(tx: &Tx, account: &Account) -> Result<AccountId> {
    let fields = serde_json::to_string(&account.fields).unwrap_or_default();
    let also_known_as = serde_json::to_string(&account.also_known_as).unwrap_or_default();
    let id = tx
        .prepare_cached(
            "INSERT INTO accounts (id, username, domain, uri, url, kind, display_name, note, note_source, fields,
                 avatar_file, avatar_remote_url, avatar_description, header_file, header_remote_url, header_description,
                 locked, discoverable, indexable, hide_collections, memorial, inbox, shared_inbox, outbox, followers_uri,
                 following_uri, featured_uri, also_known_as, moved_to_uri, followers_count, following_count,
                 statuses_count, last_status_at, created_at, first_seen_at, fetched_at)
             VALUES (:id, :username, :domain, :uri, :url, :kind, :display_name, :note, :note_source, :fields,
                 :avatar_file, :avatar_remote_url, :avatar_description, :header_file, :header_remote_url,
                 :header_description, :locked, :discoverable, :indexable, :hide_collections, :memorial, :inbox,
                 :shared_inbox, :outbox, :followers_uri, :following_uri, :featured_uri, :also_known_as, :moved_to_uri,
                 :followers_count, :following_count, :statuses_count, :last_status_at, :created_at, :first_seen_at,
                 :fetched_at)
             ON CONFLICT (uri) DO UPDATE SET username = :username, domain = :domain, url = :url, kind = :kind,
                 display_name = :display_name, note = :note, note_source = :note_source, fields = :fields,
                 avatar_file = :avatar_file, avatar_remote_url = :avatar_remote_url,
                 avatar_description = :avatar_description, header_file = :header_file,
                 header_remote_url = :header_remote_url, header_description = :header_description, locked = :locked,
                 discoverable = :discoverable, indexable = :indexable, hide_collections = :hide_collections,
                 memorial = :memorial, inbox = :inbox, shared_inbox = :shared_inbox, outbox = :outbox,
                 followers_uri = :followers_uri, following_uri = :following_uri, featured_uri = :featured_uri,
                 also_known_as = :also_known_as, moved_to_uri = :moved_to_uri, created_at = :created_at,
                 fetched_at = :fetched_at
             RETURNING id",
        )?
        .query_row(
            named_params! {
                ":id": account.id, ":username": account.username, ":domain": account.domain, ":uri": account.uri,
                ":url": account.url, ":kind": account.kind, ":display_name": account.display_name,
                ":note": account.note, ":note_source": account.note_source, ":fields": fields,
                ":avatar_file": account.avatar_file, ":avatar_remote_url": account.avatar_remote_url,
                ":avatar_description": account.avatar_description, ":header_file": account.header_file,
                ":header_remote_url": account.header_remote_url, ":header_description": account.header_description,
                ":locked": account.locked, ":discoverable": account.discoverable, ":indexable": account.indexable,
                ":hide_collections": account.hide_collections, ":memorial": account.memorial, ":inbox": account.inbox,
                ":shared_inbox": account.shared_inbox, ":outbox": account.outbox,
                ":followers_uri": account.followers_uri, ":following_uri": account.following_uri,
                ":featured_uri": account.featured_uri, ":also_known_as": also_known_as,
                ":moved_to_uri": account.moved_to_uri, ":followers_count": account.followers_count,
                ":following_count": account.following_count, ":statuses_count": account.statuses_count,
                ":last_status_at": account.last_status_at, ":created_at": account.created_at,
                ":first_seen_at": account.first_seen_at, ":fetched_at": account.fetched_at,
            },
            |row| row.get(0),
        )?;
    super::search::put(tx, id)?;
    Ok(id)
}

/// The account with this id.
pub fn by_id(db: &Connection, id: AccountId) -> Result<Option<Account>> {
    one(db, "a.id = ?1", [id])
}

/// The account whose actor id is `uri`.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Account>> {
    one(db, "a.uri = ?1", [uri])
}

/// The account behind a handle; `domain` is `None` for local ones. Case does not matter.
pub fn by_handle(db: &Connection, username: &str, domain: Option<&str>) -> Result<Option<Account>> {
    one(db, "lower(a.username) = lower(?1) AND coalesce(a.domain, '') = ?2", [username, domain.unwrap_or("")])
}

/// The accounts with these ids, in no order; unknown ids are left out.
pub fn by_ids(db: &Connection, ids: &[AccountId]) -> Result<Vec<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE a.id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], Account::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The accounts with these actor ids, in no order; unknown ones are left out.
pub fn by_uris(db: &Connection, uris: &[&str]) -> Result<Vec<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE a.uri IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([serde_json::to_string(uris).unwrap_or_default()], Account::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The domains of everybody we know, in order. Hops from domain to domain in the index: its cost is their number.
pub fn domains(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE hop (domain) AS (
             SELECT min(domain) FROM accounts WHERE domain IS NOT NULL
             UNION ALL
             SELECT (SELECT min(domain) FROM accounts WHERE domain > hop.domain) FROM hop WHERE hop.domain IS NOT NULL
         ) SELECT domain FROM hop WHERE domain IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Up to `limit` people of this domain.
pub fn ids_of(db: &Connection, domain: &str, limit: usize) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached("SELECT id FROM accounts WHERE domain = ?1 LIMIT ?2")?;
    let rows = statement.query_map(rusqlite::params![domain, limit as i64], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE {condition}");
    Ok(db.prepare_cached(&sql)?.query_row(params, Account::from_row).optional()?)
}

/// The account whose actor id or page is `address`.
pub fn by_uri_or_url(db: &Connection, address: &str) -> Result<Option<Account>> {
    match by_uri(db, address)? {
        Some(found) => Ok(Some(found)),
        None => one(db, "a.url = ?1", [address]),
    }
}

/// A remote account that is delivered to at `inbox`, its own or its server's.
pub fn by_inbox(db: &Connection, inbox: &str) -> Result<Option<Account>> {
    one(
        db,
        "a.domain IS NOT NULL AND (a.inbox = ?1 OR a.shared_inbox = ?1) ORDER BY a.inbox = ?1 DESC LIMIT 1",
        [inbox],
    )
}

/// Gives everybody who has the shared inbox `old` the one called `new`.
pub fn replace_shared_inbox(tx: &Tx, old: &str, new: &str) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET shared_inbox = ?2 WHERE shared_inbox = ?1 AND domain IS NOT NULL")?
        .execute([old, new])?;
    Ok(())
}

/// Makes a handle free for the actor `uri`: another remote account that holds it was deleted and made anew elsewhere
/// under another id, so it goes on under a name that nobody can have.
pub fn release_handle(tx: &Tx, username: &str, domain: Option<&str>, uri: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE accounts SET username = username || '~' || id
         WHERE lower(username) = lower(?1) AND coalesce(domain, '') = ?2 AND uri <> ?3 AND domain IS NOT NULL",
    )?
    .execute(rusqlite::params![username, domain.unwrap_or(""), uri])?;
    Ok(())
}

/// Deletes the row of a local account that was never let in, with all that hangs on it: it did nothing yet.
pub fn delete_unborn(tx: &Tx, id: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM accounts WHERE id = ?1 AND domain IS NULL")?.execute([id])?;
    Ok(())
}

/// Deletes a remote account with all that is theirs, and keeps the counts of others in step.
pub fn delete_remote(tx: &Tx, id: AccountId) -> Result<()> {
    for sql in [
        "UPDATE statuses SET favourites_count = max(0, favourites_count - 1)
         WHERE id IN (SELECT status_id FROM favourites WHERE account_id = ?1)",
        "UPDATE statuses SET reblogs_count = max(0, reblogs_count - 1)
         WHERE id IN (SELECT reblog_of_id FROM statuses WHERE account_id = ?1 AND reblog_of_id IS NOT NULL)",
        "UPDATE statuses SET replies_count = max(0, replies_count - (
             SELECT count(*) FROM statuses r WHERE r.account_id = ?1 AND r.in_reply_to_id = statuses.id))
         WHERE id IN (SELECT in_reply_to_id FROM statuses WHERE account_id = ?1 AND in_reply_to_id IS NOT NULL)",
        "UPDATE accounts SET following_count = max(0, following_count - 1)
         WHERE id IN (SELECT account_id FROM follows WHERE target_id = ?1 AND accepted)",
        "UPDATE accounts SET followers_count = max(0, followers_count - 1)
         WHERE id IN (SELECT target_id FROM follows WHERE account_id = ?1 AND accepted)",
        "DELETE FROM accounts WHERE id = ?1 AND domain IS NOT NULL",
    ] {
        tx.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn international_domains_are_shown_as_people_read_them() {
        for (domain, expected) in [
            (None, "alice"),
            (Some("b.example"), "alice@b.example"),
            (Some("xn--r8jz45g.xn--zckzah"), "alice@例え.テスト"),
            (Some("127.0.0.1:3000"), "alice@127.0.0.1:3000"),
        ] {
            let account = Account::bare(AccountId(1), "alice", domain, String::new(), String::new(), Time(0));
            assert_eq!(account.acct(), expected);
        }
    }
}
