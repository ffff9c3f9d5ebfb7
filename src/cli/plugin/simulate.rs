//! `nagaya plugin simulate`: a fan-out policy beside the built-in plan, on paper.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::actions::plugin::simulate::{self, Over, Report};
use crate::app::App;
use crate::error::Error;
use crate::plugins::simulation::picture::{self, Line};
use crate::plugins::simulation::{Hosts, Run, is_slow};

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The policy: an installed plugin, or one that comes with Nagaya.
    pub(super) id: String,
    /// A made-up network of so many servers, instead of the servers of real followers. / 架空のサーバー数
    #[arg(long)]
    hosts: Option<usize>,
    /// How many of them are slow, in percent. / 遅いサーバーの割合
    #[arg(long, default_value = "30%", value_parser = percent)]
    slow: f64,
    /// Whose followers; without it, those of the account with the most. / フォロワーを使うアカウント
    #[arg(long, conflicts_with = "hosts")]
    author: Option<String>,
    /// The same number gives the same result. / 乱数の種
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw the curves into this file (SVG). / 図をSVGファイルに書き出します
    #[arg(long)]
    picture: Option<PathBuf>,
}

fn percent(typed: &str) -> Result<f64, String> {
    let number: f64 = typed.trim_end_matches('%').parse().map_err(|_| format!("{typed} is no percentage"))?;
    if (0.0..=100.0).contains(&number) { Ok(number / 100.0) } else { Err("is from 0% to 100%".into()) }
}

impl Arguments {
    /// Carries it out and returns what to print. Relative paths are relative to `folder`.
    pub(super) async fn run(&self, app: &App, folder: &Path) -> anyhow::Result<String> {
        let over = match self.hosts {
            Some(count) => Over::Made(Hosts { count, slow: self.slow, seed: self.seed }),
            None => Over::Followers(self.author.clone()),
        };
        let report = simulate::run(app, &self.id, over, self.seed).await?;
        let mut said = table(&report);
        if let Some(file) = &self.picture {
            let path = folder.join(file);
            let slow = report.targets.iter().filter(|target| is_slow(target)).count();
            let title = format!(
                "{}: {} servers, {slow} of them slow / サーバー{}台（うち遅い{slow}台）",
                report.plugin,
                report.targets.len(),
                report.targets.len(),
            );
            let lines = [
                Line { name: "built-in plan / 標準の計画", run: &report.built_in },
                Line { name: &report.plugin, run: &report.policy },
            ];
            let svg = picture::draw(&title, &lines);
            tokio::fs::write(&path, svg).await.map_err(Error::io(format!("cannot write {}", path.display())))?;
            said.push_str(&format!("\nThe picture: {0} / 図: {0}", path.display()));
        }
        Ok(said)
    }
}

fn table(report: &Report) -> String {
    let slow = |place: usize| is_slow(&report.targets[place]);
    let whose = match &report.author {
        Some(name) => format!("followers of @{name} / @{name} のフォロワー"),
        None => "a made-up network / 架空のネットワーク".to_owned(),
    };
    let count = (0..report.targets.len()).filter(|place| slow(*place)).count();
    let mut out = format!(
        "{} over {} servers ({count} slow), {whose}\nサーバー{}台（うち遅い{count}台）\n\n{:<44}{:>12}{:>12}\n",
        report.plugin,
        report.targets.len(),
        report.targets.len(),
        "",
        "built-in",
        "policy"
    );
    let mut row = |name: &str, read: &dyn Fn(&Run) -> String| {
        let (plain, own) = (read(&report.built_in), read(&report.policy));
        let pad = 44_usize.saturating_sub(width(name));
        out.push_str(&format!("{name}{}{plain:>12}{own:>12}\n", " ".repeat(pad)));
    };
    for percent in [10, 50, 90, 99] {
        let share = f64::from(percent) / 100.0;
        row(&format!("{percent} % of all have it / 全体の{percent}%に到達"), &|run| {
            time(run.share_ms(share, |_| true))
        });
    }
    row("90 % of the quick ones / 速いサーバーの90%", &|run| time(run.share_ms(0.9, |place| !slow(place))));
    row("requests in the busiest second / 毎秒の最大送信数", &|run| run.peak_per_second.to_string());
    row("under way at once / 同時送信数の最大", &|run| run.peak_in_flight.to_string());
    row("requests / 送信数", &|run| run.requests.to_string());
    row("CPU for them / CPU時間", &|run| format!("{} ms", run.cpu_ms));
    out.push_str(&format!(
        "\nThe plan itself took {:.1} ms; it leaves out {} servers.\n計画の作成に{:.1}ミリ秒、配送しないサーバー{}台。",
        report.planning.as_secs_f64() * 1_000.0,
        report.dropped,
        report.planning.as_secs_f64() * 1_000.0,
        report.dropped
    ));
    out
}

/// Columns on a terminal: letters of Japanese take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn time(ms: Option<u64>) -> String {
    match ms {
        None => "never".into(),
        Some(ms) if ms < 10_000 => format!("{:.2} s", ms as f64 / 1_000.0),
        Some(ms) if ms < 600_000 => format!("{} s", ms / 1_000),
        Some(ms) => format!("{} min", ms / 60_000),
    }
}
