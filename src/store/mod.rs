//! SQLite: one writer thread with group commit, read-only connections beside it, one file per table.
//!
//! [`Store::write`] sends a closure to the writer thread. The thread runs it inside a savepoint of one shared
//! transaction, commits as soon as no closure waits (or 64 ran), and only then answers: whoever got `Ok` can pull the
//! plug. [`Store::read`] borrows a read-only connection on a blocking thread. Nothing here knows a socket, and only this
//! folder names `rusqlite` (with the one `#[from]` in `error.rs`).

mod connection;
mod migrate;
mod sql;
mod writer;

pub mod absences;
pub mod accounts;
pub mod actor_judgements;
pub mod admin_accounts;
pub mod announcements;
pub mod apps;
pub mod async_refreshes;
pub mod audiences;
pub mod backfills;
pub mod block_lists;
pub mod blocks;
pub mod bookmarks;
pub mod bot_events;
pub mod bot_timers;
pub mod bots;
pub mod cards;
pub mod collections;
pub mod conversation_mutes;
pub mod conversations;
#[cfg(test)]
pub(crate) mod counting;
pub mod custom_emojis;
pub mod deliveries;
pub mod departures;
pub mod domain_allows;
pub mod domain_blocks;
pub mod edits;
pub mod email_blocks;
pub mod endorsements;
pub mod events;
pub mod expiries;
pub mod favourites;
pub mod featured_tags;
pub mod filters;
pub mod follow_syncs;
pub mod follows;
pub mod formats;
pub mod held;
pub mod idempotency;
pub mod inbox;
pub mod interactions;
pub mod invites;
pub mod ip_blocks;
pub mod keys;
pub mod link_checks;
pub mod links;
pub mod lists;
pub mod mails;
pub mod markers;
pub mod measures;
pub mod media;
pub mod media_cache;
pub mod media_work;
pub mod memberships;
pub mod mentions;
pub mod moderation;
pub mod moves;
pub mod mutes;
pub mod notes;
pub mod notification_groups;
pub mod notification_policies;
pub mod notification_requests;
pub mod notifications;
pub mod one_time_codes;
pub mod oversight;
pub mod page;
pub mod passkeys;
pub mod peer_software;
pub mod peers;
pub mod pending_arrivals;
pub mod pending_posts;
pub mod people;
pub mod pins;
pub mod plans;
pub mod plugin_choices;
pub mod plugin_kv;
pub mod plugin_verdicts;
pub mod plugins;
pub mod polls;
pub mod profile_shows;
pub mod purge;
pub mod push_subscriptions;
pub mod pushes;
pub mod quote_policies;
pub mod quote_stamps;
pub mod quotes;
pub mod reactions;
pub mod relationships;
pub mod relays;
pub mod replay;
pub mod reports;
pub mod reviews;
pub mod scheduled;
pub mod search;
pub mod search_waiting;
mod seen;
pub mod sessions;
pub mod settings;
pub mod settings_history;
pub mod severances;
pub mod status_search;
pub mod statuses;
pub mod suggestions;
pub mod suspensions;
pub mod tag_follows;
pub mod tags;
pub mod terms;
#[cfg(test)]
pub(crate) mod testing;
pub mod threads;
pub mod timelines;
pub mod tokens;
pub mod tombstones;
pub mod translations;
pub mod trends;
pub mod user_domain_blocks;
pub mod user_ips;
pub mod users;
pub mod visits;
pub mod warnings;
pub mod word_lists;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use connection::Tx;
pub use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};
use writer::Writer;

/// The name of the database in the data folder.
pub const DATABASE: &str = "nagaya.db";

/// The database of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    path: PathBuf,
    /// Every statement that was run.
    #[cfg(test)]
    pub(crate) statements: counting::Statements,
    /// Held for as long as we live: a second process on the same folder is refused.
    _lock: File,
}

