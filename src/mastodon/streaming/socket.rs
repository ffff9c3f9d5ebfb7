//! Streaming by WebSocket: many channels on one connection, changed by messages of the client.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::channel::{Channel, Event};
use super::listener::{End, Heard, Listener};
use crate::app::App;
use crate::error::{Error, Result};
use crate::mastodon::auth::authenticate;
use crate::mastodon::error::Failure;

/// How often we ask whether the client is still there; one that said nothing since the last time is dropped.
const PING: Duration = Duration::from_secs(30);
/// How long a message may take to leave.
const SENDING: Duration = Duration::from_secs(10);
/// The largest message of a client, in bytes.
const MESSAGE: usize = 16 << 10;
/// So many channels may one connection listen to.
const CHANNELS: usize = 100;

/// Answers the handshake; who may listen is decided before the upgrade.
pub(super) async fn open(
    State(app): State<App>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Ok(upgrade) = upgrade else { return Failure(Error::NotFound("stream")).into_response() };
    let query = Query::read(&uri);
    let offered = headers.get(SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let offered = offered.and_then(|list| list.split(',').next()).map(|first| first.trim().to_owned());
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    let Some(token) = bearer.or(offered.clone()).or(query.token) else { return refused("Missing access token") };
    let auth = match authenticate(&app, &token).await.map(|caller| caller.user) {
        Ok(Some(auth)) => auth,
        Ok(None) | Err(Error::Unauthorized(_)) => return refused("Invalid access token"),
        Err(error) => return Failure(error).into_response(),
    };
    let listener = Listener::new(&app, auth);
    let first = query.stream.map(|stream| Wish { kind: Kind::Subscribe, stream, tag: query.tag, list: query.list });
    let upgrade = upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE);
    // Browsers end the connection unless one of the protocols that they offered comes back.
    let upgrade = match offered {
        Some(protocol) => upgrade.protocols([protocol]),
        None => upgrade,
    };
    upgrade.on_upgrade(move |socket| Connection { socket, listener, channels: Vec::new(), ping: PING }.run(first))
}

/// Before the upgrade there is no JSON, only a header.
fn refused(why: &'static str) -> Response {
    let header = (HeaderName::from_static("x-error-message"), HeaderValue::from_static(why));
    (StatusCode::UNAUTHORIZED, [header]).into_response()
}

fn bearer(value: &str) -> Option<String> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// What the address of the handshake says.
#[derive(Debug, Default)]
struct Query {
    token: Option<String>,
    stream: Option<String>,
    tag: Option<String>,
    list: Option<String>,
}

impl Query {
    fn read(uri: &Uri) -> Self {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let place = match &*name {
                "access_token" => &mut query.token,
                "stream" => &mut query.stream,
                "tag" => &mut query.tag,
                "list" => &mut query.list,
                _ => continue,
            };
            *place = Some(value.into_owned()).filter(|value| !value.is_empty());
        }
        query
    }
}

/// A message of the client.
#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(rename = "type")]
    kind: Kind,
    stream: String,
    tag: Option<String>,
    list: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Subscribe,
    Unsubscribe,
}

struct Connection {
    socket: WebSocket,
    listener: Listener,
    channels: Vec<Channel>,
    ping: Duration,
}

/// The connection is over; nothing more can be said on it.
struct Over;

impl Connection {
    async fn run(mut self, first: Option<Wish>) {
        // However it ended, there is nobody left to tell.
        let _: Result<(), Over> = self.talk(first).await;
    }

