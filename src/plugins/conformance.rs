//! The golden cases of the plugins that come with the server, run through the built components as the server runs them:
//! wrapped, compiled, linked with what they ask for, instantiated anew for each call. Bots and plans, which do things or go
//! somewhere, play before a stand-in for the server ([`Rehearsal`]).
//!
//! A fixture names a policy, settings, and cases: a document of some program with changes, and the decision that must come
//! out. Each case is also run without the plugin: of every policy at least one must then fail.

mod case;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use self::case::{CASES, Case, Fixture, Surroundings, written};
use super::envelope::{Actor, Decision, Verdict};
use super::manifest::Kind;
use super::rehearsal::{self, Rehearsal};
use super::{InstalledPlugin, Options, Outcome, Plugins, Prepared, Ruling, StandIn, permissions};
use crate::clock::{Clock, Time};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::random::Random;
use crate::store::accounts::{self, Account};
use crate::store::{Store, plugin_kv};

/// When the cases happen.
const NOW: Time = Time(1_786_111_355_000);
/// Where.
const HOST: &str = "nagaya.example";

/// What a run of all cases showed.
#[derive(Debug, Default)]
pub struct Report {
    /// One line for each fixture.
    pub lines: Vec<Line>,
}

/// What one fixture showed.
#[derive(Debug, Default, Clone)]
pub struct Line {
    /// Its number in the checklist of 40; 0: it is not on it.
    pub policy: u32,
    /// The policy's name.
    pub name: String,
    /// The plugin's short name.
    pub plugin: String,
    /// How many cases there are.
    pub cases: usize,
    /// Those that did something else than they should, in words.
    pub failed: Vec<String>,
    /// How many would fail if the plugin were disabled.
    pub fail_without: usize,
}

impl Report {
    /// Cases that were run.
    pub fn cases(&self) -> usize {
        self.lines.iter().map(|line| line.cases).sum()
    }

    /// Whether every case did what it should, and every policy has one that fails without its plugin.
    pub fn is_good(&self) -> bool {
        self.lines.iter().all(|line| line.failed.is_empty() && line.fail_without > 0)
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let mut out =
            String::from("  #  policy                            plugin         cases  passed  fail without it\n");
        for line in &self.lines {
            let (name, passed) = (&line.name, line.cases - line.failed.len());
            let number = if line.policy == 0 { "–".to_owned() } else { line.policy.to_string() };
            let _ = writeln!(
                out,
                "{number:>3}  {name:<32}  {:<13}  {:>5}  {passed:>6}  {:>15}",
                line.plugin, line.cases, line.fail_without
            );
            for failed in &line.failed {
                let _ = writeln!(out, "     ! {failed}");
            }
        }
        let failed: usize = self.lines.iter().map(|line| line.failed.len()).sum();
        let blind = self.lines.iter().filter(|line| line.fail_without == 0).count();
        let _ = write!(
            out,
            "{} cases, {failed} failed, {blind} policies that nobody would miss\n\
             {}件中、失敗{failed}件、無効でも気づかないポリシー{blind}件",
            self.cases(),
            self.cases()
        );
        out
    }
}

/// Runs all cases in `folder`, which must be empty. `program` compiles the plugins ([`super::compile::COMMAND`]); none: this
/// process does.
pub async fn run(folder: &Path, program: Option<&Path>) -> Result<Report> {
    let store = Store::open(folder)?;
    let plugins = Plugins::start(Options {
        data: folder.to_owned(),
        program: program.unwrap_or(folder).to_owned(),
        enabled: true,
        host: HOST.into(),
        handle_domain: HOST.into(),
        clock: Clock::manual(NOW),
        random: Random::System,
        store: store.clone(),
        outbound: None,
        compile_in_process: program.is_none(),
    });
    let mut report = Report::default();
    let mut prepared: Option<(String, Prepared)> = None;
    for (file, text) in CASES.fixtures {
        let fixture = case::read(file, text)?;
        if !judges(&fixture.plugin)? {
            report.lines.push(rehearsed(text, &fixture).await?);
            continue;
        }
        if prepared.as_ref().is_none_or(|(name, _)| *name != fixture.plugin) {
            prepared = Some((fixture.plugin.clone(), plugins.prepare(file_of(&fixture.plugin)?.to_vec()).await?));
        }
        let Some((_, plugin)) = &prepared else { continue };
        report.lines.push(of_fixture(&plugins, &store, plugin, &fixture).await?);
    }
    report.lines.sort_by_key(|line| (line.policy == 0, line.policy));
    Ok(report)
}

