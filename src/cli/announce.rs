//! `nagaya announce`: telling people something.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::announcement::{self, Changes};
use crate::app::App;
use crate::clock::Time;
use crate::ids::AnnouncementId;
use crate::store::announcements::{self, Announcement};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Tell everybody, now or later. / お知らせを出します
    #[command(after_help = "Examples:\n  nagaya announce create \"We move to a new machine tonight\"\n  \
                            nagaya announce create \"Party\" --starts 2026-12-24T18:00:00Z --ends 2026-12-25T00:00:00Z")]
    Create(Create),
    /// List all announcements. / お知らせの一覧
    List(List),
    /// Delete an announcement. / お知らせを削除します
    Remove(Remove),
}

#[derive(Args)]
pub(super) struct Create {
    /// What to say.
    text: String,
    /// The text is Markdown.
    #[arg(long)]
    markdown: bool,
    /// When it begins, as 2026-12-24T18:00:00Z.
    #[arg(long)]
    starts: Option<String>,
    /// When it is over; it is not shown any more then.
    #[arg(long)]
    ends: Option<String>,
    /// Begin and end are days.
    #[arg(long)]
    all_day: bool,
    /// When to publish it, instead of now.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Remove {
    /// Its number, from the list.
    id: i64,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Create(asked) => &asked.place,
            Self::List(asked) => &asked.place,
            Self::Remove(asked) => &asked.place,
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Create(asked) => {
                let changes = Changes {
                    text: Some(asked.text.clone()),
                    markdown: Some(asked.markdown),
                    starts_at: time(asked.starts.as_deref())?.map(Some),
                    ends_at: time(asked.ends.as_deref())?.map(Some),
                    all_day: Some(asked.all_day),
                    publish_at: time(asked.at.as_deref())?.map(Some),
                };
                Ok(line(&announcement::create(app, changes).await?))
            }
            Self::List(_) => {
                let rows = app.store.read(announcements::all).await?;
                Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Self::Remove(asked) => {
                announcement::delete(app, AnnouncementId(asked.id)).await?;
                Ok(String::new())
            }
        }
    }
}

fn time(text: Option<&str>) -> Result<Option<Time>> {
    let read = |text: &str| Time::parse(text).with_context(|| format!("{text} is no time like 2026-12-24T18:00:00Z"));
    text.map(read).transpose()
}

fn line(row: &Announcement) -> String {
    let when = match (row.published_at, row.publish_at) {
        (Some(at), _) => format!("published {}", at.rfc3339()),
        (None, Some(at)) => format!("for {}", at.rfc3339()),
        (None, None) => "draft".to_owned(),
    };
    format!("{}\t{when}\t{}", row.id, row.text.lines().next().unwrap_or_default())
}
