//! Streaming over real sockets.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::channel::Channel;
use crate::actions::token::{issue_token, revoke};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::app::tests::{local_account, test_app};
use crate::ids::{AccountId, ListId, StatusId};
use crate::store::accounts::Account;
use crate::store::lists::{List, Replies};
use crate::store::statuses::{self, Status};
use crate::store::{blocks, lists, mentions, tags, timelines, tokens};
use crate::streams::{Announcements, Change, Happening};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server that listens, and alice and bob with tokens that may read.
struct World {
    app: App,
    address: SocketAddr,
    alice: Account,
    bob: Account,
    token: String,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (folder, app) = test_app();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("is bound");
        let router = super::routes().with_state(app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (alice, bob) = (local_account(&app, "alice", "owner").await, local_account(&app, "bob", "member").await);
        let token = issue_token(&app, alice.id, "read", "t").await.expect("a token");
        Self { address, alice, bob, token, _folder: folder, app }
    }

    /// Connects as alice.
    async fn connect(&self, query: &str) -> Socket {
        let url = format!("ws://{}/api/v1/streaming?access_token={}{query}", self.address, self.token);
        connect_async(url).await.expect("connects").0
    }

    /// A public post of `author` with the tag `tag`, in these homes, announced.
    async fn post(&self, author: &Account, text: &str, homes: &[AccountId]) -> StatusId {
        let now = self.app.clock.now();
        let id: StatusId = self.app.ids.next(now);
        let uri = format!("{}/statuses/{id}", author.uri);
        let status = Status {
            id,
            url: Some(uri.clone()),
            uri,
            account_id: author.id,
            local: true,
            content: format!("<p>{text}</p>"),
            text: text.to_owned(),
            spoiler_text: String::new(),
            sensitive: false,
            language: None,
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
            created_at: now,
            edited_at: None,
        };
        let (entered, author) = (homes.to_vec(), author.id);
        let written = self.app.store.write(move |tx| {
            statuses::insert(tx, &status)?;
            tags::attach(tx, id, &[("nagaya".into(), "Nagaya".into())])?;
            entered.iter().try_for_each(|home| timelines::home_add(tx, *home, id, author).map(drop))
        });
        written.await.expect("writes");
        self.tell(Happening::Posted { status: id, homes: homes.to_vec(), listed: true });
        id
    }

    fn tell(&self, happening: Happening) {
        Announcements { happenings: vec![happening], ..Announcements::default() }.announce(&self.app);
    }

    async fn raw(&self, path: &str, token: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        let head = format!("GET {path} HTTP/1.1\r\nhost: nagaya.test\r\nauthorization: Bearer {token}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("sends");
        stream
    }
}

/// The next text message.
async fn hear(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(std::time::Duration::from_secs(10), socket.next()).await;
        match message.expect("in time").expect("is open").expect("is fine") {
            Message::Text(text) => return serde_json::from_str(&text).expect("is JSON"),
            Message::Close(frame) => return json!({"close": frame.map(|frame| u16::from(frame.code))}),
            _ => {}
        }
    }
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("sends");
}

/// Subscribing is not answered; an unknown stream is, and messages are read in order.
async fn settle(socket: &mut Socket) {
    say(socket, json!({"type": "subscribe", "stream": "settle"})).await;
    assert_eq!(hear(socket).await["status"], 400);
}

#[tokio::test]
async fn the_token_may_come_three_ways_and_the_protocol_is_echoed() {
    let world = World::new().await;
    let plain = format!("ws://{}/api/v1/streaming", world.address);
    let request = |header: &'static str, value: String| {
        let mut request = plain.as_str().into_client_request().expect("a request");
        request.headers_mut().insert(header, value.parse().expect("a header"));
        request
    };
    let token = world.token.clone();
    let (_, answer) = connect_async(request("sec-websocket-protocol", token.clone())).await.expect("connects");
    assert_eq!(answer.headers()["sec-websocket-protocol"], token.as_str());
    connect_async(request("authorization", format!("Bearer {token}"))).await.expect("connects");
    connect_async(format!("{plain}?access_token={token}")).await.expect("connects");
    let writer = issue_token(&world.app, world.alice.id, "write", "t").await.expect("a token");
    connect_async(format!("{plain}?access_token={writer}")).await.expect("connects; streams are refused one by one");
    for request in [request("authorization", "Bearer wrong".into()), plain.as_str().into_client_request().expect("ok")]
    {
        let Err(SocketError::Http(answer)) = connect_async(request).await else { panic!("was let in") };
        assert_eq!(answer.status(), 401);
        assert!(answer.headers().contains_key("x-error-message"));
        assert!(answer.body().as_ref().is_none_or(Vec::is_empty));
    }
}

