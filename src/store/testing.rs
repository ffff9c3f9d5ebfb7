//! The little that a test of queries needs: an in-memory database with real migrations, and builders of rows.

use std::cell::Cell;

use rusqlite::Connection;

use super::accounts::{self, Account};
use super::follows::{self, Follow};
use super::media::{self, Media};
use super::statuses::{self, Status};
use super::{Tx, connection, migrate};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::ids::{AccountId, FollowId, MediaId, StatusId};

/// A database of its own. Ids count up from 101, so later rows are newer.
pub(crate) struct World {
    db: Connection,
    last: Cell<i64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut db = Connection::open_in_memory().expect("opens");
        connection::tests_prepare(&db);
        migrate::run(&mut db).expect("migrates");
        Self { db, last: Cell::new(100) }
    }

    pub(crate) fn tx(&self) -> Tx<'_> {
        Tx(&self.db)
    }

    pub(crate) fn next(&self) -> i64 {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }

    /// A local account with a user.
    pub(crate) fn local(&self, name: &str) -> AccountId {
        let id = self.account(account(self.next(), name, None));
        self.db
            .execute(
                "INSERT INTO users (account_id, email, password_hash, created_at, confirmed_at, approved_at)
                 VALUES (?1, ?2, '', 0, 0, 0)",
                rusqlite::params![id, format!("{name}@a.example")],
            )
            .expect("inserts");
        id
    }

    pub(crate) fn remote(&self, name: &str) -> AccountId {
        self.account(account(self.next(), name, Some("b.example")))
    }

    pub(crate) fn account(&self, account: Account) -> AccountId {
        accounts::upsert(&self.tx(), &account).expect("inserts")
    }

    /// A public post.
    pub(crate) fn post(&self, author: AccountId, text: &str) -> StatusId {
        self.post_with(author, text, |_| ())
    }

    /// A post that `change` alters before it is stored.
    pub(crate) fn post_with(&self, author: AccountId, text: &str, change: impl FnOnce(&mut Status)) -> StatusId {
        let local = accounts::by_id(&self.db, author).expect("reads").expect("exists").is_local();
        let mut status = status(self.next(), author, local, text);
        change(&mut status);
        assert!(statuses::insert(&self.tx(), &status).expect("inserts"), "a new post");
        super::status_search::put(&self.tx(), status.id).expect("indexes");
        status.id
    }

    pub(crate) fn boost(&self, who: AccountId, original: StatusId) -> StatusId {
        self.post_with(who, "", |status| status.reblog_of_id = Some(original))
    }

    pub(crate) fn follow_row(&self, who: AccountId, whom: AccountId) -> Follow {
        let id = self.next();
        Follow {
            id: FollowId(id),
            account_id: who,
            target_id: whom,
            uri: format!("https://x.example/follows/{id}"),
            accepted: true,
            show_reblogs: true,
            notify: false,
            languages: None,
            created_at: Time(id),
        }
    }

    /// An accepted follow.
    pub(crate) fn follow(&self, who: AccountId, whom: AccountId) {
        assert!(follows::insert(&self.tx(), &self.follow_row(who, whom)).expect("inserts"), "a new follow");
    }

    /// An unused upload.
    pub(crate) fn image(&self, owner: AccountId) -> MediaId {
        let media = image(self.next(), owner);
        media::insert(&self.tx(), &media).expect("inserts");
        media.id
    }
}

pub(crate) fn account(id: i64, name: &str, domain: Option<&str>) -> Account {
    let uri = format!("https://{}/users/{name}", domain.unwrap_or("a.example"));
    let url = format!("https://{}/@{name}", domain.unwrap_or("a.example"));
    Account {
        discoverable: Some(true),
        inbox: format!("{uri}/inbox"),
        followers_uri: Some(format!("{uri}/followers")),
        ..Account::bare(AccountId(id), name, domain, uri, url, Time(1_700_000_000_000))
    }
}

pub(crate) fn status(id: i64, author: AccountId, local: bool, text: &str) -> Status {
    Status {
        id: StatusId(id),
        uri: format!("https://x.example/statuses/{id}"),
        url: Some(format!("https://x.example/@someone/{id}")),
        account_id: author,
        local,
        content: format!("<p>{text}</p>"),
        text: text.into(),
        spoiler_text: String::new(),
        sensitive: false,
        language: Some("en".into()),
        visibility: Visibility::Public,
        in_reply_to_id: None,
        in_reply_to_uri: None,
        in_reply_to_account_id: None,
        reblog_of_id: None,
        conversation: None,
        application_id: None,
        local_only: false,
        replies_count: 0,
        reblogs_count: 0,
        favourites_count: 0,
        created_at: Time(1_700_000_000_000 + id),
        edited_at: None,
    }
}

pub(crate) fn image(id: i64, owner: AccountId) -> Media {
    Media {
        id: MediaId(id),
        account_id: owner,
        status_id: None,
        position: 0,
        kind: "image".into(),
        mime: "image/png".into(),
        file: Some(format!("{id}.png")),
        thumbnail: Some(format!("{id}_small.png")),
        remote_url: None,
        description: Some("a cat".into()),
        blurhash: None,
        focus: None,
        width: Some(640),
        height: Some(480),
        small_width: Some(320),
        small_height: Some(240),
        size: Some(1000),
        details: None,
        created_at: Time(id),
    }
}
