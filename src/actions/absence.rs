//! Actors whose server does not find them any more. Spec: rule P7
//!
//! 410 or a Tombstone freezes an actor: nothing is asked of or sent to it for a day; if it is still gone then, all that is
//! theirs is deleted. 404 may be a mishap: it takes three of them over seven days. 401 and 403 mean nothing.

use std::time::Duration;

use crate::activitypub::read;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::AccountId;
use crate::store::absences::{self, Absence};
use crate::store::accounts::{self, Account};
use crate::store::{Tx, tombstones};

use super::fetch::{self, Budget};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a missing actor must have been missing.
const MISSING: Duration = DAY.saturating_mul(7);
/// How often it must have been missed.
const HITS: i64 = 3;
/// Actors asked for in one go.
const STEP: usize = 50;

/// What a server said when it was asked for an actor of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Here it is.
    Found,
    /// 410 or a Tombstone.
    Gone,
    /// 404.
    Missing,
    /// 401, 403 or something that is no answer to the question.
    Withheld,
    /// None at all.
    Silent,
}

impl Answer {
    pub(super) fn of<T>(result: &Result<T>) -> Self {
        match result {
            Ok(_) => Self::Found,
            Err(Error::Gone(_)) => Self::Gone,
            Err(Error::Peer { fault: Fault::Status { code: 410, .. }, .. }) => Self::Gone,
            Err(Error::Peer { fault: Fault::Status { code: 404, .. }, .. }) => Self::Missing,
            Err(error) if error.is_retryable() => Self::Silent,
            Err(_) => Self::Withheld,
        }
    }
}

/// What becomes of the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Waits(Absence),
    Purged,
}

fn decide(before: Option<Absence>, account: AccountId, answer: Answer, now: Time) -> Fate {
    let first = Absence { account_id: account, gone: false, hits: 1, first_at: now, next_at: now.plus(DAY) };
    match (answer, before) {
        (Answer::Found | Answer::Withheld, _) => Fate::Kept,
        (Answer::Silent, Some(before)) => Fate::Waits(Absence { next_at: now.plus(DAY), ..before }),
        (Answer::Silent, None) => Fate::Kept,
        (Answer::Gone, Some(before)) if before.gone && now.since(before.first_at) >= DAY => Fate::Purged,
        (Answer::Gone, Some(before)) if before.gone => Fate::Waits(before),
        (Answer::Gone, _) => Fate::Waits(Absence { gone: true, ..first }),
        // Gone first and missing then, or missed after somebody said that it is gone (rule P6).
        (Answer::Missing, Some(before)) if before.gone && now.since(before.first_at) >= DAY => Fate::Purged,
        (Answer::Missing, Some(before)) if before.gone => Fate::Waits(Absence { next_at: now.plus(DAY), ..before }),
        (Answer::Missing, Some(before)) => {
            let hits = before.hits + 1;
            if hits >= HITS && now.since(before.first_at) >= MISSING {
                return Fate::Purged;
            }
            // Three in a row: at once, after half of the time, and at its end.
            let next_at = now.plus(MISSING / 2);
            // Asked for other reasons meanwhile: that counts once a day at most.
            if now < before.next_at { Fate::Waits(before) } else { Fate::Waits(Absence { hits, next_at, ..before }) }
        }
        (Answer::Missing, None) => Fate::Waits(Absence { next_at: now.plus(MISSING / 2), ..first }),
    }
}

/// Notes what a server said about an actor of its own that we know.
pub(super) async fn noted(app: &App, account: &Account, answer: Answer) -> Result<()> {
    if account.is_local() {
        return Ok(());
    }
    let (id, uri, now) = (account.id, account.uri.clone(), app.clock.now());
    let before = app.store.read(move |db| absences::of(db, id)).await?;
    if before.is_none() && !matches!(answer, Answer::Gone | Answer::Missing) {
        return Ok(());
    }
    app.store.write(move |tx| write(tx, id, &uri, answer, now)).await
}

fn write(tx: &Tx, account: AccountId, uri: &str, answer: Answer, now: Time) -> Result<()> {
    match decide(absences::of(tx, account)?, account, answer, now) {
        Fate::Kept => absences::clear(tx, account),
        Fate::Waits(absence) => absences::put(tx, &absence),
        Fate::Purged => purge(tx, account, uri, now),
    }
}

