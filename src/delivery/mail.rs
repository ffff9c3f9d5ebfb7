//! Sends mail: one at a time, the most urgent first, at the pace that the settings allow.
//!
//! A row is marked as sent once the server took it, so a crash repeats at most the one under way, under the same
//! Message-ID. A server that is gone or busy rests the whole queue (5, 15, then 60 minutes); a mail that is not wanted now
//! is tried again after 7.5 minutes, doubling up to 16 hours, and then given up; one that is never wanted is given up at
//! once. Nothing is sent that is older than three days.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actions::mail;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::outbound::mail::{Letter, Refusal, send};
use crate::store::mails::{self, Mail};

/// How long the queue rests after each failure of the server in a row; the last one stays.
const RESTS: [Duration; 3] = [Duration::from_secs(5 * 60), Duration::from_secs(15 * 60), Duration::from_secs(60 * 60)];
/// How long one mail waits after its first failure; each time twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(450);
/// How often one mail is tried: the last wait is 16 hours.
const TRIES: i64 = 9;
/// What is older would only astonish.
const STALE: Duration = Duration::from_secs(3 * 86_400);
/// The longest sleep, should somebody forget to ring, or the machine's clock be set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Sends mail until `stop` is cancelled.
pub(super) fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        if app.config.mail.is_none() {
            return;
        }
        let mut worker = Worker::new(app);
        loop {
            // Not broken off when the server stops: a mail that left but was not noted would be sent twice.
            let sleep = worker.step().await.unwrap_or_else(|error| {
                tracing::error!(%error, "the queue of mail cannot be used; trying again in a minute");
                LONGEST_SLEEP
            });
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = worker.app.mails_waiting.notified() => {}
                () = tokio::time::sleep(sleep.min(LONGEST_SLEEP)) => {}
            }
        }
    })
}

/// Sends everything that is due and allowed by the app's clock; for tests and commands. Answers how many were taken.
pub async fn run_until_idle(app: &App) -> Result<usize> {
    let mut worker = Worker::new(app.clone());
    while worker.step().await?.is_zero() {}
    Ok(worker.sent)
}

struct Worker {
    app: App,
    /// Failures of the server in a row.
    failures: usize,
    /// Nothing is sent before.
    rests_until: Option<Time>,
    sent: usize,
}

impl Worker {
    fn new(app: App) -> Self {
        Self { app, failures: 0, rests_until: None, sent: 0 }
    }

    /// Sends one mail if one may be sent now; answers how long there is nothing more to do.
    async fn step(&mut self) -> Result<Duration> {
        let now = self.app.clock.now();
        if let Some(until) = self.rests_until.filter(|until| *until > now) {
            return Ok(until.since(now));
        }
        let read = self.app.store.read(move |db| {
            let since = |seconds| mails::sent_since(db, now.minus(Duration::from_secs(seconds)));
            let rest = mail::rest(mail::pace(db)?, [since(60)?, since(3_600)?, since(86_400)?], now);
            Ok((mails::next(db, now)?, mails::next_time(db)?, rest))
        });
        let (next, next_time, rest) = read.await?;
        let Some(mail) = next else {
            return Ok(next_time.map_or(LONGEST_SLEEP, |at| at.since(now)).max(Duration::from_millis(1)));
        };
        if now.since(mail.created_at) > STALE {
            self.app.store.write(move |tx| mails::dropped(tx, mail.id, "too old", now)).await?;
            return Ok(Duration::ZERO);
        }
        if let Some(rest) = rest {
            return Ok(rest);
        }
        let Some(server) = self.app.config.mail.clone() else { return Ok(LONGEST_SLEEP) };
        let taken = send(&server, letter(&self.app, &mail)).await;
        self.note(mail, taken).await
    }

    async fn note(&mut self, mail: Mail, taken: Result<(), Refusal>) -> Result<Duration> {
        let (now, id) = (self.app.clock.now(), mail.id);
        let (taken_well, server_failed) = (taken.is_ok(), matches!(taken, Err(Refusal::Server(_))));
        let written = self.app.store.write(move |tx| match taken {
            Ok(()) => mails::sent(tx, id, now),
            Err(Refusal::Server(why)) => {
                tracing::warn!(why, "the mail server takes nothing; the queue rests");
                mails::postpone(tx, id, now, &why, false)
            }
            Err(Refusal::Later(why)) if mail.attempts + 1 < TRIES => {
                tracing::debug!(why, mail.id = id, "a mail is tried again later");
                mails::postpone(tx, id, now.plus(wait(mail.attempts)), &why, true)
            }
            Err(refusal) => {
                tracing::warn!(why = refusal.why(), mail.id = id, "a mail was given up");
                mails::dropped(tx, id, refusal.why(), now)
            }
        });
        let kept = written.await;
        if server_failed || kept.is_err() {
            let rest = RESTS[self.failures.min(RESTS.len() - 1)];
            self.failures += 1;
            self.rests_until = Some(now.plus(rest));
            kept?;
            return Ok(rest);
        }
        (self.failures, self.rests_until) = (0, None);
        self.sent += usize::from(taken_well);
        Ok(Duration::ZERO)
    }
}

fn wait(attempts: i64) -> Duration {
    FIRST_WAIT * 2_u32.pow(u32::try_from(attempts).unwrap_or(0).min(7))
}

fn letter(app: &App, mail: &Mail) -> Letter {
    Letter {
        id: format!("mail.{}.{}", mail.id, mail.created_at.0),
        host: app.config.domain.clone(),
        to: mail.recipient.clone(),
        subject: mail.subject.clone(),
        text: mail.body.clone(),
        html: mail.html.clone(),
        date: mail.created_at,
    }
}

#[cfg(test)]
mod tests;
