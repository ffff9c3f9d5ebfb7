//! `nagaya mail`: whether mail works.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::Place;
use crate::app::App;
use crate::outbound::mail::{Letter, send};
use crate::store::mails;
use crate::text::locale::Lang;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Send a mail now and say what the mail server answered. / テストメールを送ります
    #[command(after_help = "Example:\n  nagaya mail test you@example.org")]
    Test(Test),
    /// Say how many mails wait. / 送信待ちのメール
    Queue(Place),
}

#[derive(Args)]
pub(super) struct Test {
    /// Where to.
    address: String,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Test(asked) => &asked.place,
            Self::Queue(place) => place,
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Test(asked) => {
                let server = app
                    .config
                    .mail
                    .as_ref()
                    .context("no mail server is configured; set `mail` in the configuration")?;
                let now = app.clock.now();
                let both: Vec<String> = Lang::all().map(|lang| lang.t("mail.test.text").to_owned()).collect();
                let letter = Letter {
                    id: format!("test.{}", now.0),
                    host: app.config.domain.clone(),
                    to: asked.address.clone(),
                    subject: Lang::ENGLISH.t("mail.test.subject").to_owned(),
                    text: both.join("\n\n"),
                    html: both.iter().map(|text| format!("<p>{text}</p>")).collect(),
                    date: now,
                };
                match send(server, letter).await {
                    Ok(()) => Ok(format!("{} took it / 送信しました", server.host)),
                    Err(refusal) => bail!("{}: {}", server.host, refusal.why()),
                }
            }
            Self::Queue(_) => {
                let since = app.clock.now().minus(std::time::Duration::from_secs(86_400));
                let (waiting, dropped) = app.store.read(move |db| mails::tally(db, since)).await?;
                Ok(format!("{waiting} waiting, {dropped} given up today / 送信待ち {waiting}、断念 {dropped}"))
            }
        }
    }
}
