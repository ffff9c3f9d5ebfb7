//! What moderators do to people: each act has its effect, closes the reports about them, tells them, and is logged.
//!
//! Nobody acts on an equal or higher role. Spec: https://docs.joinmastodon.org/methods/admin/accounts/

pub mod appeal;
pub mod effects;
pub mod erase;
pub mod join;
pub mod report;
pub mod severance;
pub mod staff;
pub mod statuses;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ReportId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::moderation::{self, Entry};
use crate::store::warnings::{self, Warning};
use crate::store::{Tx, reports, users};
use crate::streams::Announcements;
use crate::text::locale::Lang;

use super::mail::{self, Message};
use super::notify;
use super::role::{self, Role};

/// A moderator at work.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Who.
    pub account: Account,
    /// With what power.
    pub role: Role,
}

/// What can be done to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Nothing but words.
    None,
    /// They cannot sign in.
    Disable,
    /// Some of their posts are marked as sensitive.
    MarkStatuses,
    /// Some of their posts are deleted.
    DeleteStatuses,
    /// All that they post is shown as sensitive.
    Sensitive,
    /// They are hidden from those who do not follow them.
    Silence,
    /// They are gone.
    Suspend,
}

impl Measure {
    /// As the client API calls it, and as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Disable => "disable",
            Self::MarkStatuses => "mark_statuses_as_sensitive",
            Self::DeleteStatuses => "delete_statuses",
            Self::Sensitive => "sensitive",
            Self::Silence => "silence",
            Self::Suspend => "suspend",
        }
    }

    /// The measure against an account that is called so.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::None, Self::Disable, Self::Sensitive, Self::Silence, Self::Suspend]
            .into_iter()
            .find(|measure| measure.as_str() == word)
    }
}

/// Something to do to somebody.
#[derive(Debug, Clone)]
pub struct Act {
    /// What.
    pub measure: Measure,
    /// What they are told.
    pub text: String,
    /// The report that led to it; it is closed. Any other measure than words closes all reports about them.
    pub report: Option<ReportId>,
    /// Whether they are also told by mail.
    pub mail: bool,
}

/// Something that can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// They can sign in again.
    Enable,
    /// They are shown to everybody again.
    Unsilence,
    /// They are back.
    Unsuspend,
    /// What they post is as sensitive as they say.
    Unsensitive,
}

impl Lift {
    fn as_str(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Unsilence => "unsilence",
            Self::Unsuspend => "unsuspend",
            Self::Unsensitive => "unsensitive",
        }
    }
}

/// Carries out the act.
pub async fn act(app: &App, staff: Staff, target: AccountId, act: Act) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            let target = subject(tx, &staff, target)?;
            let report = act.report.map(|id| reports::by_id(tx, id)?.ok_or(Error::NotFound("report"))).transpose()?;
            if report.as_ref().is_some_and(|report| report.target_id != target.id) {
                return Err(Error::NotFound("report"));
            }
            let mut told = measure(tx, &deed, &target, act.measure, now)?;
            let words = Told { measure: act.measure, text: &act.text, report: act.report, posts: None, mail: act.mail };
            warn(tx, &deed, &staff, &target, words, now, &mut told)?;
            let closing = match act.measure {
                Measure::None => report.into_iter().collect(),
                _ => reports::open_about(tx, target.id)?,
            };
            for report in closing {
                report::close(tx, &staff, report, now)?;
            }
            log(tx, &staff, act.measure.as_str(), &target.uri, None, &act.text, now)?;
            Ok(told)
        })
        .await?;
    told.announce(app);
    Ok(())
}

/// Takes a measure back.
pub async fn lift(app: &App, staff: Staff, target: AccountId, lift: Lift) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            let target = subject(tx, &staff, target)?;
            let told = write_lift(tx, &deed, &target, lift, now)?;
            log(tx, &staff, lift.as_str(), &target.uri, None, "", now)?;
            Ok(told)
        })
        .await?;
    told.announce(app);
    Ok(())
}

