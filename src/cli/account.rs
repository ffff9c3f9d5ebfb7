//! `nagaya account`: making people's accounts.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Place, say};
use crate::actions::account::{NewAccount, create};
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

pub(super) async fn run(command: Command) -> Result<()> {
    let Command::Create(asked) = command;
    let app = asked.place.app().await?;
    let password = asked.password.clone().unwrap_or_else(|| app.random.secret()[..20].to_owned());
    let role = match (asked.owner, asked.admin) {
        (true, _) => "owner",
        (_, true) => "admin",
        _ => "member",
    };
    let new = NewAccount {
        username: asked.name,
        email: asked.email,
        password: password.clone(),
        role: role.to_owned(),
        locale: asked.locale,
    };
    let account = create(&app, new).await?;
    if asked.owner {
        let name = account.username.clone();
        app.store.write(move |tx| settings::set(tx, settings::FRONT_PAGE_ACCOUNT, &name)).await?;
    }
    app.store.close().await;
    let made =
        if asked.password.is_none() { format!("\npassword / パスワード: {password}") } else { String::new() };
    say(&format!("@{}@{} ({role})\n{}{made}", account.username, app.config.handle_domain, account.url))
}
