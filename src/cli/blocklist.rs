//! `nagaya blocklist`: lists of servers to block that others keep.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::block_list;
use crate::app::App;
use crate::ids::BlockListId;
use crate::store::block_lists::{self, BlockList};

/// Domains that are named in an answer.
const NAMED: usize = 50;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Read a list (CSV) and show what it would change. / リストを読み、適用時の変更を表示します
    #[command(
        after_help = "Example:\n  nagaya blocklist add https://lists.example/blocks.csv\n  nagaya blocklist apply 1"
    )]
    Add(Named),
    /// Show all lists. / リストの一覧を表示します
    List(Place),
    /// Show what applying a list changes. / 適用時の変更を表示します
    Show(Named),
    /// Apply a list, from now on day by day. / リストを適用し、毎日更新します
    Apply(Named),
    /// Read a list again now. / 今すぐ読み直します
    Refresh(Named),
    /// Forget a list; what only it named is lifted. / リストを外し、そのブロックを解除します
    Remove(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// Its number or its address.
    list: String,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::List(place) => place,
            Self::Add(named) | Self::Show(named) | Self::Apply(named) | Self::Refresh(named) | Self::Remove(named) => {
                &named.place
            }
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Add(named) => show(app, block_list::add(app, &named.list).await?.id).await,
            Self::List(_) => {
                let rows = app.store.read(block_lists::all).await?;
                let lines: Vec<String> = rows.iter().map(line).collect();
                Ok(if lines.is_empty() { "there is no list".into() } else { lines.join("\n") })
            }
            Self::Show(named) => show(app, find(app, &named.list).await?).await,
            Self::Apply(named) => Ok(line(&block_list::apply(app, find(app, &named.list).await?).await?)),
            Self::Refresh(named) => Ok(line(&block_list::read_again(app, find(app, &named.list).await?).await?)),
            Self::Remove(named) => {
                block_list::remove(app, find(app, &named.list).await?).await?;
                Ok(format!("{} is forgotten", named.list))
            }
        }
    }
}

async fn find(app: &App, name: &str) -> Result<BlockListId> {
    let (number, url) = (name.parse::<BlockListId>().ok(), name.to_owned());
    let found = app.store.read(move |db| match number {
        Some(number) => block_lists::by_id(db, number),
        None => block_lists::by_url(db, &url),
    });
    match found.await? {
        Some(list) => Ok(list.id),
        None => bail!("there is no list {name}; see `nagaya blocklist list`"),
    }
}

async fn show(app: &App, id: BlockListId) -> Result<String> {
    let (list, found) = app.store.read(move |db| block_list::preview(db, id)).await?;
    let mut lines = vec![line(&list)];
    let added = found.added.iter().map(|row| format!("+ {} ({})", row.domain, row.severity.as_str()));
    let changed = found
        .changed
        .iter()
        .map(|(block, row)| format!("~ {} ({} -> {})", row.domain, block.severity.as_str(), row.severity.as_str()));
    let removed = found.removed.iter().map(|block| format!("- {}", block.domain));
    let kept = found.kept.iter().map(|row| format!("= {} (decided here)", row.domain));
    let all: Vec<String> = added.chain(changed).chain(removed).chain(kept).collect();
    let more = all.len().saturating_sub(NAMED);
    lines.extend(all.into_iter().take(NAMED));
    if more > 0 {
        lines.push(format!("… and {more} more / ほか {more} 件"));
    }
    if list.applied_at.is_none() {
        lines.push(format!("Nothing is changed yet: `nagaya blocklist apply {id}` / まだ適用されていません"));
    }
    Ok(lines.join("\n"))
}

fn line(list: &BlockList) -> String {
    let state = if list.applied_at.is_some() { "applied" } else { "only looked at" };
    let trouble = list.last_error.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
    format!("{} {} ({} servers, {state}{trouble})", list.id, list.url, list.domains)
}
