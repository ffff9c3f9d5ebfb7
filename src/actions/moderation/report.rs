//! Telling moderators, ours and those of other servers, and what becomes of it.
//!
//! A report that is forwarded travels as a Flag of the server itself: nobody elsewhere learns who reported. What comes
//! in is kept for the people and posts in it that we know; the rest is ignored. Spec: rule R7,
//! https://docs.joinmastodon.org/methods/reports/

use std::time::Duration;

use serde_json::Value;

use crate::actions::border;
use crate::activitypub::{build, ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ReportId, StatusId};
use crate::store::accounts::{self, Account, INSTANCE};
use crate::store::reports::{self, CATEGORIES, Report};
use crate::store::statuses;
use crate::store::{Connection, Tx};
use crate::streams::Announcements;

use super::super::outbox::{self, Recipients};
use super::super::{about, account, plugin};
use super::{Staff, log, staff};
use crate::text::locale::Lang;

/// The longest comment of our own people, in characters.
const COMMENT: usize = 1000;
/// The longest comment that is kept of another server's.
const THEIRS: usize = 5000;
/// How many posts a report may name.
const POSTS: usize = 100;
/// How many reports one person may make in a day.
const A_DAY: i64 = 400;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A report of somebody here.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct New {
    pub target: AccountId,
    pub statuses: Vec<StatusId>,
    pub comment: String,
    /// `None`: found out from the rest.
    pub category: Option<String>,
    pub rules: Vec<i64>,
    /// Whether the servers concerned are told.
    pub forward: bool,
    /// Which of them; none: the target's own.
    pub domains: Vec<String>,
}

/// Files the report, tells the moderators, and forwards it if asked to.
pub async fn file(app: &App, me: &Account, new: New) -> Result<Report> {
    let rules = about::read(app, Lang::ENGLISH).await?.rules.len();
    check(&new, rules)?;
    if new.forward {
        Box::pin(plugin::judge_deed(app, me, plugin::Own::Flag(new.target, &new.comment))).await?;
    }
    let sender = account::ensure_instance_actor(app).await?;
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (report, told) = app.store.write(move |tx| write(tx, &deed, &sender, &me, new, now)).await?;
    told.announce(app);
    Ok(report)
}

fn check(new: &New, rules: usize) -> Result<()> {
    if new.comment.chars().count() > COMMENT {
        return Err(Error::invalid("comment", format!("is longer than {COMMENT} characters")));
    }
    if new.statuses.len() > POSTS {
        return Err(Error::invalid("status_ids", format!("are more than {POSTS}")));
    }
    check_rules(&new.rules, rules)?;
    new.category.as_deref().map_or(Ok(()), check_category)
}

fn check_category(category: &str) -> Result<()> {
    if CATEGORIES.contains(&category) {
        return Ok(());
    }
    Err(Error::invalid("category", format!("is one of {}", CATEGORIES.join(", "))))
}

fn check_rules(asked: &[i64], rules: usize) -> Result<()> {
    let known = |id: &i64| usize::try_from(*id).is_ok_and(|id| (1..=rules).contains(&id));
    if asked.iter().all(known) { Ok(()) } else { Err(Error::invalid("rule_ids", "does not reference valid rules")) }
}

