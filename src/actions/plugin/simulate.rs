//! What a fan-out policy would do with one post: its plan and the built-in one, played over the same servers.

use std::time::Duration;

use crate::activitypub::audience::Visibility;
use crate::activitypub::ids;
use crate::app::App;
use crate::error::{Error, Result};
use crate::plugins::envelope::{Direction, Envelope};
use crate::plugins::plan::{self, Settled, Target};
use crate::plugins::simulation::{self, Hosts, Limits, Run};
use crate::plugins::{InstalledPlugin, Plugins, facts, permissions};
use crate::random::Random;
use crate::store::accounts::{self, Account};
use crate::store::{Connection, follows, plans, plugins};

use super::super::{fan_out, translate};
use super::manage;

/// CPU time of a delivery, mostly for its signature, as measured (`cargo bench`).
const CPU_US: u64 = 450;
/// The most servers of a made-up network.
pub const MOST: usize = 100_000;

/// Over which servers.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// Those where this local account has followers; `None`: the account with the most.
    Followers(Option<String>),
    /// A made-up network.
    Made(Hosts),
}

/// How the two plans went.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Report {
    pub plugin: String,
    /// Whose followers; `None`: nobody's, the network is made up.
    pub author: Option<String>,
    pub targets: Vec<Target>,
    pub built_in: Run,
    pub policy: Run,
    /// What the plan took, the whole of it.
    pub planning: Duration,
    /// Servers that the policy leaves out.
    pub dropped: usize,
}

/// Asks the policy `name` (installed, or one that comes with the server) for a plan of a public post; sends nothing and
/// changes nothing. The same seed gives the same result.
pub async fn run(app: &App, name: &str, over: Over, seed: u64) -> Result<Report> {
    let (wanted, config) = (name.to_owned(), app.config.clone());
    let (ground, now) = (translate::ground(app), app.clock.now());
    let read = app.store.read(move |db| {
        let row = installed(db, &wanted)?;
        let (author, targets) = match over {
            Over::Followers(wanted) => {
                let author = author(db, wanted.as_deref())?;
                let inboxes = plans::would_go_to(db, author.id)?;
                let followers = plans::readers(db, author.id)?.into_iter().collect();
                (Some(author), fan_out::targets("Create", &inboxes, &followers, now))
            }
            Over::Made(hosts) => (None, simulation::network(Hosts { count: hosts.count.min(MOST), ..hosts })),
        };
        let actor = match &author {
            Some(author) => facts::actor(db, &ground, author, true)?,
            None => {
                let uri = config.url("/users/somebody");
                facts::actor(
                    db,
                    &ground,
                    &Account::bare(accounts::INSTANCE, "somebody", None, uri.clone(), uri, now),
                    false,
                )?
            }
        };
        let envelope = Envelope {
            direction: Direction::Outbound,
            activity: "Create".into(),
            object: Some("Note".into()),
            id: ids::status(&actor.id, crate::ids::StatusId(1)),
            actor,
            visibility: Some(Visibility::Public),
            published: Some(now),
            text: "Good morning! おはよう".into(),
            recipients: 2,
            ..Envelope::default()
        };
        Ok((row, author.map(|author| author.username), targets, envelope))
    });
    let (row, author, targets, envelope) = read.await?;
    if targets.is_empty() {
        return Err(nobody());
    }
    let row = match row {
        Some(row) => row,
        None => built_in(app, name).await?,
    };
    let plugin = row.id.clone();
    let (made, planning) = app.plugins.try_plan(row, &envelope, &targets).await?;
    let random = Random::seeded(seed);
    let mut settled: Vec<Settled> = Vec::with_capacity(targets.len());
    for (some, made) in targets.chunks(plan::TARGETS).zip(made) {
        let answer = plan::settle("Create", some, &made.plan, made.rights, || random.fraction());
        settled.extend(answer.map_err(|why| Error::Plugin { id: plugin.clone(), why })?);
    }
    let limits = Limits { in_flight: app.config.deliveries_in_flight, cpu_us: CPU_US };
    Ok(Report {
        built_in: simulation::play(&targets, &[], limits),
        policy: simulation::play(&targets, &settled, limits),
        dropped: settled.iter().filter(|one| one.drop.is_some()).count(),
        plugin,
        author,
        targets,
        planning,
    })
}

/// The installed plugin, as it would run.
fn installed(db: &Connection, name: &str) -> Result<Option<InstalledPlugin>> {
    let row = match manage::find(db, name) {
        Ok(row) => row,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let grants = plugins::grants(db, &row.id, &row.publisher_key)?;
    Ok(Some(InstalledPlugin::of(row, grants)))
}

/// One that comes with the server, with all that it asks for.
async fn built_in(app: &App, name: &str) -> Result<InstalledPlugin> {
    let wasm = Plugins::built_in(name).ok_or(Error::NotFound("plugin"))?;
    let prepared = app.plugins.prepare(wasm.to_vec()).await?;
    let asks = permissions::asked(&prepared.manifest).unwrap_or_default();
    Ok(InstalledPlugin {
        grants: asks.into_iter().map(|ask| ask.name).collect(),
        ..InstalledPlugin::bare(&prepared.manifest.id, prepared.wasm)
    })
}

fn author(db: &Connection, wanted: Option<&str>) -> Result<Account> {
    match wanted {
        Some(name) => accounts::by_handle(db, name.trim_start_matches('@'), None)?.ok_or(Error::NotFound("account")),
        None => {
            let found = follows::most_followed_here(db)?.map_or(Ok(None), |id| accounts::by_id(db, id))?;
            found.ok_or_else(nobody)
        }
    }
}

fn nobody() -> Error {
    Error::Conflict(
        "nobody elsewhere follows that account; try a made-up network (--hosts 2000) / \
         他サーバーのフォロワーがいません。--hosts 2000 で架空のネットワークを試せます"
            .into(),
    )
}
