//! Deeds in company: several in one transaction of their caller.

use futures_util::FutureExt;
use tokio::sync::broadcast::error::TryRecvError;

use super::{favourite, follow};
use crate::activitypub::ids;
use crate::app::App;
use crate::app::tests::{local_account, test_app};
use crate::error::{Error, Result};
use crate::ids::FollowId;
use crate::store::accounts::{self, Account};
use crate::store::statuses::{self, Status};
use crate::store::testing;
use crate::streams::{Announcements, Happening};

/// Alice favourites Bob's post (he is notified) and follows Carol (who lives elsewhere and is sent a Follow): one
/// transaction of ours around both, which fails behind the second deed if `fails`.
async fn both(app: &App, alice: &Account, post: &Status, carol: &Account, fails: bool) -> Result<Announcements> {
    let (app, deed, alice, post, carol) = (app.clone(), app.clone(), alice.clone(), post.clone(), carol.clone());
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            let id: i64 = deed.ids.next(now);
            let mut told = favourite::write(tx, &deed, &alice, &post, id, &ids::like(&alice.uri, id), now)?;
            let id: FollowId = deed.ids.next(now);
            let uri = ids::follow(&alice.uri, id);
            let options = follow::Options::default();
            told.extend(follow::write(
                tx,
                &deed,
                follow::Asked { id, follower: &alice, target: &carol, uri, options },
                now,
            )?);
            if fails { Err(Error::Conflict("the caller thinks better of it".into())) } else { Ok(told) }
        })
        .await
}

/// How many rows each of the tables has that the two deeds write to.
async fn traces(app: &App) -> Vec<i64> {
    let count = |table: &'static str| {
        app.store.read(move |db| Ok(db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?))
    };
    let mut found = Vec::new();
    for table in ["favourites", "notifications", "follows", "activities", "deliveries"] {
        found.push(count(table).await.expect("reads"));
    }
    found
}

#[tokio::test]
async fn two_deeds_in_one_transaction_stand_or_fall_together() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let bob = local_account(&app, "bob", "member").await;
    let carol = testing::account(7, "carol", Some("c.example"));
    let post = testing::status(8, bob.id, true, "hello");
    let rows = (carol.clone(), post.clone());
    let written = app.store.write(move |tx| {
        accounts::upsert(tx, &rows.0)?;
        statuses::insert(tx, &rows.1)
    });
    assert!(written.await.expect("writes"));
    let mut stream = app.streams.subscribe();
    let rung = || app.deliveries_waiting.notified().now_or_never().is_some();

    let failed = both(&app, &alice, &post, &carol, true).await.expect_err("the caller's error is answered");
    assert!(matches!(failed, Error::Conflict(_)), "{failed}");
    assert_eq!(traces(&app).await, [0; 5], "nothing is left of either");
    assert_eq!((stream.try_recv(), rung()), (Err(TryRecvError::Empty), false), "nobody hears of it");

    let told = both(&app, &alice, &post, &carol, false).await.expect("writes");
    assert_eq!(traces(&app).await, [1; 5], "both are there");
    assert_eq!((stream.try_recv(), rung()), (Err(TryRecvError::Empty), false), "committed, but not told yet");
    told.announce(&app);
    assert!(matches!(stream.try_recv(), Ok(Happening::Notified { account, .. }) if account == bob.id));
    assert!(rung(), "the delivery queue knows");
}
