//! Wakes apps: takes pushes from the queue, seals them, hands them to the push services that the apps named.
//!
//! A row leaves the queue once the service took it, so a crash repeats at most what was under way. A service that says
//! no for good ends the subscription; another failure is tried again, five times in all, and nothing is told after two
//! days. Spec: RFC 8030 §5, RFC 8291, RFC 8292

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::actions::{about, push};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::outbound::{Request, Response};
use crate::store::push_subscriptions as subscriptions;
use crate::store::pushes::{self, Push};
use crate::streams::Happening;
use crate::text::locale::Lang;
use crate::webpush::{self, Fresh, Receiver};

/// How many pushes are under way at most.
const PLACES: usize = 16;
/// For the whole exchange with a push service.
const DEADLINE: Duration = Duration::from_secs(20);
/// Answers are hardly ever longer, and not used.
const ANSWER_LIMIT: usize = 64 * 1024;
/// What is older is no news.
const NEWS: Duration = Duration::from_secs(2 * 86_400);
/// How long to wait after each failure; when there is none left, the push is given up.
const WAITS: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3_600), Duration::from_secs(6 * 3_600)];
/// The longest sleep, should the machine's clock be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// How long the worker rests when the queue cannot be read.
const MISHAP: Duration = Duration::from_secs(60);

/// Sends pushes until `stop` is cancelled.
pub(super) fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut hearing = app.streams.subscribe();
        let mut worker = Worker::new(app);
        loop {
            let sleep = worker.fill().await.unwrap_or_else(|error| {
                tracing::error!(%error, "the queue of pushes cannot be read; trying again in a minute");
                MISHAP
            });
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = worker.running.join_next() => worker.ended(ended),
                () = news(&mut hearing) => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    })
}

/// Sends everything that is due by the app's clock; for tests and commands.
pub async fn run_until_idle(app: &App) -> Result<()> {
    let mut worker = Worker::new(app.clone());
    loop {
        worker.fill().await?;
        match worker.running.join_next().await {
            Some(ended) => worker.ended(ended),
            None => return Ok(()),
        }
    }
}

