//! `nagaya account`: making people's accounts, and helping people into theirs.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::account::{NewAccount, create, rotate_keys};
use crate::actions::{credentials, join, role, second_factor};
use crate::app::App;
use crate::ids::AccountId;
use crate::store::{accounts, settings};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an account. / アカウントを作ります
    #[command(after_help = "Example:\n  nagaya account create alice --email alice@example.org --owner")]
    Create(Create),
    /// Switch somebody's two-factor authentication off. / 二要素認証を解除します
    #[command(
        name = "2fa-off",
        after_help = "Example:\n  nagaya account 2fa-off alice\n\nFor people who lost their authenticator and their recovery codes; make sure that it is them."
    )]
    TwoFactorOff(Named),
    /// List who waits to be let in. / 承認待ちの人の一覧
    Pending(Place),
    /// Let somebody in who waits. / 登録を承認します
    Approve(Named),
    /// Turn somebody away who waits. / 登録を断ります
    Reject(Named),
    /// Print a link that sets a new password; it works once and for an hour. / パスワード再設定リンクを表示します
    Reset(Named),
    /// Give an account another role: owner, admin, moderator or member. / アカウントの役割を変えます
    #[command(after_help = "Example:\n  nagaya account role alice moderator")]
    Role(GiveRole),
    /// Give an account new signing keys and tell the other servers. / 署名鍵を作り直します
    #[command(
        name = "rotate-keys",
        after_help = "Example:\n  nagaya account rotate-keys alice\n\nFor keys that somebody else may have seen."
    )]
    RotateKeys(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// The name in the handle: @NAME@your.domain
    name: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct GiveRole {
    /// The name in the handle: @NAME@your.domain
    name: String,
    /// owner, admin, moderator or member; the last owner keeps theirs.
    role: String,
    #[command(flatten)]
    place: Place,
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
        match self {
            Self::Create(asked) => &asked.place,
            Self::Pending(place) => place,
            Self::Approve(asked)
            | Self::Reject(asked)
            | Self::Reset(asked)
            | Self::TwoFactorOff(asked)
            | Self::RotateKeys(asked) => &asked.place,
            Self::Role(asked) => &asked.place,
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Create(asked) => asked.on(app).await,
            Self::TwoFactorOff(asked) => {
                let was_on = second_factor::off(app, asked.find(app).await?).await?;
                Ok(if was_on {
                    "is off now / 解除しました"
                } else {
                    "was off already / 設定されていません"
                }
                .to_owned())
            }
            Self::Pending(_) => pending(app).await,
            Self::Approve(asked) => {
                let (id, now, deed) = (asked.find(app).await?, app.clock.now(), app.clone());
                app.store.write(move |tx| join::approve(tx, &deed, id, now)).await?.announce(app);
                Ok("approved / 承認しました".to_owned())
            }
            Self::Reject(asked) => {
                let (id, deed) = (asked.find(app).await?, app.clone());
                app.store.write(move |tx| join::reject(tx, &deed, id)).await?.announce(app);
                Ok("rejected / 断りました".to_owned())
            }
            Self::Reset(asked) => Ok(credentials::reset_link(app, asked.find(app).await?).await?),
            Self::RotateKeys(asked) => {
                rotate_keys(app, &asked.name).await?;
                Ok("has new keys / 新しい鍵を作りました".to_owned())
            }
            Self::Role(asked) => {
                let role = role::set(app, &asked.name, &asked.role).await?;
                Ok(format!("@{}@{} ({})", asked.name.trim_start_matches('@'), app.config.handle_domain, role.as_str()))
            }
        }
    }
}

async fn pending(app: &App) -> Result<String> {
    let rows = app.store.read(|db| join::pending(db, 1_000)).await?;
    let lines = rows.into_iter().map(|(name, email, reason, since)| {
        format!("@{name}  {email}  {}  {}\n", since.date(), reason.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    let text: String = lines.collect();
    Ok(if text.is_empty() { "nobody waits / 承認待ちの人はいません".to_owned() } else { text })
}

impl Named {
    async fn find(&self, app: &App) -> Result<AccountId> {
        let name = self.name.trim_start_matches('@').to_owned();
        let found = app.store.read(move |db| accounts::by_handle(db, &name, None)).await?;
        Ok(found.with_context(|| format!("nobody here is called {}", self.name))?.id)
    }
}

impl Create {
    async fn on(&self, app: &App) -> Result<String> {
        let asked = self;
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
