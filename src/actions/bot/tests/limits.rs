//! What a bot may do in an hour and a day: exactly so much.

use std::time::Duration;

use super::guests::{OK, bot};
use super::*;
use crate::store::bots::Act;
use crate::store::follows;

fn times(count: u32, work: &str) -> String {
    format!(
        "(block $enough (loop $again
            (br_if $enough (i32.ge_u (local.get $i) (i32.const {count})))
            {work}
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $again)))"
    )
}

#[tokio::test]
async fn five_posts_an_event_thirty_an_hour_three_hundred_a_day() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, bot("gossip", "", &format!("{} {OK}", times(8, "(call $say)")), OK), none()).await;
    let after = async |expected: usize, what: &str| {
        say(&app, &alice, "@gossip hi").await;
        settle(&app).await;
        assert_eq!(posts(&app, me.id).await.len(), expected, "{what}");
    };
    for number in 1..=6 {
        after(number * 5, "five an event").await;
    }
    after(30, "thirty an hour").await;
    app.clock.advance(Duration::from_secs(3_599));
    after(30, "the hour is not over").await;
    app.clock.advance(Duration::from_secs(1));
    after(35, "the next hour").await;
    let now = app.clock.now();
    let earlier = app.store.write(move |tx| {
        for _ in 0..262 {
            bots::note(tx, "org.example.gossip", Act::Post, now.minus(Duration::from_secs(7_200)))?;
        }
        Ok(())
    });
    earlier.await.expect("writes");
    after(38, "three hundred a day").await;
    after(38, "not one more").await;
}

#[tokio::test]
async fn two_events_at_once_have_the_posts_of_two() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, bot("gossip", "", &format!("{} {OK}", times(20, "(call $say)")), OK), none()).await;
    say(&app, &alice, "@gossip 1").await;
    say(&app, &alice, "@gossip 2").await;
    settle(&app).await;
    assert_eq!(posts(&app, me.id).await.len(), 10);
    assert_eq!(app.plugins.book("org.example.gossip").costs().calls, 1);
}

#[tokio::test]
async fn sixty_reactions_an_hour() {
    let (_folder, app, alice) = world().await;
    let react = "(call $react (i32.load offset=40 (local.get $batch)) (i32.load offset=44 (local.get $batch))
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 600))";
    start(&app, bot("fan", "", &format!("{} {OK}", times(61, react)), OK), none()).await;
    let acts = "SELECT count(*) FROM bot_acts WHERE kind = 'react'";
    for (wait, expected) in [(0, 60), (3_599, 60), (1, 60)] {
        app.clock.advance(Duration::from_secs(wait));
        say(&app, &alice, "@fan hi").await;
        settle(&app).await;
        let since = app.clock.now().minus(Duration::from_secs(3_600));
        let recent = app.store.read(move |db| bots::count(db, "org.example.fan", Act::React, since));
        assert_eq!(recent.await.expect("reads"), expected);
    }
    assert_eq!(count(&app, acts).await, 120, "the second hour has its own");
}

#[tokio::test]
async fn twenty_new_follows_a_day() {
    let (_folder, app, alice) = world().await;
    app.store
        .write(|tx| {
            for number in 0..30 {
                testing::account(tx, 1_000 + number, "fan", Some(&format!("p{number:02}.example")));
            }
            Ok(())
        })
        .await
        .expect("writes");
    let follow = "(i32.store8 (i32.const 2057) (i32.add (i32.const 48) (i32.div_u (local.get $i) (i32.const 10))))
        (i32.store8 (i32.const 2058) (i32.add (i32.const 48) (i32.rem_u (local.get $i) (i32.const 10))))
        (call $follow (i32.const 2048) (i32.const 29) (i32.const 1) (i32.const 600))";
    let data = r#"(data (i32.const 2048) "https://p00.example/users/fan")"#;
    // Data stands beside functions, so it is slipped in after the calendar's handler.
    let wasm = bot("friend", "", &format!("{} {OK}", times(21, follow)), &format!("{OK}) {data} (func"));
    let me = start(&app, wasm, none()).await;
    say(&app, &alice, "@friend hi").await;
    settle(&app).await;
    let follows = async || app.store.read(move |db| Ok(follows::all_of(db, me.id)?.len())).await.expect("reads");
    assert_eq!(follows().await, 20);
    // Whom it follows already costs nothing.
    say(&app, &alice, "@friend hi").await;
    settle(&app).await;
    assert_eq!(follows().await, 20);
    app.clock.advance(Duration::from_secs(86_400));
    say(&app, &alice, "@friend hi").await;
    settle(&app).await;
    assert_eq!(follows().await, 21);
}