    async fn talk(&mut self, first: Option<Wish>) -> Result<(), Over> {
        if let Some(wish) = first {
            self.obey(wish).await?;
        }
        let mut pings = interval_at(Instant::now() + self.ping, self.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut alive = true;
        loop {
            tokio::select! {
                message = self.socket.recv() => {
                    alive = true;
                    match message {
                        Some(Ok(Message::Text(text))) => self.read(&text).await?,
                        Some(Ok(Message::Binary(_))) => {
                            return self.close(close_code::UNSUPPORTED, "only text is understood").await;
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over),
                    }
                }
                heard = self.listener.hear() => match heard {
                    Heard::Happening(happening) => {
                        for (channel, event) in self.listener.events(&self.channels, happening).await {
                            self.tell(&channel, &event).await?;
                        }
                    }
                    Heard::End(end) => return self.end(end).await,
                },
                _ = pings.tick() => {
                    if !std::mem::take(&mut alive) {
                        return Err(Over);
                    }
                    self.send(Message::Ping(bytes::Bytes::new())).await?;
                }
            }
        }
    }

    async fn read(&mut self, text: &str) -> Result<(), Over> {
        match serde_json::from_str(text) {
            Ok(wish) => self.obey(wish).await,
            Err(_) => self.complain(&Error::Malformed("This message is not understood".into())).await,
        }
    }

    async fn obey(&mut self, wish: Wish) -> Result<(), Over> {
        let Listener { app, auth, .. } = &self.listener;
        let channel = Channel::open(app, auth, &wish.stream, wish.tag.as_deref(), wish.list.as_deref()).await;
        match (channel, wish.kind) {
            (Ok(channel), Kind::Unsubscribe) => self.channels.retain(|other| *other != channel),
            (Ok(channel), Kind::Subscribe) if self.channels.contains(&channel) => {}
            (Ok(_), Kind::Subscribe) if self.channels.len() >= CHANNELS => {
                self.complain(&Error::Malformed("Too many streams on one connection".into())).await?;
            }
            (Ok(channel), Kind::Subscribe) => self.channels.push(channel),
            (Err(error), _) => self.complain(&error).await?,
        }
        Ok(())
    }

    async fn tell(&mut self, channel: &Channel, event: &Event) -> Result<(), Over> {
        let mut message = json!({"stream": channel.label(), "event": event.name});
        if let Some(payload) = &event.payload {
            message["payload"] = json!(payload);
        }
        self.send(Message::text(message.to_string())).await
    }

    async fn complain(&mut self, error: &Error) -> Result<(), Over> {
        let status = match error {
            Error::NotFound(_) => 404,
            Error::Forbidden(_) => 403,
            _ => 400,
        };
        self.send(Message::text(json!({"error": error.to_string(), "status": status}).to_string())).await
    }

    async fn end(&mut self, end: End) -> Result<(), Over> {
        match end {
            End::Revoked => self.close(close_code::POLICY, "the access token was revoked").await,
            End::Stopping => self.close(close_code::AWAY, "the server stops").await,
            End::TooSlow => {
                let message = json!({"error": "You read too slowly and missed events; connect again", "status": 429});
                self.send(Message::text(message.to_string())).await?;
                self.close(close_code::AGAIN, "events were missed").await
            }
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Over> {
        self.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await?;
        Err(Over)
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        match timeout(SENDING, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Over),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::{connect_async, tungstenite};

    use super::*;
    use crate::actions::token::issue_token;
    use crate::app::tests::{local_account, test_app};

    #[tokio::test]
    async fn peers_are_asked_whether_they_live_and_silent_ones_are_dropped() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "owner").await;
        let token = issue_token(&app, alice.id, "read", "t").await.expect("a token");
        let auth = authenticate(&app, &token).await.expect("valid").user.expect("a user");
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = port.local_addr().expect("is bound");
        let impatient = axum::routing::get(move |upgrade: WebSocketUpgrade| async move {
            let (listener, ping) = (Listener::new(&app, auth), Duration::from_millis(200));
            upgrade.on_upgrade(move |socket| Connection { socket, listener, channels: Vec::new(), ping }.run(None))
        });
        let router = axum::Router::new().route("/", impatient);
        tokio::spawn(async move { axum::serve(port, router).await });

        let (mut lively, _) = connect_async(format!("ws://{address}/")).await.expect("connects");
        for _ in 0..4 {
            // Reading answers the ping as well.
            assert!(matches!(lively.next().await, Some(Ok(tungstenite::Message::Ping(_)))));
            lively.flush().await.expect("is still open");
        }
        let (mut silent, _) = connect_async(format!("ws://{address}/")).await.expect("connects");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut left = Vec::new();
        while let Some(Ok(message)) = silent.next().await {
            left.push(message);
        }
        assert!(left.len() <= 2, "{left:?}");
    }
}