/// Writes the report inside of another deed.
pub(in crate::actions) fn write(
    tx: &Tx,
    app: &App,
    sender: &Account,
    me: &Account,
    new: New,
    now: Time,
) -> Result<(Report, Announcements)> {
    let mut told = Announcements::default();
    let target = accounts::by_id(tx, new.target)?.filter(|account| account.id != INSTANCE);
    let gone = |account: &Account| account.suspended_at.is_some() || account.deleted_at.is_some();
    let target = target.filter(|account| !gone(account)).ok_or(Error::NotFound("account"))?;
    if reports::count_since(tx, me.id, now.minus(DAY))? >= A_DAY {
        return Err(Error::Limited { retry_after: DAY });
    }
    let mut addressed = Vec::new();
    for id in &new.statuses {
        let status = statuses::by_id(tx, *id)?.filter(|status| status.account_id == target.id);
        let status = status.ok_or(Error::NotFound("status"))?;
        if !statuses::may_see(tx, &status, Some(me.id))? {
            return Err(Error::NotFound("status"));
        }
        addressed.extend(status.in_reply_to_account_id);
    }
    let recipients = if new.forward { recipients(tx, &target, &addressed, &new.domains)? } else { Vec::new() };
    let id: ReportId = app.ids.next(now);
    let report = Report {
        id,
        uri: (!recipients.is_empty()).then(|| ids::flag(&sender.uri, id)),
        account_id: me.id,
        target_id: target.id,
        category: new.category.unwrap_or_else(|| if new.rules.is_empty() { "other" } else { "violation" }.to_owned()),
        comment: new.comment,
        status_ids: new.statuses,
        rule_ids: new.rules,
        forwarded: Some(recipients.contains(&target.id)),
        assigned_id: None,
        action_taken_at: None,
        action_taken_by_id: None,
        created_at: now,
        updated_at: now,
    };
    reports::insert(tx, &report)?;
    staff::reported(tx, app, me.id, id, now, &mut told)?;
    if let Some(uri) = &report.uri {
        let posts = statuses::by_ids(tx, &report.status_ids)?;
        let objects: Vec<&str> =
            std::iter::once(target.uri.as_str()).chain(posts.iter().map(|post| post.uri.as_str())).collect();
        let flag = build::flag(uri, &sender.uri, &target.uri, &objects, &report.comment);
        let to = Recipients { accounts: recipients, ..Recipients::one(target.id) };
        told.deliveries |= outbox::send(tx, app, sender, &flag, &to, now)?;
    }
    Ok((report, told))
}

/// Who gets the Flag: the target, and whom the reported posts answer, as far as their servers are among `domains`.
fn recipients(
    db: &Connection,
    target: &Account,
    addressed: &[AccountId],
    domains: &[String],
) -> Result<Vec<AccountId>> {
    let own = target.domain.clone().into_iter().collect::<Vec<_>>();
    let domains = if domains.is_empty() { &own } else { domains };
    let mut found: Vec<AccountId> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for account in std::iter::once(target.clone()).chain(accounts::by_ids(db, addressed)?) {
        let Some(domain) = account.domain.filter(|domain| domains.contains(domain)) else { continue };
        if !told.contains(&domain) {
            told.push(domain);
            found.push(account.id);
        }
    }
    Ok(found)
}

/// Takes in a Flag of `sender`; answers what became of it. `objects` are the ids in it.
pub async fn receive(
    app: &App,
    sender: &Account,
    uri: Option<String>,
    objects: Vec<String>,
    comment: String,
) -> Result<String> {
    let (now, sender, deed) = (app.clock.now(), sender.clone(), app.clone());
    let comment: String = comment.trim().chars().take(THEIRS).collect();
    let (count, told) = app
        .store
        .write(move |tx| {
            let mut told = Announcements::default();
            if unwelcome(tx, &sender)? {
                return Ok((None, told));
            }
            let cases = cases(tx, &objects)?;
            for (place, (target, posts)) in cases.iter().enumerate() {
                let id: ReportId = deed.ids.next(now);
                let report = Report {
                    id,
                    // The Flag is the id of the first: a repeated one is known by it.
                    uri: uri.clone().filter(|_| place == 0),
                    account_id: sender.id,
                    target_id: *target,
                    category: "other".to_owned(),
                    comment: comment.clone(),
                    status_ids: posts.clone(),
                    rule_ids: Vec::new(),
                    forwarded: None,
                    assigned_id: None,
                    action_taken_at: None,
                    action_taken_by_id: None,
                    created_at: now,
                    updated_at: now,
                };
                if !reports::insert(tx, &report)? {
                    return Ok((Some(0), told));
                }
                staff::reported(tx, &deed, sender.id, id, now, &mut told)?;
            }
            Ok((Some(cases.len()), told))
        })
        .await?;
    told.announce(app);
    Ok(match count {
        None => "ignored: reports of that server are not wanted".to_owned(),
        Some(0) => "ignored: nothing in it is new and ours to look at".to_owned(),
        Some(count) => format!("{count} people were reported"),
    })
}

/// The ids in the `object` of a Flag, which is an id, an object, or a list of both.
pub fn objects(flag: &Value) -> Vec<String> {
    let mut all = read::ids(flag, "object");
    all.truncate(POSTS + 1);
    all
}