#[tokio::test]
async fn one_socket_carries_several_streams() {
    let world = World::new().await;
    let mut socket = world.connect("&stream=user").await;
    say(&mut socket, json!({"type": "subscribe", "stream": "hashtag", "tag": "NAGAYA"})).await;
    say(&mut socket, json!({"type": "subscribe", "stream": "hashtag", "tag": "NAGAYA"})).await;
    say(&mut socket, json!({"type": "subscribe", "stream": "public:remote"})).await;
    settle(&mut socket).await;
    let id = world.post(&world.bob, "こんにちは", &[world.alice.id]).await;
    for stream in [json!(["user"]), json!(["hashtag", "NAGAYA"])] {
        let heard = hear(&mut socket).await;
        assert_eq!((&heard["stream"], &heard["event"]), (&stream, &json!("update")), "{heard}");
        let status: Value = serde_json::from_str(heard["payload"].as_str().expect("a string")).expect("is JSON");
        assert_eq!((&status["id"], &status["content"]), (&json!(id), &json!("<p>こんにちは</p>")));
    }
    world.tell(Happening::Edited { status: id, homes: vec![world.alice.id], listed: false });
    assert_eq!(hear(&mut socket).await["event"], "status.update");
    say(&mut socket, json!({"type": "unsubscribe", "stream": "hashtag", "tag": "NAGAYA"})).await;
    say(&mut socket, json!({"type": "unsubscribe", "stream": "public:remote"})).await;
    settle(&mut socket).await;
    world.tell(Happening::Deleted { status: id, homes: vec![world.alice.id], listed: true });
    let heard = hear(&mut socket).await;
    assert_eq!(heard, json!({"stream": ["user"], "event": "delete", "payload": id.to_string()}));
    settle(&mut socket).await;
}

#[tokio::test]
async fn a_list_streams_to_its_owner_alone() {
    let world = World::new().await;
    let (alice, bob) = (world.alice.id, world.bob.id);
    let list = |id: i64| List { id: ListId(id), title: "x".into(), replies_policy: Replies::List, exclusive: false };
    let made = world.app.store.write(move |tx| {
        lists::put(tx, alice, &list(1))?;
        lists::put(tx, bob, &list(2))?;
        lists::add_member(tx, ListId(1), alice)
    });
    assert!(made.await.expect("writes"));
    let mut socket = world.connect("&stream=list&list=1").await;
    for (message, status) in [
        (json!({"type": "subscribe", "stream": "list", "list": "2"}), 404),
        (json!({"type": "subscribe", "stream": "list"}), 400),
    ] {
        say(&mut socket, message).await;
        assert_eq!(hear(&mut socket).await["status"], status);
    }
    let id = world.post(&world.alice, "hello", &[]).await;
    let entered = world.app.store.write(move |tx| {
        let row = statuses::by_id(tx, id)?.expect("exists");
        let mut told = Announcements::default();
        crate::actions::timeline::distribute(tx, &row, &mut told).map(|_| told)
    });
    entered.await.expect("writes").announce(&world.app);
    let heard = hear(&mut socket).await;
    assert_eq!((&heard["stream"], &heard["event"]), (&json!(["list", "1"]), &json!("update")), "{heard}");
    for (list, change) in [(2, Change::Deleted), (1, Change::Edited), (1, Change::Deleted)] {
        world.tell(Happening::Listed { status: id, lists: vec![ListId(list)], change });
    }
    assert_eq!(hear(&mut socket).await["event"], "status.update");
    let gone = json!({"stream": ["list", "1"], "event": "delete", "payload": id.to_string()});
    assert_eq!(hear(&mut socket).await, gone);
    settle(&mut socket).await;
}