/// Waits until somebody is told something.
async fn news(hearing: &mut tokio::sync::broadcast::Receiver<Happening>) {
    loop {
        match hearing.recv().await {
            Ok(Happening::Notified { .. }) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

struct Worker {
    app: App,
    running: JoinSet<i64>,
    under_way: HashSet<i64>,
}

impl Worker {
    fn new(app: App) -> Self {
        Self { app, running: JoinSet::new(), under_way: HashSet::new() }
    }

    /// Fills the free places with what is due; answers how long there is nothing more to do.
    async fn fill(&mut self) -> Result<Duration> {
        let free = PLACES.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(LONGEST_SLEEP);
        }
        let (now, under_way) = (self.app.clock.now(), self.under_way.iter().copied().collect::<Vec<_>>());
        let read = self.app.store.read(move |db| {
            let due = pushes::due(db, now, &under_way, free)?;
            let known: Vec<i64> = under_way.into_iter().chain(due.iter().map(|push| push.id)).collect();
            Ok((due, pushes::next_time(db, &known)?))
        });
        let (due, next) = read.await?;
        for push in due {
            self.under_way.insert(push.id);
            let app = self.app.clone();
            self.running.spawn(async move {
                let id = push.id;
                if let Err(error) = carry_out(&app, push).await {
                    tracing::error!(%error, "the result of a push could not be kept");
                    // It stays in the queue; a short rest keeps it from being tried in a circle.
                    tokio::time::sleep(MISHAP).await;
                }
                id
            });
        }
        Ok(next.map_or(LONGEST_SLEEP, |next| next.since(now)).min(LONGEST_SLEEP))
    }

    fn ended(&mut self, ended: std::result::Result<i64, tokio::task::JoinError>) {
        match ended {
            Ok(id) => drop(self.under_way.remove(&id)),
            // Which one it was is not known: it stays under way, out of harm's way, until the next start.
            Err(error) => tracing::error!(%error, "a push panicked"),
        }
    }
}

/// What becomes of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It was taken, or there is nothing to send any more.
    Done,
    /// The service wants no more of this subscription.
    Unsubscribed,
    /// It may work later; after this long, if the service said so.
    Later(Option<Duration>),
}

async fn carry_out(app: &App, push: Push) -> Result<()> {
    let started = app.clock.now();
    let verdict = if started.since(push.notification.created_at) > NEWS {
        Verdict::Done
    } else {
        let answer = send(app, &push).await;
        if let Err(error) = &answer {
            tracing::debug!(%error, "a push was not sent");
        }
        judge(answer, app.clock.now())
    };
    let now = app.clock.now();
    let written = app.store.write(move |tx| match verdict {
        Verdict::Done => pushes::delete(tx, push.id),
        Verdict::Unsubscribed => subscriptions::delete_by_id(tx, push.subscription.id),
        Verdict::Later(asked) => match usize::try_from(push.attempts).ok().and_then(|at| WAITS.get(at)) {
            Some(wait) => pushes::postpone(tx, push.id, now.plus(asked.unwrap_or_default().max(*wait))),
            None => pushes::delete(tx, push.id),
        },
    });
    written.await
}

/// Any 4xx but 408 and 429 ends the subscription.
fn judge(answer: Result<Option<Response>>, now: Time) -> Verdict {
    match answer {
        Ok(None) => Verdict::Done,
        Ok(Some(response)) => match response.status {
            200..=299 => Verdict::Done,
            408 | 429 => Verdict::Later(response.retry_after(now)),
            400..=499 => Verdict::Unsubscribed,
            _ => Verdict::Later(response.retry_after(now)),
        },
        Err(error) if error.is_retryable() => Verdict::Later(None),
        Err(_) => Verdict::Done,
    }
}

/// Seals the push and sends it; `None`: what it tells of is gone.
async fn send(app: &App, push: &Push) -> Result<Option<Response>> {
    let (config, about) = (app.config.clone(), push.clone());
    let message = app.store.read(move |db| push::message(db, &config, &about)).await?;
    let Some(message) = message else { return Ok(None) };
    let url = Url::parse(&push.subscription.endpoint).map_err(|_| Error::NotFound("a usable push address"))?;
    let vapid = push::vapid(app).await?;
    let token = vapid.token(&url.origin().ascii_serialization(), &contact(app).await?, app.clock.now())?;
    let receiver = Receiver { public: push.subscription.p256dh.clone(), auth: push.subscription.auth.clone() };
    let mut fresh = Fresh { private: [0; 32], salt: [0; 16] };
    app.random.fill(&mut fresh.private);
    app.random.fill(&mut fresh.salt);
    let mut headers = vec![
        ("ttl", NEWS.as_secs().to_string()),
        ("urgency", "normal".to_owned()),
        ("unsubscribe-url", push::unsubscribe_url(&app.config, &push.subscription)),
    ];
    let body = if push.subscription.standard {
        headers.push(("content-encoding", "aes128gcm".to_owned()));
        headers.push(("authorization", format!("vapid t={token}, k={}", vapid.public())));
        webpush::seal(&receiver, &message, fresh)?
    } else {
        let sealed = webpush::seal_legacy(&receiver, &message, fresh)?;
        headers.push(("content-encoding", "aesgcm".to_owned()));
        headers.push(("encryption", format!("salt={}", sealed.salt)));
        headers.push(("crypto-key", format!("dh={};p256ecdsa={}", sealed.dh, vapid.public())));
        headers.push(("authorization", format!("WebPush {token}")));
        sealed.body
    };
    let request = Request {
        method: "POST",
        url,
        accept: "*/*",
        body: Some(("application/octet-stream", body.into())),
        headers,
        signed: None,
        redirects: 0,
        limit: ANSWER_LIMIT,
        deadline: DEADLINE,
    };
    app.outbound.send(request).await.map(Some)
}

/// Whom a push service may turn to: the contact address, or else the server itself. Spec: RFC 8292 §2.1
async fn contact(app: &App) -> Result<String> {
    let email = about::read(app, Lang::ENGLISH).await?.email;
    Ok(if email.is_empty() { app.config.url("/") } else { format!("mailto:{email}") })
}

#[cfg(test)]
mod tests;
