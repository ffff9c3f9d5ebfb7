//! What a plugin writes into its log: what there is, and then what comes.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::actions::plugin::manage;
use crate::app::App;
use crate::cli::control;

/// How often a follower asks.
const PAUSE: Duration = Duration::from_millis(500);

/// The lines after this one, for people; with `after`, the number of the last line stands before them on a line of its own.
pub(super) async fn lines(app: &App, name: &str, after: Option<u64>) -> crate::error::Result<String> {
    let wanted = name.to_owned();
    let id = app.store.read(move |db| Ok(manage::find(db, &wanted)?.id)).await?;
    let lines = app.plugins.book(&id).lines(after.unwrap_or(0));
    let told = lines.iter().map(|line| format!("{} {} {}\n", line.at.rfc3339(), line.level, line.message));
    let told: String = told.collect();
    Ok(match after {
        Some(after) => format!("{}\n{told}", lines.last().map_or(after, |line| line.id)),
        None if told.is_empty() => "No lines since the start of the server. / 起動以降のログはありません。".into(),
        None => told,
    })
}

/// Prints lines as they come, from a running server, until the program is stopped.
pub(in crate::cli) async fn follow(data: &Path, id: &str, place: &[String]) -> Result<()> {
    let mut after = 0;
    loop {
        let mut arguments = ["nagaya", "plugin", "logs", id, "--after"].map(str::to_owned).to_vec();
        arguments.push(after.to_string());
        arguments.extend_from_slice(place);
        let answer = control::ask_as(data, arguments).await?;
        let (last, told) = answer.split_once('\n').unwrap_or((answer.as_str(), ""));
        after = last.parse().unwrap_or(after);
        if !told.is_empty() {
            crate::cli::say(told)?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
