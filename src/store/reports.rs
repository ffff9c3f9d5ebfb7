//! What people and other servers told our moderators.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ReportId, StatusId};

/// The words for what a report is about.
pub const CATEGORIES: &[&str] = &["spam", "legal", "violation", "other"];

/// One row of `reports`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Report {
    pub id: ReportId,
    pub uri: Option<String>,
    pub account_id: AccountId,
    pub target_id: AccountId,
    pub category: String,
    pub comment: String,
    pub status_ids: Vec<StatusId>,
    pub rule_ids: Vec<i64>,
    pub forwarded: Option<bool>,
    pub assigned_id: Option<AccountId>,
    pub action_taken_at: Option<Time>,
    pub action_taken_by_id: Option<AccountId>,
    pub created_at: Time,
    pub updated_at: Time,
}

impl Report {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let list = |name: &str| -> rusqlite::Result<Vec<i64>> {
            Ok(serde_json::from_str(&row.get::<_, String>(name)?).unwrap_or_default())
        };
        Ok(Self {
            id: row.get("id")?,
            uri: row.get("uri")?,
            account_id: row.get("account_id")?,
            target_id: row.get("target_id")?,
            category: row.get("category")?,
            comment: row.get("comment")?,
            status_ids: list("status_ids")?.into_iter().map(StatusId).collect(),
            rule_ids: list("rule_ids")?,
            forwarded: row.get("forwarded")?,
            assigned_id: row.get("assigned_id")?,
            action_taken_at: row.get("action_taken_at")?,
            action_taken_by_id: row.get("action_taken_by_id")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

const COLUMNS: &str = "r.id, r.uri, r.account_id, r.target_id, r.category, r.comment, r.status_ids, r.rule_ids, \
    r.forwarded, r.assigned_id, r.action_taken_at, r.action_taken_by_id, r.created_at, r.updated_at";

/// Inserts the report; `false`: a Flag with this id is known.
pub fn insert(tx: &Tx, report: &Report) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO reports (id, uri, account_id, target_id, category, comment, status_ids, rule_ids, forwarded,
                 assigned_id, action_taken_at, action_taken_by_id, created_at, updated_at)
             VALUES (:id, :uri, :account, :target, :category, :comment, :statuses, :rules, :forwarded,
                 :assigned, :taken_at, :taken_by, :created_at, :updated_at) ON CONFLICT (uri) DO NOTHING",
        )?
        .execute(named_params! {
            ":id": report.id, ":uri": report.uri, ":account": report.account_id, ":target": report.target_id,
            ":category": report.category, ":comment": report.comment, ":statuses": json_list(&report.status_ids),
            ":rules": json_list(&report.rule_ids), ":forwarded": report.forwarded, ":assigned": report.assigned_id,
            ":taken_at": report.action_taken_at, ":taken_by": report.action_taken_by_id,
            ":created_at": report.created_at, ":updated_at": report.updated_at,
        })?;
    Ok(inserted > 0)
}

/// Stores what moderators may change: category, rules, assignment, and whether it is closed.
pub fn update(tx: &Tx, report: &Report) -> Result<()> {
    tx.prepare_cached(
        "UPDATE reports SET category = :category, rule_ids = :rules, assigned_id = :assigned,
             action_taken_at = :taken_at, action_taken_by_id = :taken_by, updated_at = :updated_at WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": report.id, ":category": report.category, ":rules": json_list(&report.rule_ids),
        ":assigned": report.assigned_id, ":taken_at": report.action_taken_at, ":taken_by": report.action_taken_by_id,
        ":updated_at": report.updated_at,
    })?;
    Ok(())
}

