//! `nagaya account`: making people's accounts.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::account::{NewAccount, create};
use crate::app::App;
use crate::store::settings;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an account. / アカウントを作ります
    #[command(after_help = "Example:\n  nagaya account create alice --email alice@example.org --owner")]
    Create(Create),
}

#[derive(Args)]
pub(super) struct Create {
    /// The name in the handle: @NAME@your.domain
    name: String,
    /// The address for signing in.
    #[arg(long)]
    email: String,
    /// The password; without it one is made and printed.
    #[arg(long)]
    password: Option<String>,
    /// May administer the server.
    #[arg(long)]
    admin: bool,
    /// Owns the server: an administrator whose profile becomes the front page.
    #[arg(long)]
    owner: bool,
    /// Language of the pages: en or ja.
    #[arg(long, default_value = "en")]
    locale: String,
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
        let password = asked.password.clone().unwrap_or_else(|| app.random.secret()[..20].to_owned());
        let role = match (asked.owner, asked.admin) {
            (true, _) => "owner",
            (_, true) => "admin",
            _ => "member",
        };
        let new = NewAccount {
            username: asked.name.clone(),
            email: asked.email.clone(),
            password: password.clone(),
            role: role.to_owned(),
            locale: asked.locale.clone(),
        };
        let account = create(app, new).await?;
        if asked.owner {
            let name = account.username.clone();
            app.store.write(move |tx| settings::set(tx, settings::FRONT_PAGE_ACCOUNT, &name)).await?;
        }
        let made =
            if asked.password.is_none() { format!("\npassword / パスワード: {password}") } else { String::new() };
        Ok(format!("@{}@{} ({role})\n{}{made}", account.username, app.config.handle_domain, account.url))
    }
}
