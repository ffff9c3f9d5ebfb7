//! The queue of mail: rows are written in the transaction of the deed and leave it sent or dropped.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct NewMail {
    pub account_id: Option<AccountId>,
    pub recipient: String,
    pub kind: &'static str,
    pub priority: i64,
    pub subject: String,
    pub body: String,
    pub html: String,
    pub created_at: Time,
}

/// A mail that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Mail {
    pub id: i64,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    pub html: String,
    pub attempts: i64,
    pub created_at: Time,
}

impl Mail {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            recipient: row.get("recipient")?,
            subject: row.get("subject")?,
            body: row.get("body")?,
            html: row.get("html")?,
            attempts: row.get("attempts")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// Puts a mail into the queue.
pub fn enqueue(tx: &Tx, mail: &NewMail) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO mails (account_id, recipient, kind, priority, subject, body, html, state, not_before, created_at)
         VALUES (:account, :recipient, :kind, :priority, :subject, :body, :html, 'ready', :now, :now)",
    )?
    .execute(named_params! {
        ":account": mail.account_id, ":recipient": mail.recipient, ":kind": mail.kind, ":priority": mail.priority,
        ":subject": mail.subject, ":body": mail.body, ":html": mail.html, ":now": mail.created_at,
    })?;
    Ok(())
}

/// How many mails of this kind were queued for an address since `since`.
pub fn count_for(db: &Connection, recipient: &str, kind: &str, since: Time) -> Result<i64> {
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM mails WHERE recipient = ?1 AND kind = ?2 AND created_at > ?3")?;
    Ok(statement.query_row(params![recipient, kind, since], |row| row.get(0))?)
}

/// The most urgent mail that is due.
pub fn next(db: &Connection, now: Time) -> Result<Option<Mail>> {
    let mut statement = db.prepare_cached(
        "SELECT id, recipient, subject, body, html, attempts, created_at FROM mails
         WHERE state = 'ready' AND not_before <= ?1 ORDER BY priority, id LIMIT 1",
    )?;
    Ok(statement.query_row([now], Mail::from_row).optional()?)
}

/// When the next mail is due.
pub fn next_time(db: &Connection) -> Result<Option<Time>> {
    Ok(db.prepare_cached("SELECT min(not_before) FROM mails WHERE state = 'ready'")?.query_row([], |row| row.get(0))?)
}

/// How many mails left since `since`, and when the first of them did.
pub fn sent_since(db: &Connection, since: Time) -> Result<(i64, Option<Time>)> {
    let mut statement =
        db.prepare_cached("SELECT count(*), min(done_at) FROM mails WHERE state = 'sent' AND done_at > ?1")?;
    Ok(statement.query_row([since], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// How many wait, and how many were dropped since `since`.
pub fn tally(db: &Connection, since: Time) -> Result<(i64, i64)> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM mails WHERE state = 'ready'),
                (SELECT count(*) FROM mails WHERE state = 'dropped' AND done_at > ?1)",
    )?;
    Ok(statement.query_row([since], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The server took it.
pub fn sent(tx: &Tx, id: i64, now: Time) -> Result<()> {
    finish(tx, id, "sent", None, now)
}

/// It will never be sent.
pub fn dropped(tx: &Tx, id: i64, why: &str, now: Time) -> Result<()> {
    finish(tx, id, "dropped", Some(why), now)
}

fn finish(tx: &Tx, id: i64, state: &str, why: Option<&str>, now: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE mails SET state = :state, body = '', html = '', done_at = :now, last_error = :why,
             attempts = attempts + 1 WHERE id = :id",
    )?
    .execute(named_params! {":id": id, ":state": state, ":why": why, ":now": now})?;
    Ok(())
}

/// It is tried again at `not_before`; `counted` when it was the mail's own fault.
pub fn postpone(tx: &Tx, id: i64, not_before: Time, why: &str, counted: bool) -> Result<()> {
    tx.prepare_cached(
        "UPDATE mails SET not_before = :at, last_error = :why, attempts = attempts + :counted WHERE id = :id",
    )?
    .execute(named_params! {":id": id, ":at": not_before, ":why": why, ":counted": counted})?;
    Ok(())
}

/// Forgets mails of this kind to `account` that were not sent yet: newer ones take their place.
pub fn withdraw(tx: &Tx, account: AccountId, kind: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM mails WHERE account_id = ?1 AND kind = ?2 AND state = 'ready'")?
        .execute(params![account, kind])?;
    Ok(())
}

/// Removes mails that were sent or dropped before `before`.
pub fn purge(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    Ok(tx
        .prepare_cached("DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE done_at < ?1 LIMIT ?2)")?
        .execute(params![before, limit as i64])?)
}