/// The report with this id.
pub fn by_id(db: &Connection, id: ReportId) -> Result<Option<Report>> {
    let sql = format!("SELECT {COLUMNS} FROM reports r WHERE r.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Report::from_row).optional()?)
}

/// The reports with these ids, in no order.
pub fn by_ids(db: &Connection, ids: &[ReportId]) -> Result<Vec<Report>> {
    let sql = format!("SELECT {COLUMNS} FROM reports r WHERE r.id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], Report::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The open reports about `target`.
pub fn open_about(db: &Connection, target: AccountId) -> Result<Vec<Report>> {
    let sql =
        format!("SELECT {COLUMNS} FROM reports r WHERE r.target_id = ?1 AND r.action_taken_at IS NULL ORDER BY r.id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([target], Report::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which reports a list shows; `None` means no restriction.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Whether they are closed.
    pub resolved: Option<bool>,
    /// Who reported.
    pub account: Option<AccountId>,
    /// Who was reported.
    pub target: Option<AccountId>,
}

/// The reports that the filter lets through, latest first.
pub fn list(db: &Connection, filter: Filter, page: &Page) -> Result<Vec<Report>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM reports r WHERE r.id < :below AND r.id > :above
           AND (:resolved IS NULL OR (r.action_taken_at IS NOT NULL) = :resolved)
           AND (:account IS NULL OR r.account_id = :account) AND (:target IS NULL OR r.target_id = :target)
         ORDER BY r.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":below": page.below(), ":above": page.above(), ":limit": page.limit, ":resolved": filter.resolved,
            ":account": filter.account, ":target": filter.target,
        },
        Report::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Everybody who reported `target`, each once: whoever hears of a change of it.
pub fn reporters_of(db: &Connection, target: AccountId) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached("SELECT DISTINCT account_id FROM reports WHERE target_id = ?1")?;
    let rows = statement.query_map([target], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many reports `account` made since `since`.
pub fn count_since(db: &Connection, account: AccountId, since: Time) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM reports WHERE account_id = ?1 AND created_at > ?2")?;
    Ok(statement.query_row(rusqlite::params![account, since], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn reports_are_listed_by_what_they_are_about() {
        let world = World::new();
        let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.remote("eve"));
        let tx = world.tx();
        let report = |id: i64, account, target, uri: Option<&str>| Report {
            id: ReportId(id),
            uri: uri.map(str::to_owned),
            account_id: account,
            target_id: target,
            category: "spam".into(),
            comment: "look".into(),
            status_ids: vec![StatusId(7)],
            rule_ids: vec![1, 2],
            forwarded: None,
            assigned_id: None,
            action_taken_at: None,
            action_taken_by_id: None,
            created_at: Time(id),
            updated_at: Time(id),
        };
        assert!(insert(&tx, &report(1, alice, bob, None)).expect("inserts"));
        assert!(insert(&tx, &report(2, eve, alice, Some("https://b.example/flags/1"))).expect("inserts"));
        assert!(!insert(&tx, &report(3, eve, alice, Some("https://b.example/flags/1"))).expect("is known"));
        let closed =
            Report { action_taken_at: Some(Time(9)), action_taken_by_id: Some(alice), ..report(1, alice, bob, None) };
        update(&tx, &closed).expect("updates");
        assert_eq!(by_id(&tx, ReportId(1)).expect("reads"), Some(closed));
        for (filter, expected) in [
            (Filter::default(), vec![2, 1]),
            (Filter { resolved: Some(true), ..Filter::default() }, vec![1]),
            (Filter { resolved: Some(false), ..Filter::default() }, vec![2]),
            (Filter { account: Some(eve), ..Filter::default() }, vec![2]),
            (Filter { target: Some(bob), ..Filter::default() }, vec![1]),
        ] {
            let found = list(&tx, filter, &Page::first(9)).expect("lists");
            assert_eq!(found.iter().map(|row| row.id.0).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        assert_eq!(open_about(&tx, alice).expect("reads").len(), 1);
        assert_eq!(reporters_of(&tx, alice).expect("reads"), [eve]);
        assert_eq!(count_since(&tx, alice, Time(0)).expect("counts"), 1);
    }
}
