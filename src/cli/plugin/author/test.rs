//! `nagaya plugin test`: plays the golden cases in `fixtures/` against the built plugin, with a stand-in for the server.
//!
//! Each case has a budget of fuel in `fixtures/fuel.json`; whoever burns more than a tenth above it fails, so that a slow
//! change is noticed when it is made. A case without a budget gets one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::plugins::rehearsal::{Rehearsal, cases};

/// Beside the fixtures.
const BUDGETS: &str = "fuel.json";

/// Plays all cases; an error when one does not do what it should.
pub fn run(folder: &Path, save: bool, log: bool) -> Result<String> {
    let plugin = open(folder)?;
    let fixtures = fixtures(folder)?;
    let file = folder.join("fixtures").join(BUDGETS);
    let mut budgets: BTreeMap<String, u64> = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} cannot be read", file.display()))?,
        Err(_) => BTreeMap::new(),
    };
    let before = budgets.clone();
    let (mut out, mut wrong, mut count) = (String::new(), 0, 0);
    for (name, fixture) in &fixtures {
        for case in cases(fixture) {
            let title = case["name"].as_str().unwrap_or("?");
            let played = wait(plugin.play(fixture, case))??;
            count += 1;
            let key = format!("{name}: {title}");
            let fits = played.got == case["expect"];
            let budget = match budgets.get(&key) {
                Some(budget) if !save => *budget,
                _ => played.fuel,
            };
            // What a wrong case burns is no measure of a right one.
            if fits {
                budgets.insert(key, budget);
            }
            let thrifty = played.fuel <= budget + budget / 10;
            writeln!(out, "{} {title} ({} fuel)", if fits && thrifty { "ok   " } else { "WRONG" }, played.fuel)?;
            if !fits {
                writeln!(out, "      expected {}\n      got      {}", case["expect"], played.got)?;
            }
            if !thrifty {
                writeln!(out, "      its budget is {budget}; --save-fuel takes what it burns now / 予算を超えました")?;
            }
            for line in played.log.iter().filter(|_| log || !fits) {
                writeln!(out, "      log: {line}")?;
            }
            wrong += usize::from(!fits || !thrifty);
        }
    }
    if count == 0 {
        bail!("there are no cases in {} / テストケースがありません", folder.join("fixtures").display());
    }
    if budgets != before {
        let text = serde_json::to_string_pretty(&budgets)? + "\n";
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        writeln!(out, "budgets kept in {0} / 予算を{0}に保存しました", file.display())?;
    }
    if wrong > 0 {
        bail!("{out}{wrong} of {count} cases are wrong / {count}件中{wrong}件が失敗しました");
    }
    write!(out, "{count} cases are right / {count}件すべて成功しました")?;
    Ok(out)
}

/// The built plugin of a folder.
pub(super) fn open(folder: &Path) -> Result<Rehearsal> {
    let file = super::build::output(folder)?;
    let wasm = std::fs::read(&file).with_context(|| {
        format!("{0} is missing: nagaya plugin build {1} / 先にビルドしてください", file.display(), folder.display())
    })?;
    Ok(Rehearsal::open(wasm)?)
}

/// The fixtures of a folder, by the names of their files.
pub(super) fn fixtures(folder: &Path) -> Result<Vec<(String, Value)>> {
    let place = folder.join("fixtures");
    let entries = std::fs::read_dir(&place).with_context(|| format!("cannot read {}", place.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json") && !file.ends_with(BUDGETS));
    files.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let json = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
        Ok((file.file_name().unwrap_or_default().to_string_lossy().into_owned(), json))
    };
    files.into_iter().map(read).collect()
}

/// Waits here: these commands run without a server and its runtime.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(future))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as `plugin new` and `plugin build` leave it, around a plugin that comes with the server.
    fn folder(cases: &str) -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(place.path().join("fixtures")).expect("a folder");
        let write = |name: &str, bytes: &[u8]| std::fs::write(place.path().join(name), bytes).expect("writes");
        write("manifest.toml", include_bytes!("../../../../plugins/visibility/manifest.toml"));
        write("visibility.wasm", crate::plugins::Plugins::built_in("visibility").expect("is there"));
        write("fixtures/cases.json", cases.as_bytes());
        place
    }

    const CASES: &str = r#"{"settings": {"unlist_bots": true}, "cases": [
        {"name": "a bot", "base": "mastodon", "with": {"actor": {"kind": "Service"}, "published": 1786111355000},
         "expect": {"verdict": "accept", "effects": [{"set-visibility": "unlisted"}]}},
        {"name": "a person", "with": {"text": "hello"}, "expect": {"verdict": "accept"}}]}"#;

    #[test]
    fn cases_are_right_wrong_or_too_dear() {
        let place = folder(CASES);
        let told = run(place.path(), false, false).expect("all right");
        assert!(told.contains("2 cases are right") && told.contains("budgets kept"), "{told}");
        assert!(!run(place.path(), false, false).expect("still").contains("budgets kept"));

        let file = place.path().join("fixtures/fuel.json");
        let budgets = std::fs::read_to_string(&file).expect("is there");
        let budgets: BTreeMap<String, u64> = serde_json::from_str(&budgets).expect("JSON");
        let less: BTreeMap<_, _> = budgets.iter().map(|(name, fuel)| (name, fuel * 10 / 12)).collect();
        std::fs::write(&file, serde_json::to_string(&less).expect("JSON")).expect("writes");
        let told = run(place.path(), false, false).expect_err("too dear").to_string();
        assert!(told.contains("its budget is") && told.contains("2 of 2 cases are wrong"), "{told}");
        run(place.path(), true, false).expect("the budget is raised");
        run(place.path(), false, false).expect("and holds");

        let place = folder(&CASES.replace("unlisted", "direct"));
        let told = run(place.path(), false, false).expect_err("wrong").to_string();
        assert!(told.contains("1 of 2 cases are wrong") && told.contains("got "), "{told}");
        let budgets = std::fs::read_to_string(place.path().join("fixtures/fuel.json")).expect("is there");
        assert!(budgets.contains("a person") && !budgets.contains("a bot"), "{budgets}");
    }

    #[test]
    fn fixtures_that_make_no_sense_say_where() {
        for (from, to, why) in [
            ("\"mastodon\"", "\"mastodont\"", "there is no document mastodont"),
            ("\"text\"", "\"txet\"", "txet"),
            ("\"unlist_bots\"", "\"unlist_bot\"", "no setting unlist_bot"),
            ("{\"settings\"", "{\"host\": {\"nwo\": 1}, \"settings\"", "nwo"),
        ] {
            let place = folder(&CASES.replacen(from, to, 1));
            let told = format!("{:#}", run(place.path(), false, false).expect_err(why));
            assert!(told.contains(why), "{told}");
        }
    }
}
