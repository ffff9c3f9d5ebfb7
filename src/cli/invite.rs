//! `nagaya invite`: links by which people may join.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::invite::{self, Wish};
use crate::actions::join;
use crate::app::App;
use crate::clock::Time;
use crate::store::invites;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an invite and print its link. / 招待リンクを作ります
    #[command(after_help = "Example:\n  nagaya invite create --uses 1 --days 7")]
    Create(Create),
    /// List the invites that can still be used. / 使える招待の一覧
    List(Place),
    /// End an invite. / 招待を取り消します
    Revoke(Revoke),
}

#[derive(Args)]
pub(super) struct Create {
    /// How many people may come by it; any number if left out.
    #[arg(long)]
    uses: Option<i64>,
    /// After how many days it runs out; 0: never.
    #[arg(long, default_value_t = 7)]
    days: u64,
    /// A note: for whom it is.
    #[arg(long, default_value = "")]
    comment: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Revoke {
    /// The code, or the whole link.
    code: String,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Create(asked) => &asked.place,
            Self::List(place) => place,
            Self::Revoke(asked) => &asked.place,
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Create(asked) => {
                if app.store.read(join::registrations).await?.mode == join::Mode::Closed {
                    bail!("nobody can sign up now; first: nagaya registrations invite");
                }
                let lasts = (asked.days > 0).then(|| Duration::from_secs(asked.days.saturating_mul(86_400)));
                let wish = Wish { max_uses: asked.uses, lasts, autofollow: false, comment: asked.comment.clone() };
                let made = invite::create(app, None, wish).await?;
                Ok(invite::address(app, &made.code))
            }
            Self::List(_) => {
                let now = app.clock.now();
                let rows = app.store.read(move |db| invites::open(db, now, 1_000)).await?;
                let lines = rows.into_iter().map(|(row, by)| {
                    let uses = row.max_uses.map_or_else(|| "∞".to_owned(), |most| most.to_string());
                    let until = row.expires_at.map_or_else(|| "-".to_owned(), Time::date);
                    let by = by.map_or_else(String::new, |name| format!("@{name}"));
                    let line = format!("{}  {}/{uses}  {until}  {by} {}", row.code, row.uses, row.comment);
                    line.trim_end().to_owned() + "\n"
                });
                let text: String = lines.collect();
                Ok(if text.is_empty() { "no invites / 招待はありません".to_owned() } else { text })
            }
            Self::Revoke(asked) => {
                let code = asked.code.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                invite::revoke_code(app, code).await?;
                Ok("revoked / 取り消しました".to_owned())
            }
        }
    }
}
