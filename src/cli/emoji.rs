//! `nagaya emoji`: the custom emoji of this server.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::emoji::{self, Changes};
use crate::app::App;
use crate::error::Error;
use crate::store::custom_emojis;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an emoji of a picture, or give an emoji another picture. / 絵文字を追加します
    #[command(after_help = "Example:\n  nagaya emoji add blobcat ./blobcat.png --category cats")]
    Add(Add),
    /// List the emoji. / 絵文字の一覧
    List(List),
    /// Remove an emoji. / 絵文字を削除します
    Remove(Remove),
    /// Make emoji of all pictures in a folder, named by their files. / フォルダの画像を絵文字にします
    #[command(after_help = "Example:\n  nagaya emoji import ./blobs --category blobs")]
    Import(Import),
}

#[derive(Args)]
pub(super) struct Add {
    /// The name, without colons.
    name: String,
    /// A PNG, GIF, WebP or JPEG picture of at most 256 KB.
    file: PathBuf,
    /// The heading under which pickers show it.
    #[arg(long)]
    category: Option<String>,
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
    /// The name, without colons.
    name: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Import {
    /// The folder.
    folder: PathBuf,
    /// The heading under which pickers show them.
    #[arg(long)]
    category: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Add(asked) => &asked.place,
            Self::List(asked) => &asked.place,
            Self::Remove(asked) => &asked.place,
            Self::Import(asked) => &asked.place,
        }
    }

    pub(super) async fn on(&self, app: &App, folder: &Path) -> Result<String> {
        match self {
            Self::Add(asked) => {
                let changes = Changes { category: asked.category.clone(), ..Changes::default() };
                let made = emoji::add(app, asked.name.trim_matches(':'), &folder.join(&asked.file), changes).await?;
                Ok(format!(":{}:", made.shortcode))
            }
            Self::List(_) => {
                let rows = app.store.read(custom_emojis::ours).await?;
                let line = |row: &custom_emojis::CustomEmoji| {
                    let category = row.category.as_deref().unwrap_or_default();
                    let note = if row.disabled { "disabled" } else { "" };
                    format!(":{}:\t{category}\t{note}", row.shortcode).trim_end().to_owned()
                };
                Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Self::Remove(asked) => {
                let name = asked.name.trim_matches(':').to_owned();
                let found = app.store.read(move |db| custom_emojis::by_name(db, &name, None)).await?;
                emoji::remove(app, found.ok_or(Error::NotFound("emoji"))?.id).await?;
                Ok(String::new())
            }
            Self::Import(asked) => {
                let folder = folder.join(&asked.folder);
                let (made, refused) = emoji::import(app, &folder, asked.category.as_deref()).await?;
                let made = made.into_iter().map(|name| format!(":{name}:"));
                Ok(made
                    .chain(refused.into_iter().map(|(file, why)| format!("{file}: {why}")))
                    .collect::<Vec<_>>()
                    .join("\n"))
            }
        }
    }
}