impl Store {
    /// Opens (or creates) the database in `folder`, migrates it and starts the writer thread.
    ///
    /// Fails with one clear sentence when the folder cannot be written, another process uses it, or the database was
    /// written by a newer nagaya.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(Error::io(format!("cannot create the data folder {}", folder.display())))?;
        let lock = lock(folder)?;
        let path = folder.join(DATABASE);
        let mut connection = connection::open_writer(&path)?;
        migrate::run(&mut connection)?;
        let count = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let readers = (0..count).map(|_| connection::open_reader(&path)).collect::<Result<Vec<_>>>()?;
        #[cfg(test)]
        let (statements, readers, connection) = counting::watch(readers, connection)?;
        Ok(Self(Arc::new(Inner {
            writer: Writer::start(connection),
            readers: Mutex::new(readers),
            permits: Arc::new(Semaphore::new(count)),
            #[cfg(test)]
            statements,
            path,
            _lock: lock,
        })))
    }

    /// Runs `work` in the writer's transaction and answers once it is durable.
    ///
    /// An error from `work` rolls back what it did, and nothing else. A dropped caller does not undo a started write.
    pub async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Tx) -> Result<T> + Send + 'static) -> Result<T> {
        self.0.writer.run(work).await
    }

    /// Runs `work` on a read-only connection.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit =
            self.0.permits.clone().acquire_owned().await.map_err(|_| Error::Bug("reader pool closed".into()))?;
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Held until the query ends, even when nobody waits for its answer any more.
            let _permit = permit;
            let reader = inner.readers.lock().expect("no holder panics").pop();
            let reader = reader.map_or_else(|| connection::open_reader(&inner.path), Ok)?;
            let answer = work(&reader);
            inner.readers.lock().expect("no holder panics").push(reader);
            answer
        });
        done.await.map_err(|panic| Error::Bug(format!("a query panicked: {panic}")))?
    }

    /// Commits what was sent so far, moves the log into the database file and stops the writer.
    pub async fn close(&self) {
        self.0.writer.stop().await;
    }

    /// Every statement that was run.
    #[cfg(test)]
    pub(crate) fn statements(&self) -> &counting::Statements {
        &self.0.statements
    }

    /// Counts the commits: while it stands, what was read is still true.
    pub fn version(&self) -> u64 {
        self.0.writer.commits()
    }

    /// Where the database file lies.
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("nagaya.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::io(format!("the data folder {} is not writable", folder.display())))?;
    file.try_lock().map_err(|_| {
        Error::Conflict(format!(
            "another nagaya is already using the data folder {}; stop it first, or choose another folder with --data",
            folder.display()
        ))
    })?;
    Ok(file)
}

/// A migrated database in memory, for the tests of one query.
#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let mut database = Connection::open_in_memory().expect("opens");
    connection::tests_prepare(&database);
    migrate::run(&mut database).expect("migrates");
    database
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        (folder, store)
    }

    #[tokio::test]
    async fn an_error_rolls_back_its_own_closure_and_no_other() {
        let (_folder, store) = open();
        let good = store.write(|tx| settings::set(tx, "a", "1"));
        let bad = store.write(|tx| {
            settings::set(tx, "b", "2")?;
            Err::<(), _>(Error::NotFound("anything"))
        });
        let panics = store.write(|tx| -> Result<()> {
            settings::set(tx, "c", "3")?;
            panic!("on purpose")
        });
        let (good, bad, panics) = tokio::join!(good, bad, panics);
        good.expect("commits");
        assert!(matches!(bad, Err(Error::NotFound(_))));
        assert!(matches!(panics, Err(Error::Bug(_))));
        let seen = store
            .read(|db| Ok([settings::get(db, "a")?, settings::get(db, "b")?, settings::get(db, "c")?]))
            .await
            .expect("reads");
        assert_eq!(seen, [Some("1".to_owned()), None, None]);
    }

    #[tokio::test]
    async fn a_second_process_on_the_folder_is_refused() {
        let (folder, _store) = open();
        let refused = Store::open(folder.path()).expect_err("locked");
        assert!(refused.to_string().contains("another nagaya"), "{refused}");
    }

    #[tokio::test]
    async fn a_newer_database_is_refused_and_left_alone() {
        let (folder, store) = open();
        store.close().await;
        drop(store);
        let path = folder.path().join(DATABASE);
        Connection::open(&path).and_then(|db| db.pragma_update(None, "user_version", 9999)).expect("writes");
        let refused = Store::open(folder.path()).expect_err("too new");
        assert!(refused.to_string().contains("newer"), "{refused}");
    }
}