/// What `measure` does to the account itself; measures against posts do nothing to it.
fn measure(tx: &Tx, app: &App, target: &Account, measure: Measure, now: Time) -> Result<Announcements> {
    match measure {
        Measure::None | Measure::MarkStatuses | Measure::DeleteStatuses => Ok(Announcements::default()),
        Measure::Disable => effects::disable(tx, target, now),
        Measure::Sensitive => effects::sensitize(tx, target, now),
        Measure::Silence => effects::silence(tx, target, now),
        Measure::Suspend => effects::suspend(tx, app, target, now),
    }
}

fn write_lift(tx: &Tx, app: &App, target: &Account, lift: Lift, now: Time) -> Result<Announcements> {
    match lift {
        Lift::Enable => effects::enable(tx, target),
        Lift::Unsilence => effects::unsilence(tx, target),
        Lift::Unsuspend => effects::unsuspend(tx, app, target, now),
        Lift::Unsensitive => effects::unsensitize(tx, target),
    }
}

/// The account, if `staff` may act on it: it is not the server's own, not deleted, and of a lower role.
fn subject(tx: &Tx, staff: &Staff, target: AccountId) -> Result<Account> {
    let target = accounts::by_id(tx, target)?.filter(|account| account.id != accounts::INSTANCE);
    let target = target.filter(|account| account.deleted_at.is_none()).ok_or(Error::NotFound("account"))?;
    let role = users::by_account(tx, target.id)?.map_or(Role::Member, |user| role::of(&user));
    if target.id == staff.account.id || (target.is_local() && role >= staff.role) {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    Ok(target)
}

/// What somebody is told of what was done.
struct Told<'a> {
    measure: Measure,
    text: &'a str,
    report: Option<ReportId>,
    posts: Option<Vec<StatusId>>,
    mail: bool,
}

/// Keeps the warning and tells the person, if they live here.
fn warn(
    tx: &Tx,
    app: &App,
    staff: &Staff,
    target: &Account,
    words: Told<'_>,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    let warning = Warning {
        id: app.ids.next(now),
        target_id: target.id,
        account_id: Some(staff.account.id),
        report_id: words.report,
        action: words.measure.as_str().to_owned(),
        text: words.text.to_owned(),
        status_ids: words.posts,
        created_at: now,
        overruled_at: None,
        appeal: None,
    };
    warnings::insert(tx, &warning)?;
    if target.is_local() {
        notify::tell_about(tx, app, "moderation_warning", target.id, target.id, warning.id.0, now, told)?;
        if words.mail {
            mail_warning(tx, app, target, &warning, told)?;
        }
    }
    Ok(())
}

/// Puts a warning into the queue of mails, in the language of whom it is for.
fn mail_warning(tx: &Tx, app: &App, target: &Account, warning: &Warning, told: &mut Announcements) -> Result<()> {
    let Some(user) = users::by_account(tx, target.id)? else { return Ok(()) };
    let lang = Lang::find(&user.locale).unwrap_or_default();
    let subject = lang.t(text_of(&warning.action)).to_owned();
    let paragraphs = [subject.clone(), warning.text.clone()].into_iter().filter(|text| !text.is_empty()).collect();
    told.mails |= mail::queue(tx, app, &user, Message::Notice { subject, paragraphs, link: None })?;
    Ok(())
}

/// The text that says what was done to somebody.
pub fn text_of(action: &str) -> &'static str {
    match action {
        "disable" => "warning.disable",
        "mark_statuses_as_sensitive" => "warning.mark_statuses",
        "delete_statuses" => "warning.delete_statuses",
        "sensitive" => "warning.sensitive",
        "silence" => "warning.silence",
        "suspend" => "warning.suspend",
        _ => "warning.none",
    }
}

/// Notes in the moderation log who did what to whom.
fn log(tx: &Tx, staff: &Staff, action: &str, whom: &str, what: Option<String>, why: &str, at: Time) -> Result<()> {
    moderation::insert(
        tx,
        &Entry {
            at,
            source: format!("account:{}", staff.account.id),
            action: action.to_owned(),
            direction: "local".to_owned(),
            actor_uri: whom.to_owned(),
            object_uri: what,
            reason: why.to_owned(),
            excerpt: String::new(),
        },
    )
}