#[tokio::test]
async fn conversations_are_heard_on_the_direct_stream() {
    let world = World::new().await;
    let mut socket = world.connect("&stream=direct").await;
    settle(&mut socket).await;
    let id = world.post(&world.bob, "psst", &[]).await;
    let (alice, bob, app) = (world.alice.id, world.bob.id, world.app.clone());
    let written = world.app.store.write(move |tx| {
        mentions::insert(tx, id, alice, false)?;
        let row = statuses::by_id(tx, id)?.map(|row| Status { visibility: Visibility::Direct, ..row });
        let mut told = Announcements::default();
        crate::actions::conversation::add(tx, &app, &row.expect("exists"), app.clock.now(), &mut told)?;
        Ok(told)
    });
    written.await.expect("writes").announce(&world.app);
    let heard = hear(&mut socket).await;
    assert_eq!((&heard["stream"], &heard["event"]), (&json!(["direct"]), &json!("conversation")), "{heard}");
    let told: Value = serde_json::from_str(heard["payload"].as_str().expect("a string")).expect("is JSON");
    assert_eq!((&told["unread"], &told["last_status"]["id"]), (&json!(true), &json!(id)));
    assert_eq!(told["accounts"][0]["id"], json!(bob));
    settle(&mut socket).await;
}

#[tokio::test]
async fn only_the_owner_hears_that_filters_changed() {
    let world = World::new().await;
    let mut socket = world.connect("&stream=user").await;
    say(&mut socket, json!({"type": "subscribe", "stream": "public"})).await;
    settle(&mut socket).await;
    for account in [world.bob.id, world.alice.id] {
        crate::actions::filter::change(&world.app, account, |_| Ok(())).await.expect("changes");
    }
    assert_eq!(hear(&mut socket).await, json!({"stream": ["user"], "event": "filters_changed"}));
    settle(&mut socket).await;
    let mut stream = world.raw("/api/v1/streaming/user", &world.token).await;
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains("event: filters_changed\ndata: undefined\n\n") {
        if text.contains(":)\n") {
            crate::actions::filter::change(&world.app, world.alice.id, |_| Ok(())).await.expect("changes");
        }
        let read = stream.read(&mut buffer).await.expect("reads");
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}

#[tokio::test]
async fn accepted_requests_are_told_where_notifications_are() {
    let world = World::new().await;
    let mut socket = world.connect("&stream=user:notification").await;
    settle(&mut socket).await;
    world.tell(Happening::Merged(AccountId(7)));
    world.tell(Happening::Merged(world.alice.id));
    let expected = json!({"stream": ["user:notification"], "event": "notifications_merged", "payload": "1"});
    assert_eq!(hear(&mut socket).await, expected);
}

#[tokio::test]
async fn nobody_hears_what_the_timeline_would_not_show() {
    let world = World::new().await;
    let mut socket = world.connect("&stream=public").await;
    say(&mut socket, json!({"type": "subscribe", "stream": "user"})).await;
    settle(&mut socket).await;
    let (alice, bob, now) = (world.alice.id, world.bob.id, world.app.clock.now());
    world.post(&world.bob, "for strangers only", &[]).await;
    assert_eq!(hear(&mut socket).await["stream"], json!(["public"]));
    let blocked = world.app.store.write(move |tx| blocks::insert(tx, 1, alice, bob, "https://nagaya.test/b/1", now));
    blocked.await.expect("writes");
    world.post(&world.bob, "unheard", &[alice]).await;
    let id = world.post(&world.alice, "my own", &[alice]).await;
    for _ in 0..2 {
        assert!(hear(&mut socket).await["payload"].as_str().is_some_and(|payload| payload.contains(&id.to_string())));
    }
    settle(&mut socket).await;
}

#[tokio::test]
async fn scopes_and_mistakes_are_answered_with_errors() {
    let mut world = World::new().await;
    world.token = issue_token(&world.app, world.alice.id, "read:notifications", "t").await.expect("a token");
    let mut socket = world.connect("").await;
    for (message, status) in [
        (json!({"type": "subscribe", "stream": "user"}), 403),
        (json!({"type": "subscribe", "stream": "list", "list": "1"}), 404),
        (json!({"type": "subscribe", "stream": "hashtag"}), 400),
        (json!({"type": "dance", "stream": "user"}), 400),
        (json!([1]), 400),
    ] {
        say(&mut socket, message.clone()).await;
        let heard = hear(&mut socket).await;
        assert!(heard["status"] == status && heard["error"].is_string(), "{message} {heard}");
    }
    say(&mut socket, json!({"type": "subscribe", "stream": "user:notification"})).await;
    settle(&mut socket).await;
    socket.send(Message::binary(vec![1, 2, 3])).await.expect("sends");
    assert_eq!(hear(&mut socket).await, json!({"close": 1003}));
}

#[tokio::test]
async fn revoking_stopping_and_lagging_end_the_connection() {
    let world = World::new().await;
    let mut socket = world.connect("&stream=user").await;
    settle(&mut socket).await;
    let hash = crate::actions::token::hash(&world.token);
    let announcements = world.app.store.write(move |tx| {
        let token = tokens::by_hash(tx, &hash)?.expect("stored");
        revoke(tx, token.id)
    });
    announcements.await.expect("writes").announce(&world.app);
    assert_eq!(hear(&mut socket).await, json!({"close": 1008}));

    let world = World::new().await;
    let mut socket = world.connect("&stream=user").await;
    settle(&mut socket).await;
    // Told in one go, without a pause in which the connection could read.
    (0..2000).for_each(|id| world.tell(Happening::Deleted { status: StatusId(id), homes: vec![], listed: true }));
    assert!(hear(&mut socket).await["error"].as_str().is_some_and(|error| error.contains("slowly")));
    assert_eq!(hear(&mut socket).await, json!({"close": 1013}));

    let mut socket = world.connect("&stream=user").await;
    settle(&mut socket).await;
    world.app.streams.stop();
    assert_eq!(hear(&mut socket).await, json!({"close": 1001}));
}

#[tokio::test]
async fn server_sent_events_begin_with_a_smile() {
    let world = World::new().await;
    let mut stream = world.raw("/api/v1/streaming/hashtag/local?tag=nagaya", &world.token).await;
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(":)\n") {
        let read = stream.read(&mut buffer).await.expect("reads");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("content-type: text/event-stream\r\n"), "{text}");
    let id = world.post(&world.bob, "news", &[]).await;
    world.tell(Happening::Deleted { status: id, homes: vec![], listed: true });
    while !text.contains(&format!("event: delete\ndata: {id}\n\n")) {
        let read = stream.read(&mut buffer).await.expect("reads");
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    assert!(text.contains(&format!("event: update\ndata: {{\"id\":\"{id}\"")), "{text}");
    for (path, token, status) in [
        ("/api/v1/streaming/user", "wrong", "401"),
        ("/api/v1/streaming/list?list=1", world.token.as_str(), "404"),
        ("/api/v1/streaming/nothing", world.token.as_str(), "404"),
        ("/api/v1/streaming/hashtag", world.token.as_str(), "400"),
        ("/api/v1/streaming", world.token.as_str(), "404"),
        ("/api/v1/streaming/health", "", "200"),
    ] {
        let mut stream = world.raw(path, token).await;
        let read = stream.read(&mut buffer).await.expect("reads");
        let text = String::from_utf8_lossy(&buffer[..read]);
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {text}");
    }
}

#[test]
fn every_stream_name_is_its_own_label() {
    for name in [
        "user",
        "user:notification",
        "public",
        "public:media",
        "public:local",
        "public:local:media",
        "public:remote",
        "public:remote:media",
        "hashtag",
        "hashtag:local",
        "direct",
    ] {
        let channel = Channel::parse(name, Some("Cats"), None).expect("exists");
        let tag = name.starts_with("hashtag").then_some("Cats");
        assert_eq!(channel.label(), [name].into_iter().chain(tag).collect::<Vec<_>>());
    }
}
