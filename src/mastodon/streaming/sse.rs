//! Streaming by server-sent events: one channel a connection. Spec: HTML, server-sent events.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::channel::{Channel, Event};
use super::listener::{End, Heard, Listener};
use crate::app::App;
use crate::error::Error;
use crate::mastodon::auth::Auth;
use crate::mastodon::error::Answer;

/// How often a comment shows that the connection lives.
const THUMP: Duration = Duration::from_secs(15);

/// What the query string says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    tag: Option<String>,
    list: Option<String>,
    only_media: Option<String>,
}

/// `/api/v1/streaming/user` and its like.
pub(super) async fn open(
    State(app): State<App>,
    auth: Auth,
    Path(channel): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    listen(&app, auth, channel, &asked).await
}

/// `/api/v1/streaming/public/local` and its like.
pub(super) async fn open_part(
    State(app): State<App>,
    auth: Auth,
    Path((channel, part)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    listen(&app, auth, format!("{channel}:{part}"), &asked).await
}

async fn listen(app: &App, auth: Auth, mut name: String, asked: &Asked) -> Answer<Response> {
    let only_media = asked.only_media.as_deref().is_some_and(|flag| !matches!(flag, "" | "0" | "f" | "false" | "off"));
    if only_media && name.starts_with("public") {
        name.push_str(":media");
    }
    let channel = Channel::open(app, &auth, &name, asked.tag.as_deref(), asked.list.as_deref()).await;
    let channel = channel.map_err(|error| match error {
        // An unknown channel is an unknown address.
        Error::Malformed(_) if !name.starts_with("hashtag") && name != "list" => Error::NotFound("stream"),
        error => error,
    })?;
    let mut thumps = interval_at(Instant::now() + THUMP, THUMP);
    thumps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stream = Stream { listener: Listener::new(app, auth), channel: [channel], thumps, open: true };
    let first = futures_util::stream::once(async { Ok(Bytes::from_static(b":)\n")) });
    let rest = futures_util::stream::unfold(stream, Stream::next);
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        // nginx would hold events back until its buffer is full.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

struct Stream {
    listener: Listener,
    channel: [Channel; 1],
    thumps: Interval,
    open: bool,
}

impl Stream {
    async fn next(mut self) -> Option<(std::io::Result<Bytes>, Self)> {
        while self.open {
            let text = tokio::select! {
                heard = self.listener.hear() => match heard {
                    Heard::Happening(happening) => self.text(happening).await,
                    Heard::End(end) => {
                        self.open = false;
                        farewell(end).to_owned()
                    }
                },
                _ = self.thumps.tick() => ":thump\n".to_owned(),
            };
            if !text.is_empty() {
                return Some((Ok(Bytes::from(text)), self));
            }
        }
        None
    }

    async fn text(&self, happening: crate::streams::Happening) -> String {
        let events = self.listener.events(&self.channel, happening).await;
        // Without data a browser would drop the event; `undefined` is what Mastodon writes.
        let text = |event: &Event| {
            let data = event.payload.as_deref().unwrap_or("undefined");
            format!("event: {}\ndata: {data}\n\n", event.name)
        };
        events.iter().map(|(_, event)| text(event)).collect()
    }
}

/// A comment that says why the stream ends.
fn farewell(end: End) -> &'static str {
    match end {
        End::Revoked => ":the access token was revoked\n",
        End::TooSlow => ":you read too slowly and missed events; connect again\n",
        End::Stopping => ":the server stops\n",
    }
}