fn file_of(plugin: &str) -> Result<&'static [u8]> {
    Plugins::built_in(plugin).ok_or_else(|| Error::Bug(format!("no plugin {plugin} comes with the server")))
}

fn judges(plugin: &str) -> Result<bool> {
    let kinds = super::Manifest::of_wasm(file_of(plugin)?)?.kinds;
    Ok(kinds.iter().any(|kind| matches!(kind, Kind::Filter | Kind::ActorFilter | Kind::Gate)))
}

async fn of_fixture(plugins: &Plugins, store: &Store, plugin: &Prepared, fixture: &Fixture) -> Result<Line> {
    let mut line = Line {
        policy: fixture.policy,
        name: fixture.name.clone(),
        plugin: fixture.plugin.clone(),
        cases: fixture.cases.len(),
        ..Line::default()
    };
    for case in &fixture.cases {
        let mut around = fixture.host.clone();
        around.people.extend(case.host.people.clone());
        around.names.extend(case.host.names.clone());
        around.web.extend(case.host.web.clone());
        settle_down(store, &plugin.manifest.id, &around).await?;
        let got = with(plugins, plugin, fixture, case, around).await?;
        if got != case.expect {
            line.failed.push(format!("{}: expected {}, got {got}", case.name, case.expect));
        }
        line.fail_without += usize::from(without(plugins, case).await? != case.expect);
    }
    Ok(line)
}

/// A bot or a plan. Without it nothing is done, and everything goes as usual: both are written as nothing.
async fn rehearsed(text: &str, fixture: &Fixture) -> Result<Line> {
    let plugin = Rehearsal::open(file_of(&fixture.plugin)?.to_vec())?;
    let whole: Value = serde_json::from_str(text).map_err(|why| Error::Bug(format!("{}: {why}", fixture.name)))?;
    let mut line = Line {
        policy: fixture.policy,
        name: fixture.name.clone(),
        plugin: fixture.plugin.clone(),
        cases: fixture.cases.len(),
        ..Line::default()
    };
    for (case, told) in rehearsal::cases(&whole).iter().zip(&fixture.cases) {
        let got = plugin.play(&whole, case).await?.got;
        if got != told.expect {
            line.failed.push(format!("{}: expected {}, got {got}", told.name, told.expect));
        }
        line.fail_without += usize::from(told.expect != json!({}));
    }
    Ok(line)
}

/// What the plugin says.
async fn with(
    plugins: &Plugins,
    plugin: &Prepared,
    fixture: &Fixture,
    case: &Case,
    around: Surroundings,
) -> Result<Value> {
    let mut settings = fixture.settings.clone();
    settings.extend(case.settings.clone());
    let asks = permissions::asked(&plugin.manifest).map_err(super::manifest::refused)?;
    let row = InstalledPlugin {
        config: Value::Object(settings).to_string(),
        only_if: fixture.rules.as_ref().map_or_else(|| "[]".to_owned(), Value::to_string),
        grants: asks.into_iter().map(|ask| ask.name).collect(),
        stand_in: Some(Arc::new(StandIn { names: around.names, web: around.web })),
        ..InstalledPlugin::bare(&plugin.manifest.id, plugin.wasm.clone())
    };
    let failed = |failure: super::Failure| Error::Plugin { id: failure.plugin, why: failure.why };
    if let Some((url, purpose)) = &case.fetch {
        let allowed = plugins.try_gate(row, url, purpose).await?;
        return Ok(json!({"allow": allowed.map_err(failed)?}));
    }
    if let Some(profile) = &case.profile {
        let actor = profile.envelope()?.actor;
        let decision = plugins.try_actor(row, &actor, &case.raw.to_string()).await?;
        return Ok(written(&decision.map_err(failed)?));
    }
    let mut envelopes = Vec::new();
    for document in &case.before {
        envelopes.push(document.envelope()?);
    }
    envelopes.push(case::envelope(case.base.as_deref().unwrap_or_default(), &case.with)?);
    let said = plugins.try_one(row, envelopes).await?.pop();
    Ok(written(&said.unwrap_or_else(|| Ok(Decision::default())).map_err(failed)?))
}

