//! `nagaya plugin letters`: what a bot could not deal with.

use clap::Args;

use crate::actions::bot::letters;
use crate::app::App;
use crate::store::bot_events::Event;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The bot.
    pub(super) id: String,
    /// Try this letter again, or all. / もう一度試します（番号またはall）
    #[arg(long, conflicts_with = "discard")]
    again: Option<String>,
    /// Throw this letter away. / 捨てます
    #[arg(long)]
    discard: Option<i64>,
}

impl Arguments {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<String> {
        if let Some(which) = &self.again {
            let letter = match which.as_str() {
                "all" => None,
                number => Some(number.parse().map_err(|_| anyhow::anyhow!("{number} is no number of a letter"))?),
            };
            let count = letters::replay(app, &self.id, letter).await?;
            return Ok(format!("{count} are tried again.\n{count}件をもう一度試します。"));
        }
        if let Some(letter) = self.discard {
            letters::discard(app, &self.id, letter).await?;
            return Ok(format!("{letter} is gone.\n{letter} を捨てました。"));
        }
        let Some(mailbox) = letters::mailbox(app, &self.id).await? else {
            anyhow::bail!("{0} is no bot. / {0} はボットではありません。", self.id)
        };
        let found = letters::list(app, &self.id, None).await?;
        let mut lines: Vec<String> = found.iter().map(line).collect();
        lines.push(format!(
            "{} wait, {} could not be dealt with, {} found the mailbox full.\n待ち {}件、失敗 {}件、満杯で失われたもの {}件。",
            mailbox.waiting, mailbox.dead, mailbox.bot.missed, mailbox.waiting, mailbox.dead, mailbox.bot.missed
        ));
        Ok(lines.join("\n"))
    }
}

fn line(letter: &Event) -> String {
    let what = if letter.what.name.is_empty() { String::new() } else { format!(" {}", letter.what.name) };
    let why = letter.last_error.as_deref().unwrap_or_default();
    let (at, tries) = (letter.created_at.rfc3339(), letter.attempts);
    format!("{}  {at}  {}{what}  {tries} tries / {tries}回: {why}", letter.id, letter.what.kind)
}