#[tokio::test]
async fn sixteen_alarms_and_none_before_a_minute() {
    let (_folder, app, alice) = world().await;
    // Names of one letter: a, b, c …
    let set = "(i32.store8 (i32.const 2048) (i32.add (i32.const 97) (local.get $i)))
        (call $set_timer (i32.const 2048) (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 600))";
    let me =
        start(&app, bot("clock", "", &format!("{} {OK}", times(17, set)), &format!("(call $say) {OK}")), none()).await;
    say(&app, &alice, "@clock hi").await;
    settle(&app).await;
    assert_eq!(count(&app, "SELECT count(*) FROM bot_timers").await, 16);
    say(&app, &alice, "@clock hi").await;
    settle(&app).await;
    assert_eq!(count(&app, "SELECT count(*) FROM bot_timers").await, 16, "the same names are the same alarms");
    app.clock.advance(Duration::from_secs(59));
    settle(&app).await;
    assert_eq!(posts(&app, me.id).await.len(), 0);
    app.clock.advance(Duration::from_secs(1));
    settle(&app).await;
    assert_eq!((posts(&app, me.id).await.len(), count(&app, "SELECT count(*) FROM bot_timers").await), (16, 0));
}

#[tokio::test]
async fn the_same_word_is_the_same_post_for_a_month() {
    let (_folder, app, alice) = world().await;
    let work = "(call $answer (local.get $batch) (i32.const 0) (i32.const 1040) (i32.const 1))";
    let me = start(&app, bot("once", "", &format!("{work} {work} {OK}"), OK), none()).await;
    for (days, expected) in [(0, 1), (1, 1), (30, 2)] {
        app.clock.advance(Duration::from_secs(days * 86_400));
        say(&app, &alice, "@once hi").await;
        settle(&app).await;
        assert_eq!(
            (posts(&app, me.id).await.len(), mailbox(&app).await.len()),
            (expected, 0),
            "after {days} days more"
        );
    }
}

#[tokio::test]
async fn only_people_who_wrote_first_are_written_to_directly() {
    let (_folder, app, alice) = world().await;
    let bob = crate::app::tests::local_account(&app, "bob", "member").await;
    // Answers directly, and to whoever follows it, it writes by itself.
    let follower = "(i32.store offset=56 (local.get $batch) (i32.load offset=24 (local.get $batch)))
        (i32.store offset=60 (local.get $batch) (i32.load offset=28 (local.get $batch)))";
    let work = format!(
        "(if (i32.eq (call $kind (local.get $batch)) (i32.const 5)) (then {follower}
            (i32.store offset=44 (local.get $batch) (i32.const 0))
            (i32.store offset=40 (local.get $batch) (i32.const 0))))
         (call $answer (local.get $batch) (i32.const 3) (i32.const 0) (i32.const 0)) {OK}"
    );
    let me = start(&app, bot("shy", "", &work, OK), none()).await;
    say(&app, &alice, "@shy hi").await;
    settle(&app).await;
    let [first] = posts(&app, me.id).await.try_into().expect("answers");
    assert_eq!((first.visibility, first.text.as_str()), (Visibility::Direct, "@alice@here.example hi"));
    let follows = async || {
        crate::actions::follow::add(&app, &bob, me.id, crate::actions::follow::Options::default())
            .await
            .expect("follows");
        settle(&app).await;
        crate::actions::follow::remove(&app, &bob, me.id).await.expect("leaves");
        app.store.write(|tx| Ok(tx.execute("DELETE FROM bot_events", [])?)).await.expect("writes");
    };
    follows().await;
    assert_eq!(posts(&app, me.id).await.len(), 1, "Bob only followed");
    say(&app, &bob, "@shy hi").await;
    settle(&app).await;
    follows().await;
    assert_eq!(posts(&app, me.id).await.len(), 3, "now he wrote");
}

#[tokio::test]
async fn a_bot_does_only_what_it_was_granted() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, bot("gossip", "", &format!("(call $say) {OK}"), OK), none()).await;
    manage::grant(&app, "gossip", vec!["react".into()]).await.expect("grants");
    say(&app, &alice, "@gossip hi").await;
    settle(&app).await;
    assert_eq!((posts(&app, me.id).await.len(), mailbox(&app).await.len()), (0, 0), "denied is an answer, no failure");
}
