//! `nagaya token`: access tokens for scripts.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::token::issue_token;
use crate::app::App;
use crate::store::accounts;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a token and print it; it is shown once. / トークンを作って表示します
    #[command(after_help = "Example:\n  nagaya token create alice --scopes \"read write follow push\"")]
    Create(Create),
}

#[derive(Args)]
pub(super) struct Create {
    /// Whose token.
    name: String,
    /// What it may do, separated by spaces.
    #[arg(long, default_value = "read")]
    scopes: String,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        let Self::Create(asked) = self;
        &asked.place
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        let Self::Create(asked) = self;
        let name = asked.name.clone();
        let account = app.store.read(move |db| accounts::by_handle(db, &name, None)).await?;
        let account = account.with_context(|| format!("there is no local account named {}", asked.name))?;
        Ok(issue_token(app, account.id, &asked.scopes, "nagaya token").await?)
    }
}
