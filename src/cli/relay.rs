//! `nagaya relay`: servers that hand on public posts of many others.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::relay::{self, Options};
use crate::app::App;
use crate::ids::RelayId;
use crate::store::relays::{self, Relay};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Subscribe to a relay. / リレーに参加します
    #[command(after_help = "Examples:\n  nagaya relay add https://relay.example/inbox --per-day 500\n  \
                      nagaya relay add https://relay.example/actor --tag cats --tag 猫")]
    Add(New),
    /// Show all relays. / リレーの一覧を表示します
    List(Place),
    /// Leave a relay and forget it. / リレーから抜けます
    #[command(after_help = "Example:\n  nagaya relay remove https://relay.example/inbox")]
    Remove(Named),
    /// Subscribe again. / リレーを再開します
    Enable(Named),
    /// Leave a relay, but keep it in the list. / リレーを止めます（一覧には残ります）
    Disable(Named),
}

#[derive(Args)]
pub(super) struct New {
    /// Its inbox (Mastodon's kind), or the id of its actor (LitePub's kind).
    address: String,
    /// Take only posts with this hashtag; may be given several times.
    #[arg(long = "tag")]
    tags: Vec<String>,
    /// The most posts by second.
    #[arg(long)]
    per_second: Option<i64>,
    /// The most posts by day.
    #[arg(long)]
    per_day: Option<i64>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Named {
    /// Its number or its inbox.
    relay: String,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Add(new) => &new.place,
            Self::List(place) => place,
            Self::Remove(named) | Self::Enable(named) | Self::Disable(named) => &named.place,
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Add(new) => {
                let tags = Some(new.tags.clone()).filter(|tags| !tags.is_empty());
                let options = Options { tags, per_second: new.per_second, per_day: new.per_day };
                Ok(line(&relay::add(app, &new.address, options).await?))
            }
            Self::List(_) => {
                let rows = app.store.read(relays::all).await?;
                let lines: Vec<String> = rows.iter().map(line).collect();
                Ok(if lines.is_empty() { "there is no relay".into() } else { lines.join("\n") })
            }
            Self::Remove(named) => {
                relay::remove(app, find(app, &named.relay).await?).await?;
                Ok(format!("{} is forgotten", named.relay))
            }
            Self::Enable(named) => Ok(line(&relay::enable(app, find(app, &named.relay).await?).await?)),
            Self::Disable(named) => Ok(line(&relay::disable(app, find(app, &named.relay).await?).await?)),
        }
    }
}

async fn find(app: &App, name: &str) -> Result<RelayId> {
    let (number, inbox) = (name.parse::<RelayId>().ok(), name.to_owned());
    let found = app.store.read(move |db| match number {
        Some(number) => relays::by_id(db, number),
        None => relays::by_inbox(db, &inbox),
    });
    match found.await? {
        Some(relay) => Ok(relay.id),
        None => bail!("there is no relay {name}; see `nagaya relay list`"),
    }
}

fn line(relay: &Relay) -> String {
    let tags: Vec<String> = relay.tags.iter().map(|tag| format!("#{tag}")).collect();
    let (style, state) = (relay.style.as_str(), relay.state.as_str());
    let line = format!(
        "{} {} ({style}, {state}; at most {}/s and {} a day) {}",
        relay.id,
        relay.inbox,
        relay.per_second,
        relay.per_day,
        tags.join(" ")
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::Cli;

    #[tokio::test]
    async fn a_relay_is_added_listed_and_forgotten() {
        let (_folder, app) = crate::app::tests::test_app();
        crate::actions::account::ensure_instance_actor(&app).await.expect("an instance actor");
        for (arguments, expected) in [
            ("list", Some("there is no relay")),
            (
                "add https://relay.example/inbox --tag #Cats --per-day 5",
                Some("mastodon, pending; at most 1/s and 5 a day) #cats"),
            ),
            ("add https://relay.example/inbox", None),
            ("add nonsense", None),
            ("list", Some("https://relay.example/inbox")),
            ("disable https://relay.example/inbox", Some("idle")),
            ("enable https://relay.example/inbox", Some("pending")),
            ("remove https://other.example/inbox", None),
            ("remove https://relay.example/inbox", Some("is forgotten")),
            ("list", Some("there is no relay")),
        ] {
            let line = ["nagaya", "relay"].into_iter().chain(arguments.split(' '));
            let command = Cli::try_parse_from(line).expect("arguments").command;
            let answer = command.on(&app, std::path::Path::new(".")).await;
            match expected {
                Some(part) => assert!(answer.as_ref().is_ok_and(|text| text.contains(part)), "{arguments}: {answer:?}"),
                None => assert!(answer.is_err(), "{arguments}"),
            }
        }
    }
}