/// Whether the reports of this sender's server are refused once and for all.
fn unwelcome(db: &Connection, sender: &Account) -> Result<bool> {
    Ok(border::standing_of(db, &sender.uri)?.no_reports)
}

/// Who is reported, with which posts: people of ours, and others whose posts answer people of ours.
fn cases(db: &Connection, objects: &[String]) -> Result<Vec<(AccountId, Vec<StatusId>)>> {
    let mut cases: Vec<(AccountId, Vec<StatusId>)> = Vec::new();
    let mut concerned: Vec<AccountId> = Vec::new();
    for uri in objects {
        let (person, post) = match accounts::by_uri(db, uri)? {
            Some(account) => (account.id, None),
            None => match statuses::by_uri_or_url(db, uri)?.filter(|status| status.reblog_of_id.is_none()) {
                Some(status) => {
                    let parent = status.in_reply_to_account_id.map_or(Ok(None), |id| accounts::by_id(db, id))?;
                    if parent.is_some_and(|parent| parent.is_local()) {
                        concerned.push(status.account_id);
                    }
                    (status.account_id, Some(status.id))
                }
                None => continue,
            },
        };
        let place = cases.iter().position(|(known, _)| *known == person).unwrap_or_else(|| {
            cases.push((person, Vec::new()));
            cases.len() - 1
        });
        cases[place].1.extend(post);
    }
    let people: Vec<AccountId> = cases.iter().map(|(person, _)| *person).collect();
    let people = accounts::by_ids(db, &people)?;
    let ours = |id: AccountId| {
        let found = people.iter().find(|account| account.id == id && account.suspended_at.is_none());
        found.is_some_and(|account| account.id != INSTANCE && (account.is_local() || concerned.contains(&id)))
    };
    cases.retain(|(person, _)| ours(*person));
    Ok(cases)
}

/// What can become of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The moderator takes it on.
    Assign,
    /// Nobody has taken it on.
    Unassign,
    /// It is closed.
    Resolve,
    /// It is open again.
    Reopen,
    /// What it is about; `None` leaves it.
    Sort {
        /// One of [`CATEGORIES`].
        category: Option<String>,
        /// Which rules were broken.
        rules: Option<Vec<i64>>,
    },
}

/// Changes a report; answers it as it is then.
pub async fn change(app: &App, by: Staff, id: ReportId, change: Change) -> Result<Report> {
    if let Change::Sort { category, rules } = &change {
        category.as_deref().map_or(Ok(()), check_category)?;
        check_rules(rules.as_deref().unwrap_or_default(), about::read(app, Lang::ENGLISH).await?.rules.len())?;
    }
    let now = app.clock.now();
    let written = app.store.write(move |tx| {
        let report = reports::by_id(tx, id)?.ok_or(Error::NotFound("report"))?;
        let (report, word) = match change {
            Change::Resolve if report.action_taken_at.is_none() => return close(tx, &by, report, now),
            Change::Resolve => return Ok(report),
            Change::Assign => (Report { assigned_id: Some(by.account.id), ..report }, "assign_report"),
            Change::Unassign => (Report { assigned_id: None, ..report }, "unassign_report"),
            Change::Reopen => (Report { action_taken_at: None, action_taken_by_id: None, ..report }, "reopen_report"),
            Change::Sort { category, rules } => {
                let rule_ids = rules.unwrap_or_else(|| report.rule_ids.clone());
                let category = category.unwrap_or_else(|| report.category.clone());
                (Report { category, rule_ids, ..report }, "update_report")
            }
        };
        keep(tx, &by, report, word, now)
    });
    written.await
}

/// Closes the report.
pub(super) fn close(tx: &Tx, by: &Staff, report: Report, now: Time) -> Result<Report> {
    let report = Report { action_taken_at: Some(now), action_taken_by_id: Some(by.account.id), ..report };
    keep(tx, by, report, "resolve_report", now)
}

fn keep(tx: &Tx, by: &Staff, report: Report, word: &str, now: Time) -> Result<Report> {
    let report = Report { updated_at: now, ..report };
    reports::update(tx, &report)?;
    let whom = accounts::by_id(tx, report.target_id)?.map(|account| account.uri).unwrap_or_default();
    log(tx, by, word, &whom, Some(report.id.to_string()), "", now)?;
    Ok(report)
}