/// Deletes a remote actor with all that is theirs; a tombstone stays.
pub fn purge(tx: &Tx, account: AccountId, uri: &str, now: Time) -> Result<()> {
    accounts::delete_remote(tx, account)?;
    tombstones::insert(tx, uri, uri, now)
}

/// Somebody says that the known actor `account` deleted itself, and nothing proves it any more: its server is asked soon.
pub async fn suspected(app: &App, account: &Account) -> Result<()> {
    let now = app.clock.now();
    // As if it had been gone for a day: one confirmation is enough.
    let absence = Absence { account_id: account.id, gone: true, hits: 1, first_at: now.minus(DAY), next_at: now };
    app.store.write(move |tx| absences::put(tx, &absence)).await
}

/// Asks again for those whose time has come. Answers how many.
pub async fn recheck(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = app
        .store
        .read(move |db| {
            let due = absences::due(db, now, STEP)?;
            due.iter()
                .filter_map(|absence| accounts::by_id(db, absence.account_id).transpose())
                .collect::<Result<Vec<_>>>()
        })
        .await?;
    for account in &due {
        let result = document(app, &account.uri).await;
        let (answer, id, uri) = (Answer::of(&result), account.id, account.uri.clone());
        app.store.write(move |tx| write(tx, id, &uri, answer, now)).await?;
    }
    Ok(due.len())
}

async fn document(app: &App, uri: &str) -> Result<()> {
    let document = fetch::document(app, uri, &mut Budget::default()).await?;
    if read::kind(&document, &["Tombstone"]).is_some() { Err(Error::Gone("account")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_gone_freezes_then_purges_and_missing_takes_three_over_a_week() {
        let (id, start) = (AccountId(2), Time(1_000_000_000_000));
        let at = |hours: u64| start.plus(Duration::from_secs(hours * 3600));
        let run = |steps: &[(u64, Answer)]| {
            let mut row = None;
            let mut fates = Vec::new();
            for (hours, answer) in steps {
                let fate = decide(row, id, *answer, at(*hours));
                row = match fate {
                    Fate::Waits(absence) => Some(absence),
                    Fate::Kept | Fate::Purged => None,
                };
                fates.push(match fate {
                    Fate::Kept => "kept",
                    Fate::Waits(absence) if absence.gone => "frozen",
                    Fate::Waits(_) => "waits",
                    Fate::Purged => "purged",
                });
            }
            fates.join(" ")
        };
        use Answer::{Found, Gone, Missing, Silent, Withheld};
        for (steps, expected) in [
            (&[(0, Gone), (24, Gone)][..], "frozen purged"),
            (&[(0, Gone), (1, Gone), (24, Gone)], "frozen frozen purged"),
            (&[(0, Gone), (24, Found), (48, Gone)], "frozen kept frozen"),
            (&[(0, Gone), (24, Silent), (48, Gone)], "frozen frozen purged"),
            (&[(0, Gone), (12, Missing), (24, Missing)], "frozen frozen purged"),
            (&[(0, Missing)], "waits"),
            (&[(0, Missing), (84, Missing), (168, Missing)], "waits waits purged"),
            (&[(0, Missing), (1, Missing), (2, Missing), (3, Missing)], "waits waits waits waits"),
            (&[(0, Missing), (84, Found), (168, Missing), (252, Missing)], "waits kept waits waits"),
            (&[(0, Withheld)], "kept"),
            (&[(0, Missing), (84, Withheld)], "waits kept"),
            (&[(0, Silent)], "kept"),
        ] {
            assert_eq!(run(steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn p7_what_a_server_says_is_told_apart() {
        let status = |code| Err::<(), _>(Error::peer("b.example", Fault::Status { code, retry_after: None }));
        for (result, expected) in [
            (Ok(()), Answer::Found),
            (status(410), Answer::Gone),
            (Err(Error::Gone("account")), Answer::Gone),
            (status(404), Answer::Missing),
            (status(401), Answer::Withheld),
            (status(403), Answer::Withheld),
            (status(503), Answer::Silent),
            (Err(Error::peer("b.example", Fault::Unreachable("timed out".into()))), Answer::Silent),
        ] {
            assert_eq!(Answer::of(&result), expected, "{result:?}");
        }
    }
}
