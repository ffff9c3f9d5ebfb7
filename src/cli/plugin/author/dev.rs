//! `nagaya plugin dev`: watches a plugin's folder; at every change it builds, plays the cases, puts the result into a running
//! server (the demo's, or any whose data folder is here) and shows what the plugin writes into its log. Ends with Ctrl-C.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{build, test};
use crate::cli::{Place, say};

/// How often it looks for changes and for new lines of the log.
const PAUSE: Duration = Duration::from_millis(500);
/// Folders that builds write.
const BUILT: &[&str] = &["target", "node_modules", ".git"];

/// Goes on until somebody ends it.
pub fn run(folder: &Path, place: &Place) -> Result<String> {
    let server = Server { place };
    let mut shown = Vec::new();
    loop {
        let before = sources(folder)?;
        match reload(folder, &server) {
            Ok(said) => say(&said)?,
            Err(why) => say(&format!("{why:#}\nnot reloaded; the version before runs on / 読み込み直していません"))?,
        }
        let id = build::id(folder)?;
        while sources(folder)? == before {
            std::thread::sleep(PAUSE);
            let lines = server.run(&["logs", &id]).unwrap_or_default();
            // Lines begin with their time; everything else is the command's own word.
            let timed = lines.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
            let lines: Vec<String> = timed.map(str::to_owned).collect();
            // What is there since the last look; the server keeps the newest lines only.
            let known =
                shown.last().and_then(|last| lines.iter().rposition(|line| line == last)).map_or(0, |at| at + 1);
            for line in &lines[known..] {
                say(line)?;
            }
            if !lines.is_empty() {
                shown = lines;
            }
        }
    }
}

fn reload(folder: &Path, server: &Server<'_>) -> Result<String> {
    let mut said = build::run(folder)?;
    if folder.join("fixtures").is_dir() {
        said = format!("{said}\n{}", test::run(folder, false, false)?);
    }
    let (file, id) = (build::output(folder)?, build::id(folder)?);
    server.run(&["install", &file.to_string_lossy(), "--unsigned", "--grant", "all"])?;
    server.run(&["enable", &id])?;
    Ok(format!("{said}\n{id} is reloaded / {id} を読み込み直しました"))
}

/// The server that the plugin runs in, reached as every command reaches it.
struct Server<'p> {
    place: &'p Place,
}

impl Server<'_> {
    fn run(&self, words: &[&str]) -> Result<String> {
        let program = std::env::current_exe().context("our own program is not to be found")?;
        let mut command = Command::new(program);
        command.arg("plugin").args(words).arg("--config").arg(&self.place.config);
        if let Some(data) = &self.place.data {
            command.arg("--data").arg(data);
        }
        let Output { status, stdout, stderr } = command.output()?;
        if !status.success() {
            bail!("nagaya plugin {}: {}", words.join(" "), String::from_utf8_lossy(&stderr).trim());
        }
        Ok(String::from_utf8_lossy(&stdout).into_owned())
    }
}

/// Every file that somebody writes by hand, with a mark that changes with it.
fn sources(folder: &Path) -> Result<Vec<(PathBuf, u64, Option<Duration>)>> {
    let mut found = Vec::new();
    gather(folder, &mut found).with_context(|| format!("cannot look through {}", folder.display()))?;
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, found: &mut Vec<(PathBuf, u64, Option<Duration>)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, about) = (entry.path(), entry.metadata()?);
        let name = entry.file_name();
        if about.is_dir() {
            if !BUILT.iter().any(|built| name == *built) {
                gather(&path, found)?;
            }
        } else if path.extension().is_none_or(|end| end != "wasm")
            && !path.ends_with("fuel.json")
            && name != "Cargo.lock"
        {
            let changed = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            found.push((path, about.len(), changed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_wrote_counts_as_a_change() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("writes");
        };
        write("src/lib.rs", "one");
        let before = sources(place.path()).expect("looks");
        for built in ["target/x", "node_modules/a/b.js", "plugin.wasm", "fixtures/fuel.json", "Cargo.lock"] {
            write(built, "built");
            assert_eq!(sources(place.path()).expect("looks"), before, "{built}");
        }
        write("src/lib.rs", "another");
        assert_ne!(sources(place.path()).expect("looks"), before);
    }
}
