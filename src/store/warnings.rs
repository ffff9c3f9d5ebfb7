//! What moderators did to people, as those are told, and what they answered.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ReportId, StatusId, WarningId};

/// One row of `warnings`, with its appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Warning {
    pub id: WarningId,
    pub target_id: AccountId,
    pub account_id: Option<AccountId>,
    pub report_id: Option<ReportId>,
    pub action: String,
    pub text: String,
    pub status_ids: Option<Vec<StatusId>>,
    pub created_at: Time,
    pub overruled_at: Option<Time>,
    pub appeal: Option<Appeal>,
}

/// One row of `appeals`, without what its warning says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Appeal {
    pub text: String,
    pub created_at: Time,
    pub approved: Option<bool>,
}

impl Warning {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let posts: Option<String> = row.get("status_ids")?;
        let posts = posts.map(|json| serde_json::from_str::<Vec<i64>>(&json).unwrap_or_default());
        let text: Option<String> = row.get("appeal_text")?;
        let (created_at, approved) = (row.get::<_, Option<Time>>("appealed_at")?, row.get("approved")?);
        Ok(Self {
            id: row.get("id")?,
            target_id: row.get("target_id")?,
            account_id: row.get("account_id")?,
            report_id: row.get("report_id")?,
            action: row.get("action")?,
            text: row.get("text")?,
            status_ids: posts.map(|ids| ids.into_iter().map(StatusId).collect()),
            created_at: row.get("created_at")?,
            overruled_at: row.get("overruled_at")?,
            appeal: text.zip(created_at).map(|(text, created_at)| Appeal { text, created_at, approved }),
        })
    }
}

const SELECT: &str = "SELECT w.id, w.target_id, w.account_id, w.report_id, w.action, w.text, w.status_ids, \
    w.created_at, w.overruled_at, p.text AS appeal_text, p.created_at AS appealed_at, p.approved \
    FROM warnings w LEFT JOIN appeals p ON p.warning_id = w.id";

/// Inserts the warning; its appeal is left out.
pub fn insert(tx: &Tx, warning: &Warning) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO warnings (id, target_id, account_id, report_id, action, text, status_ids, created_at)
         VALUES (:id, :target, :account, :report, :action, :text, :statuses, :created_at)",
    )?
    .execute(named_params! {
        ":id": warning.id, ":target": warning.target_id, ":account": warning.account_id,
        ":report": warning.report_id, ":action": warning.action, ":text": warning.text,
        ":statuses": warning.status_ids.as_ref().map(|ids| json_list(ids)), ":created_at": warning.created_at,
    })?;
    Ok(())
}

/// The warning with this id.
pub fn by_id(db: &Connection, id: WarningId) -> Result<Option<Warning>> {
    let sql = format!("{SELECT} WHERE w.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Warning::from_row).optional()?)
}

/// The warnings with these ids, in no order.
pub fn by_ids(db: &Connection, ids: &[WarningId]) -> Result<Vec<Warning>> {
    let sql = format!("{SELECT} WHERE w.id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], Warning::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What was done to `target`, latest first.
pub fn of(db: &Connection, target: AccountId, page: &Page) -> Result<Vec<Warning>> {
    let sql = format!(
        "{SELECT} WHERE w.target_id = :target AND w.id < :below AND w.id > :above ORDER BY w.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":target": target, ":below": page.below(), ":above": page.above(), ":limit": page.limit,
        },
        Warning::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The warnings that were appealed against, latest first; with `open`, only those that nobody has decided.
pub fn appealed(db: &Connection, open: bool, page: &Page) -> Result<Vec<Warning>> {
    let sql = format!(
        "{SELECT} WHERE p.warning_id IS NOT NULL AND (NOT :open OR p.approved IS NULL)
           AND w.id < :below AND w.id > :above ORDER BY w.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":open": open, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        Warning::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Adds an appeal; `false`: there is one already.
pub fn appeal(tx: &Tx, warning: WarningId, text: &str, now: Time) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO appeals (warning_id, text, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(rusqlite::params![warning, text, now])?;
    Ok(inserted > 0)
}

/// Decides an open appeal; `false`: it was decided before, or there is none. An approved one overrules its warning.
pub fn decide(tx: &Tx, warning: WarningId, approved: bool, by: AccountId, now: Time) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE appeals SET approved = :approved, decided_at = :now, decided_by_id = :by
             WHERE warning_id = :warning AND approved IS NULL",
        )?
        .execute(named_params! {":warning": warning, ":approved": approved, ":by": by, ":now": now})?;
    if changed > 0 && approved {
        tx.prepare_cached("UPDATE warnings SET overruled_at = ?2 WHERE id = ?1")?
            .execute(rusqlite::params![warning, now])?;
    }
    Ok(changed > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_warning_is_appealed_and_decided_once() {
        let world = World::new();
        let (alice, mira) = (world.local("alice"), world.local("mira"));
        let tx = world.tx();
        let warning = Warning {
            id: WarningId(1),
            target_id: alice,
            account_id: Some(mira),
            report_id: None,
            action: "delete_statuses".into(),
            text: "please don't".into(),
            status_ids: Some(vec![StatusId(7)]),
            created_at: Time(1),
            overruled_at: None,
            appeal: None,
        };
        insert(&tx, &warning).expect("inserts");
        assert_eq!(by_id(&tx, WarningId(1)).expect("reads"), Some(warning.clone()));
        assert!(appealed(&tx, false, &Page::first(9)).expect("lists").is_empty());
        assert!(!decide(&tx, WarningId(1), true, mira, Time(3)).expect("nothing to decide"));
        assert!(appeal(&tx, WarningId(1), "sorry", Time(2)).expect("inserts"));
        assert!(!appeal(&tx, WarningId(1), "again", Time(2)).expect("once"));
        assert_eq!(appealed(&tx, true, &Page::first(9)).expect("lists").len(), 1);
        assert!(decide(&tx, WarningId(1), true, mira, Time(3)).expect("decides"));
        assert!(!decide(&tx, WarningId(1), false, mira, Time(4)).expect("once"));
        assert!(appealed(&tx, true, &Page::first(9)).expect("lists").is_empty());
        let rows = of(&tx, alice, &Page::first(9)).expect("lists");
        let decided = Appeal { text: "sorry".into(), created_at: Time(2), approved: Some(true) };
        assert_eq!(rows, [Warning { overruled_at: Some(Time(3)), appeal: Some(decided), ..warning }]);
    }
}
