//! The writer thread: closures in, one transaction for all that wait, answers after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::Tx;
use crate::error::{Error, Result};

/// How many closures may wait before senders wait themselves.
const WAITING: usize = 1024;
/// How many closures share a transaction at most, so that the first of them is not answered too late.
const GROUP: usize = 64;

/// Runs one closure inside the open transaction, and keeps its answer until the commit.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
/// Sends the kept answer; is told how the commit went.
type Answer = Box<dyn FnOnce(Result<(), &rusqlite::Error>) + Send>;

enum Message {
    Job(Job),
    Stop(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(super) struct Writer {
    sender: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let commits = Arc::new(AtomicU64::new(0));
        let counter = commits.clone();
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || work(&connection, receiver, &counter))
            .expect("the system can start a thread");
        Self { sender, thread: Mutex::new(Some(thread)), commits }
    }

    /// How many transactions were committed.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, work);
            Box::new(move |commit| {
                let answer = match commit {
                    Ok(()) => result,
                    Err(error) => result.and(Err(Error::Store(copy_of(error)))),
                };
                // The caller may have gone; what it asked for is done all the same.
                let _ = sender.send(answer);
            })
        });
        let stopped = || Error::Busy { why: "the server is stopping", retry_after: std::time::Duration::from_secs(5) };
        self.sender.send(Message::Job(job)).await.map_err(|_| stopped())?;
        receiver.await.map_err(|_| stopped())?
    }

    pub(super) async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.sender.send(Message::Stop(sender)).await.is_ok() {
            let _ = receiver.await;
        }
        let thread = self.thread.lock().expect("no holder panics").take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn work(connection: &Connection, mut receiver: mpsc::Receiver<Message>, commits: &AtomicU64) {
    while let Some(first) = receiver.blocking_recv() {
        let mut stop = None;
        let mut answers = Vec::new();
        let mut next = Some(first);
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        while let Some(message) = next {
            match message {
                Message::Job(job) => answers.push(job(connection)),
                Message::Stop(sender) => {
                    stop = Some(sender);
                    break;
                }
            }
            next = if answers.len() < GROUP { receiver.try_recv().ok() } else { None };
        }
        let commit = begun.and_then(|()| connection.execute_batch("COMMIT"));
        if let Err(error) = &commit {
            tracing::error!(%error, "the database refused a commit; nothing of it was kept");
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
        // Before the answers: whoever heard of a change finds no document from before it.
        commits.fetch_add(1, Ordering::Release);
        for answer in answers {
            answer(match &commit {
                Ok(()) => Ok(()),
                Err(error) => Err(error),
            });
        }
        if let Some(sender) = stop {
            // Best effort: the log is replayed at the next start anyway.
            let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
            let _ = sender.send(());
            return;
        }
    }
}

fn in_savepoint<T>(connection: &Connection, work: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
    if connection.is_autocommit() {
        return Err(Error::Busy {
            why: "the database cannot be written now",
            retry_after: std::time::Duration::from_secs(5),
        });
    }
    connection.execute_batch("SAVEPOINT deed")?;
    let result = catch_unwind(AssertUnwindSafe(|| work(&Tx(connection))))
        .unwrap_or_else(|_| Err(Error::Bug("a write panicked; it was rolled back".into())));
    let end = if result.is_ok() { "RELEASE deed" } else { "ROLLBACK TO deed; RELEASE deed" };
    match connection.execute_batch(end) {
        Ok(()) => result,
        Err(error) => result.and(Err(error.into())),
    }
}

/// The commit's error for each closure of the group (rusqlite errors cannot be cloned).
fn copy_of(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => rusqlite::Error::SqliteFailure(*code, message.clone()),
        other => rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(1), Some(other.to_string())),
    }
}
