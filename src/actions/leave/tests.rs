use super::*;
use crate::app::tests::{local_account, test_app};
use crate::ids::FollowId;
use crate::store::follows::{self, Follow};
use crate::store::keys::KeyPair;
use crate::store::statuses::Status;
use crate::store::testing::{account, status};
use crate::store::{Connection, favourites, reactions};

const POSTS: i64 = 60;

fn count(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).expect("counts")
}

/// Alice (who will leave), carol (who stays) and bob, elsewhere, with all kinds of bonds between them.
async fn house(app: &App) -> (AccountId, AccountId, AccountId) {
    let alice = local_account(app, "alice", "member").await.id;
    let carol = local_account(app, "carol", "owner").await.id;
    let bob = app.ids.next::<AccountId>(app.clock.now());
    let now = app.clock.now();
    let follow = move |id, account_id, target_id| Follow {
        id: FollowId(id),
        account_id,
        target_id,
        uri: format!("https://nagaya.test/follows/{id}"),
        accepted: true,
        show_reblogs: true,
        notify: false,
        languages: None,
        created_at: now,
    };
    let made = app.store.write(move |tx| {
        let pair = KeyPair { private_pem: "private".into(), public_pem: "public".into() };
        keys::insert_pair(tx, alice, &pair)?;
        accounts::upsert(tx, &account(bob.0, "bob", Some("b.example")))?;
        for (id, (from, to)) in [(alice, carol), (carol, alice), (bob, alice)].into_iter().enumerate() {
            follows::insert(tx, &follow(id as i64 + 1, from, to))?;
        }
        for id in 1..=POSTS {
            statuses::insert(tx, &status(id, alice, true, "mine"))?;
        }
        let reply = Status { in_reply_to_id: None, ..status(1_000, carol, true, "hers") };
        statuses::insert(tx, &reply)?;
        favourites::insert(tx, 1, alice, reply.id, "https://nagaya.test/likes/1", now)?;
        let reaction = reactions::Reaction {
            id: 1,
            account_id: alice,
            status_id: reply.id,
            name: "🎉".into(),
            uri: "https://nagaya.test/reactions/1".into(),
            emoji_id: None,
        };
        reactions::insert(tx, &reaction, now)?;
        let file = format!("{}.png", "0".repeat(32));
        tx.execute(
            "INSERT INTO media (id, account_id, status_id, kind, mime, file, created_at)
             VALUES (1, ?1, 1, 'image', 'image/png', ?2, 0)",
            (alice, file),
        )?;
        Ok(())
    });
    made.await.expect("writes");
    (alice, carol, bob)
}

#[tokio::test]
async fn a_crash_at_any_point_only_delays_the_departure() {
    let (_folder, app) = test_app();
    let (alice, carol, _) = house(&app).await;
    let (now, deed) = (app.clock.now(), app.clone());
    // The first write, and then the lights go out.
    app.store.write(move |tx| write(tx, &deed, alice, now)).await.expect("writes").announce(&app);
    let before = app.store.read(move |db| Ok((users::by_account(db, alice)?, departures::under_way(db, 9)?)));
    let (user, under_way) = before.await.expect("reads");
    assert_eq!((user, under_way.len()), (None, 1));
    // A few posts go, and they go out again.
    let (removed, _) = app.store.write(move |tx| remove_posts(tx, alice, now)).await.expect("writes");
    assert_eq!(removed, FEW);
    assert!(!carry_on(&app, alice).await.expect("goes on"), "bob's server has not taken the Delete yet");
    let left = app.store.read(move |db| {
        assert_eq!(count(db, "SELECT count(*) FROM statuses WHERE local"), 1, "only hers");
        for table in ["media", "reactions", "favourites", "follows"] {
            assert_eq!(count(db, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(count(db, "SELECT count(*) FROM deliveries WHERE state = 'ready'"), 1);
        assert_eq!(
            count(db, "SELECT count(*) FROM activities WHERE kind = 'Delete'"),
            1,
            "once, and not for each post"
        );
        assert_eq!(count(db, "SELECT count(*) FROM tombstones WHERE actor_uri LIKE '%alice'"), POSTS + 1);
        assert!(keys::pair(db, alice)?.is_some(), "the Delete must be signed");
        let carol = accounts::by_id(db, carol)?.expect("she stays");
        assert_eq!((carol.followers_count, carol.following_count), (0, 0));
        Ok(count(db, "SELECT favourites_count FROM statuses"))
    });
    assert_eq!(left.await.expect("reads"), 0);
    // The Delete was taken; the next look ends it.
    app.store.write(|tx| Ok(tx.execute("DELETE FROM deliveries", [])?)).await.expect("writes");
    assert_eq!(carry_on_all(&app).await.expect("goes on"), 1);
    let end = app
        .store
        .read(move |db| Ok((departures::under_way(db, 9)?, keys::pair(db, alice)?, accounts::by_id(db, alice)?)));
    let (under_way, pair, row) = end.await.expect("reads");
    assert!(under_way.is_empty() && pair.is_none());
    let row = row.expect("the name stays taken");
    assert!(row.deleted_at.is_some() && row.note.is_empty());
}

#[tokio::test]
async fn the_last_owner_stays_and_a_wrong_password_changes_nothing() {
    let (_folder, app) = test_app();
    let (alice, carol, _) = house(&app).await;
    let code = |answer: Result<Result<(), Flaw>>| answer.expect("answers").err().map(|flaw| flaw.code);
    assert_eq!(code(delete(&app, carol, "correct horse").await), Some("ERR_LAST_OWNER"));
    assert_eq!(code(delete(&app, alice, "wrong").await), Some("ERR_INVALID"));
    assert_eq!(code(delete(&app, alice, "correct horse").await), None);
}
