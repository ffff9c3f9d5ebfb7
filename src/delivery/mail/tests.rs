use super::*;
use crate::store::mails::NewMail;
use crate::store::settings;
use crate::testing::app_with_mail;
use crate::testing::smtp::Smtp;

async fn enqueue(app: &App, recipient: &str, priority: i64) {
    let mail = NewMail {
        account_id: None,
        recipient: recipient.into(),
        kind: "notice",
        priority,
        subject: "Hello".into(),
        body: "A link".into(),
        html: "<p>A link</p>".into(),
        created_at: app.clock.now(),
    };
    app.store.write(move |tx| mails::enqueue(tx, &mail)).await.expect("writes");
}

async fn waiting(app: &App) -> (i64, i64) {
    app.store.read(|db| mails::tally(db, Time(0))).await.expect("reads")
}

#[tokio::test]
async fn mail_leaves_by_urgency_once_and_leaves_no_text_behind() {
    let smtp = Smtp::open().await;
    let (_folder, app) = app_with_mail(smtp.mail.clone());
    for (to, priority) in [("notice@mail.example", 2), ("confirm@mail.example", 1), ("reset@mail.example", 0)] {
        enqueue(&app, to, priority).await;
    }
    assert_eq!(run_until_idle(&app).await.expect("runs"), 3);
    assert_eq!(smtp.recipients(), ["reset@mail.example", "confirm@mail.example", "notice@mail.example"]);
    assert_eq!(run_until_idle(&app).await.expect("runs"), 0, "nothing is sent twice");
    let left: i64 = app
        .store
        .read(|db| Ok(db.query_row("SELECT count(*) FROM mails WHERE body <> '' OR html <> ''", [], |row| row.get(0))?))
        .await
        .expect("reads");
    assert_eq!(left, 0, "links are secrets");
}

#[tokio::test]
async fn the_pace_of_the_settings_is_kept_and_nothing_is_lost() {
    let smtp = Smtp::open().await;
    let (_folder, app) = app_with_mail(smtp.mail.clone());
    let set = |key: &'static str, value: &'static str| app.store.write(move |tx| settings::set(tx, key, value));
    set("mail_per_minute", "2").await.expect("writes");
    set("mail_per_hour", "3").await.expect("writes");
    for number in 0..5 {
        enqueue(&app, &format!("{number}@mail.example"), 2).await;
    }
    assert_eq!(run_until_idle(&app).await.expect("runs"), 2);
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(run_until_idle(&app).await.expect("runs"), 1);
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(run_until_idle(&app).await.expect("runs"), 0);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(run_until_idle(&app).await.expect("runs"), 2);
    let names: Vec<String> = (0..5).map(|number| format!("{number}@mail.example")).collect();
    assert_eq!(smtp.recipients(), names, "in order, each once");
}

#[tokio::test]
async fn what_a_server_says_decides_what_becomes_of_a_mail() {
    let smtp = Smtp::open().await;
    let (_folder, app) = app_with_mail(smtp.mail.clone());
    let answer = |text: &'static str| smtp.answers.lock().expect("no holder panics").push_back(text);
    // Never: given up at once; the next one goes.
    answer("550 no such user");
    enqueue(&app, "gone@mail.example", 0).await;
    enqueue(&app, "fine@mail.example", 1).await;
    assert_eq!(run_until_idle(&app).await.expect("runs"), 1);
    assert_eq!((smtp.recipients(), waiting(&app).await), (vec!["fine@mail.example".to_owned()], (0, 1)));
    // Not now: this one waits, others do not.
    answer("455 later");
    enqueue(&app, "later@mail.example", 0).await;
    enqueue(&app, "now@mail.example", 1).await;
    assert_eq!(run_until_idle(&app).await.expect("runs"), 1);
    app.clock.advance(Duration::from_secs(451));
    assert_eq!(run_until_idle(&app).await.expect("runs"), 1);
    // Busy: everybody waits.
    answer("451 too much");
    enqueue(&app, "one@mail.example", 0).await;
    enqueue(&app, "two@mail.example", 1).await;
    let mut worker = Worker::new(app.clone());
    assert_eq!(worker.step().await.expect("runs"), RESTS[0]);
    assert_eq!(worker.step().await.expect("runs"), RESTS[0], "still resting");
    app.clock.advance(RESTS[0]);
    while worker.step().await.expect("runs").is_zero() {}
    assert_eq!(smtp.recipients()[3..], ["one@mail.example", "two@mail.example"]);
}

#[tokio::test]
async fn a_dead_or_slow_server_loses_nothing_and_is_asked_less_and_less() {
    let smtp = Smtp::open().await;
    let dead = crate::config::Mail { port: 1, ..smtp.mail.clone() };
    let (_folder, app) = app_with_mail(dead);
    enqueue(&app, "you@mail.example", 0).await;
    let mut worker = Worker::new(app.clone());
    for expected in [300, 900, 3600, 3600] {
        assert_eq!(worker.step().await.expect("runs"), Duration::from_secs(expected));
        app.clock.advance(Duration::from_secs(expected));
    }
    assert_eq!(waiting(&app).await, (1, 0));

    let (_folder, app) = app_with_mail(smtp.mail.clone());
    enqueue(&app, "you@mail.example", 0).await;
    let mut worker = Worker::new(app.clone());
    *smtp.delay.lock().expect("no holder panics") = Duration::from_secs(30);
    assert_eq!(worker.step().await.expect("runs"), RESTS[0]);
    *smtp.delay.lock().expect("no holder panics") = Duration::from_millis(50);
    app.clock.advance(RESTS[0]);
    assert_eq!(worker.step().await.expect("runs"), Duration::ZERO);
    assert_eq!((smtp.recipients().len(), waiting(&app).await), (1, (0, 0)));
    // What is too old is not sent any more.
    enqueue(&app, "old@mail.example", 0).await;
    app.clock.advance(STALE + Duration::from_secs(1));
    assert_eq!(run_until_idle(&app).await.expect("runs"), 0);
    assert_eq!(waiting(&app).await, (0, 1));
}
