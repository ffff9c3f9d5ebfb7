//! Polls, pins and reactions between two servers of this process, by real signed HTTP; only the clock is ours.

use std::future::Future;
use std::time::Duration;

use nagaya::actions::post::poll::NewPoll;
use nagaya::actions::{account, fetch, follow, pin, post, react, resolve, vote};
use nagaya::activitypub::audience::Visibility;
use nagaya::app::App;
use nagaya::clock::{Clock, Time};
use nagaya::config::Config;
use nagaya::jobs;
use nagaya::server::{self, Running, Substitutes};
use nagaya::store::accounts::Account;
use nagaya::store::notifications::{self, Filter};
use nagaya::store::page::Page;
use nagaya::store::polls::{self, Poll};
use nagaya::store::statuses::{self, Status};
use nagaya::store::{follows, pins, reactions};

struct House {
    _folder: tempfile::TempDir,
    running: Running,
    person: Account,
}

impl House {
    async fn open(host: [u8; 4], name: &str, clock: &Clock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = tokio::net::TcpListener::bind((std::net::IpAddr::from(host), 0)).await.expect("binds");
        let address = listener.local_addr().expect("an address");
        let config = Config {
            domain: address.to_string(),
            handle_domain: address.to_string(),
            data: folder.path().to_owned(),
            listen: address,
            trusted_proxies: Vec::new(),
            development: true,
            deliveries_in_flight: 16,
            log: "warn".into(),
            plugins: false,
            mail: None,
            rate_limits: false,
            tools: nagaya::config::Tools::installed(),
            bucket: None,
            web_app: None,
            program: env!("CARGO_BIN_EXE_nagaya").into(),
        };
        let substitutes = Substitutes { clock: clock.clone(), ..Substitutes::default() };
        let app = server::build(config, substitutes).await.expect("builds");
        let new = account::NewAccount {
            username: name.into(),
            email: format!("{name}@example.com"),
            password: "correct horse battery".into(),
            role: "owner".into(),
            locale: "en".into(),
        };
        let person = account::create(&app, new).await.expect("an account");
        Self { _folder: folder, running: server::start(app, listener).expect("starts"), person }
    }

    fn app(&self) -> &App {
        &self.running.app
    }

    async fn follow(&self, other: &Self) {
        let domain = &other.app().config.handle_domain;
        let found = resolve::by_handle(self.app(), &other.person.username, Some(domain)).await.expect("asks");
        let (me, them) = (self.person.id, found.expect("is found").id);
        follow::add(self.app(), &self.person, them, follow::Options::default()).await.expect("follows");
        settled("the follow", || async move {
            let read = self.app().store.read(move |db| follows::between(db, me, them));
            read.await.expect("reads").filter(|follow| follow.accepted)
        })
        .await;
    }

    /// The post `uri` with its poll, once the poll is as wished.
    async fn poll(&self, uri: &str, wish: impl Fn(&Poll) -> bool) -> (Status, Poll) {
        let wish = &wish;
        settled("the poll to be as wished", || async move {
            let uri = uri.to_owned();
            let read = self.app().store.read(move |db| {
                let Some(status) = statuses::by_uri(db, &uri)? else { return Ok(None) };
                Ok(polls::of_status(db, status.id)?.map(|poll| (status, poll)))
            });
            read.await.expect("reads").filter(|(_, poll)| wish(poll))
        })
        .await
    }

    async fn told(&self) -> Vec<String> {
        let (me, now) = (self.person.id, self.app().clock.now());
        let kinds = Filter {
            kinds: vec!["poll".into(), "mention".into(), react::KIND.into(), "favourite".into()],
            ..Filter::default()
        };
        let read = self.app().store.read(move |db| notifications::list(db, me, &kinds, &Page::first(9), now));
        read.await.expect("reads").into_iter().map(|row| row.kind).collect()
    }
}

/// Asks until there is an answer, for ten seconds at most.
async fn settled<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    for _ in 0..500 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited 10 s for {what} in vain");
}

fn votes(poll: &Poll) -> Vec<i64> {
    poll.options.iter().map(|option| option.votes).collect()
}