/// What a server says on which no plugin runs.
async fn without(plugins: &Plugins, case: &Case) -> Result<Value> {
    if let Some((url, _)) = &case.fetch {
        return Ok(json!({"allow": plugins.gate(url, "post").await.is_none()}));
    }
    if let Some(profile) = &case.profile {
        let outcome = plugins.filter_actor(&profile.envelope()?.actor, &case.raw.to_string()).await;
        return Ok(written(&decision(outcome)));
    }
    let envelope = case::envelope(case.base.as_deref().unwrap_or_default(), &case.with)?;
    Ok(written(&decision(plugins.filter(envelope).await)))
}

fn decision(outcome: Outcome) -> Decision {
    let verdict = match outcome.ruling {
        Ruling::Accept => Verdict::Accept,
        Ruling::Hold { reason, .. } => Verdict::Hold(reason),
        Ruling::Reject { reason, .. } => Verdict::Reject(reason),
    };
    let effects = outcome.effects.into_iter().map(|applied| applied.effect).collect();
    Decision { verdict, score: 0, effects }
}

/// Forgets what the plugin kept, and makes the people known.
async fn settle_down(store: &Store, plugin: &str, around: &Surroundings) -> Result<()> {
    if let Some(now) = around.now
        && now != NOW.0
    {
        return Err(Error::Bug(format!("the cases happen at {}, not at {now}", NOW.0)));
    }
    let (plugin, people) = (plugin.to_owned(), around.people.clone());
    store
        .write(move |tx| {
            plugin_kv::clear(tx, &plugin)?;
            people.iter().enumerate().try_for_each(|(number, actor)| {
                let id = AccountId(1_000 + i64::try_from(number).unwrap_or_default());
                accounts::upsert(tx, &account(id, actor)).map(drop)
            })
        })
        .await
}

fn account(id: AccountId, actor: &Actor) -> Account {
    let (name, domain) = actor.handle.split_once('@').unwrap_or((&actor.handle, HOST));
    let domain = Some(domain).filter(|domain| *domain != HOST);
    Account {
        kind: actor.kind.clone(),
        display_name: actor.display_name.clone(),
        note: crate::text::render::escape(&actor.bio),
        locked: actor.locked,
        ..Account::bare(id, name, domain, actor.id.clone(), actor.id.clone(), actor.first_seen)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// Each of the 40 policies has four cases or more, all of which pass, and one that fails without its plugin.
    #[tokio::test]
    async fn the_golden_cases_of_all_policies_pass_and_would_fail_without_their_plugins() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = super::run(folder.path(), None).await.expect("runs");
        let table = report.table();
        assert!(report.is_good(), "{table}");
        let mut policies: BTreeMap<u32, usize> = BTreeMap::new();
        for line in report.lines.iter().filter(|line| line.policy > 0) {
            *policies.entry(line.policy).or_default() += line.cases;
        }
        let missing: Vec<u32> = (1..=40).filter(|number| !policies.contains_key(number)).collect();
        assert!(missing.is_empty(), "no cases of {missing:?}\n{table}");
        assert!(policies.values().all(|cases| *cases >= 4), "{table}");
        let on_the_list: usize = policies.values().sum();
        assert!(on_the_list >= 160, "{table}");
    }
}
