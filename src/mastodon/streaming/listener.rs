//! One open connection's ear: who listens, and what there is to tell.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::channel::{Channel, Event, Listening, events};
use crate::app::App;
use crate::error::Error;
use crate::mastodon::auth::Auth;
use crate::mastodon::render::Base;
use crate::streams::Happening;

/// An ear that hears from the moment it is made.
#[derive(Debug)]
pub(super) struct Listener {
    pub app: App,
    pub auth: Auth,
    hearing: Receiver<Happening>,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something that happened; see [`Listener::events`].
    Happening(Happening),
    /// The connection must end.
    End(End),
}

/// Why a connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The token was revoked.
    Revoked,
    /// More happened than the client read.
    TooSlow,
    /// The server stops.
    Stopping,
}

impl Listener {
    pub fn new(app: &App, auth: Auth) -> Self {
        Self { hearing: app.streams.subscribe(), app: app.clone(), auth }
    }

    /// Waits for the next happening. May be cancelled without losing one.
    pub async fn hear(&mut self) -> Heard {
        match self.hearing.recv().await {
            Ok(Happening::Revoked(token)) if token == self.auth.token => Heard::End(End::Revoked),
            Ok(Happening::ShutOut { account }) if account == self.auth.id() => Heard::End(End::Revoked),
            Ok(Happening::Stopping) | Err(RecvError::Closed) => Heard::End(End::Stopping),
            Ok(happening) => Heard::Happening(happening),
            Err(RecvError::Lagged(_)) => Heard::End(End::TooSlow),
        }
    }

    /// What `channels` show of it to this viewer.
    pub async fn events(&self, channels: &[Channel], happening: Happening) -> Vec<(Channel, Event)> {
        let listening = Listening {
            viewer: self.auth.id(),
            notifications: self.auth.needs("read:notifications").is_ok(),
            now: self.app.clock.now(),
        };
        let concerned = channels.iter().filter(|channel| channel.concerns(listening, &happening));
        let concerned: Vec<Channel> = concerned.cloned().collect();
        if concerned.is_empty() {
            return Vec::new();
        }
        let base = Base::new(&self.app);
        let found = self.app.store.read(move |db| events(db, &base, listening, concerned, &happening)).await;
        found.unwrap_or_else(|error: Error| {
            tracing::error!(%error, "an event could not be shown to an open stream");
            Vec::new()
        })
    }
}