#[tokio::test]
async fn a_poll_is_voted_in_and_ends_on_both_servers() {
    let clock = Clock::manual(Time(1_786_111_355_000));
    let alice = House::open([127, 0, 0, 1], "alice", &clock).await;
    let bob = House::open([127, 0, 0, 2], "bob", &clock).await;
    bob.follow(&alice).await;

    let draft = post::Draft {
        text: "What do you drink?".into(),
        poll: Some(NewPoll {
            options: vec!["tea".into(), "coffee".into()],
            expires_in: Some(3600),
            multiple: true,
            hide_totals: false,
        }),
        ..post::Draft::default()
    };
    let asked = post::create(alice.app(), &alice.person, draft).await.expect("posts");
    let (_, seen) = bob.poll(&asked.uri, |_| true).await;
    let titles: Vec<&str> = seen.options.iter().map(|option| option.title.as_str()).collect();
    assert_eq!((titles, seen.multiple, seen.voters_count), (vec!["tea", "coffee"], true, Some(0)));
    assert_eq!(seen.expires_at, Some(clock.now().plus(Duration::from_hours(1))));

    // Two choices travel as two votes of one voter, and as no posts.
    vote::cast(bob.app(), &bob.person, seen.id, vec![0, 1]).await.expect("votes");
    let (_, counted) = alice.poll(&asked.uri, |poll| votes(poll) == [1, 1]).await;
    assert_eq!(counted.voters_count, Some(1));
    let posts =
        alice.app().store.read(|db| Ok(db.query_row("SELECT count(*) FROM statuses", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(posts.await.expect("reads"), 1_i64, "votes are not posts");

    // The tallies come back by Update, and by asking.
    bob.app()
        .store
        .write(move |tx| polls::tally(tx, seen.id, &[0, 0], Some(0), seen.expires_at))
        .await
        .expect("forgets");
    jobs::run_all(alice.app()).await;
    let (status, _) = bob.poll(&asked.uri, |poll| votes(poll) == [1, 1] && poll.voters_count == Some(1)).await;
    assert_eq!(status.edited_at, None, "tallies are no edit");
    bob.app()
        .store
        .write(move |tx| polls::tally(tx, seen.id, &[0, 0], Some(0), seen.expires_at))
        .await
        .expect("forgets");
    clock.advance(Duration::from_secs(120));
    let (status, poll) = bob.poll(&asked.uri, |_| true).await;
    vote::refresh(bob.app(), &poll, &status).await.expect("asks");
    bob.poll(&asked.uri, |poll| votes(poll) == [1, 1]).await;

    clock.advance(Duration::from_hours(1));
    assert!(vote::cast(bob.app(), &bob.person, poll.id, vec![0]).await.is_err());
    for house in [&alice, &bob] {
        jobs::run_all(house.app()).await;
        assert!(house.poll(&asked.uri, |poll| poll.ended).await.1.is_over(clock.now()));
        assert_eq!(house.told().await, ["poll"], "{}", house.person.username);
    }
    tokio::join!(alice.running.stop(), bob.running.stop());
}

#[tokio::test]
async fn pins_and_reactions_travel_and_are_taken_back() {
    let clock = Clock::manual(Time(1_786_111_355_000));
    let alice = House::open([127, 0, 0, 1], "alice", &clock).await;
    let bob = House::open([127, 0, 0, 2], "bob", &clock).await;
    bob.follow(&alice).await;
    let draft = post::Draft { text: "Look!".into(), ..post::Draft::default() };
    let post = post::create(alice.app(), &alice.person, draft).await.expect("posts");
    let (uri, reader) = (&post.uri, &bob);
    let copy = settled("the post", || async move {
        let uri = uri.clone();
        read(reader, move |db| statuses::by_uri(db, &uri)).await
    })
    .await;

    pin::add(alice.app(), &alice.person, post.id).await.expect("pins");
    let pinned = |count: usize| {
        let bob = &bob;
        settled("the pin to be as wished", move || async move {
            read(bob, move |db| Ok(pins::of(db, copy.account_id, 9)?.len() == count)).await.then_some(())
        })
    };
    pinned(1).await;
    let secret =
        post::Draft { text: "For followers".into(), visibility: Some(Visibility::Private), ..post::Draft::default() };
    let secret = post::create(alice.app(), &alice.person, secret).await.expect("posts");
    clock.advance(Duration::from_secs(1));
    pin::add(alice.app(), &alice.person, secret.id).await.expect("pins");
    let featured = format!("{}/collections/featured", alice.person.uri);
    let featured = fetch::document(bob.app(), &featured, &mut fetch::Budget::default()).await.expect("reads");
    assert_eq!(featured["orderedItems"][0], *secret.uri, "only its id");
    assert_eq!((&featured["totalItems"], &featured["orderedItems"][1]["content"]), (&2.into(), &"<p>Look!</p>".into()));
    pin::remove(alice.app(), &alice.person, secret.id).await.expect("unpins");
    clock.advance(Duration::from_secs(1));
    pin::remove(alice.app(), &alice.person, post.id).await.expect("unpins");
    pinned(0).await;

    react::add(bob.app(), &bob.person, copy.id, "🍵").await.expect("reacts");
    let reacted = |count: usize| {
        let alice = &alice;
        settled("the reaction to be as wished", move || async move {
            let names = read(alice, move |db| reactions::of_statuses(db, &[post.id])).await;
            (names.len() == count && names.iter().all(|row| row.name == "🍵")).then_some(())
        })
    };
    reacted(1).await;
    assert_eq!(alice.told().await, [react::KIND]);
    react::remove(bob.app(), &bob.person, copy.id, "🍵").await.expect("takes back");
    reacted(0).await;
    assert_eq!(alice.told().await, [""; 0]);
    tokio::join!(alice.running.stop(), bob.running.stop());
}

async fn read<T: Send + 'static>(
    house: &House,
    question: impl FnOnce(&nagaya::store::Connection) -> nagaya::error::Result<T> + Send + 'static,
) -> T {
    house.app().store.read(question).await.expect("reads")
}
