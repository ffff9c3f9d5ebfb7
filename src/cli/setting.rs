//! `nagaya setting`: what an operator changes while the server runs.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::Place;
use crate::actions::setting;
use crate::app::App;
use crate::store::settings;

/// Keys that the server keeps for itself.
const OWN: &[&str] = &["vapid_private_key", settings::TRANSLATION_LANGUAGES, settings::NAMES];

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the value of a setting. / 設定の値を表示します
    #[command(after_help = "Example:\n  nagaya setting get title")]
    Get(Key),
    /// Change a setting; it counts at once. / 設定を変更します（すぐに有効になります）
    #[command(after_help = "Examples:\n  nagaya setting set title \"Our row house\"\n  \
                      nagaya setting set translation_url http://127.0.0.1:5000")]
    Set(Pair),
    /// Forget a setting, so that its default counts again. / 設定を消して初期値に戻します
    Unset(Key),
    /// Show all settings. / すべての設定を表示します
    List(Place),
}

#[derive(Args)]
pub(super) struct Key {
    /// Its name.
    key: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Pair {
    /// Its name.
    key: String,
    /// What it is to be.
    value: String,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Get(asked) | Self::Unset(asked) => &asked.place,
            Self::Set(asked) => &asked.place,
            Self::List(place) => place,
        }
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        match self {
            Self::Get(asked) => {
                let key = open(&asked.key)?;
                let value = app.store.read(move |db| settings::get(db, &key)).await?;
                Ok(value.unwrap_or_default())
            }
            Self::Set(asked) => {
                put(app, open(&asked.key)?, Some(asked.value.clone())).await?;
                Ok(format!("{} is set", asked.key))
            }
            Self::Unset(asked) => {
                let key = open(&asked.key)?;
                let was = put(app, key, None).await?;
                Ok(if was {
                    format!("{} is not set any more", asked.key)
                } else {
                    format!("{} was not set", asked.key)
                })
            }
            Self::List(_) => {
                let all = app.store.read(settings::all).await?;
                let open = all.into_iter().filter(|(key, _)| !OWN.contains(&key.as_str()));
                let lines: Vec<String> = open.map(|(key, value)| format!("{key} = {value}")).collect();
                Ok(if lines.is_empty() { "nothing is set".into() } else { lines.join("\n") })
            }
        }
    }
}

/// Sets or forgets a setting, with its row of history; answers whether that changed anything. A key that we do not know is
/// taken as it is: a later version may, and whoever types here knows what they do.
async fn put(app: &App, key: String, value: Option<String>) -> Result<bool> {
    let deed = app.clone();
    let Ok(known) = setting::find(&key) else {
        let written = app.store.write(move |tx| match &value {
            Some(value) => settings::set(tx, &key, value).map(|()| true),
            None => settings::unset(tx, &key),
        });
        return Ok(written.await?);
    };
    let value = value.map(|value| setting::checked(known, &value)).transpose()?;
    let written = app.store.write(move |tx| setting::put(tx, &deed, known, value, None, None));
    Ok(written.await?.is_some())
}

/// The key, unless it is the server's own.
fn open(key: &str) -> Result<String> {
    let sound = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !sound || OWN.contains(&key) {
        bail!("{key:?} is no setting that people change");
    }
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::Cli;
    use crate::testing;

    #[tokio::test]
    async fn settings_are_set_shown_and_forgotten() {
        let (_folder, app) = testing::app();
        for (arguments, expected) in [
            ("list", Some("nothing is set")),
            ("set title Row", Some("title is set")),
            ("get title", Some("Row")),
            ("list", Some("title = Row")),
            ("unset title", Some("title is not set any more")),
            ("unset title", Some("title was not set")),
            ("get title", Some("")),
            ("get vapid_private_key", None),
            ("set a=b c", None),
        ] {
            let line = ["nagaya", "setting"].into_iter().chain(arguments.split(' '));
            let command = Cli::try_parse_from(line).expect("arguments").command;
            let answer = command.on(&app, std::path::Path::new(".")).await;
            assert_eq!(answer.ok().as_deref(), expected, "{arguments}");
        }
    }
}
