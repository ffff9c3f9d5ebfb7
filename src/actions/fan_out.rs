//! Planning deliveries: an enabled fan-out policy is asked once for each activity, and its plan is put in force.
//!
//! Asked outside of transactions; without a usable answer the built-in plan counts: at once, in order. What a plan may do
//! is settled in [`crate::plugins::plan`]. Spec: `fan_out.wit`.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::activitypub::audience::Visibility;
use crate::activitypub::read;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::envelope::{Actor, Direction, Envelope};
use crate::plugins::facts::{self, Ground};
use crate::plugins::plan::{self, Settled, Target, Why};
use crate::plugins::{NoPlan, patch};
use crate::store::Connection;
use crate::store::accounts;
use crate::store::deliveries::{Priority, SICK};
use crate::store::peers;
use crate::store::plans::{self, Inbox, Planned, Readers, Waiting};
use crate::text::clean;

use super::translate;

/// Plans the oldest activity that waits for it. `false`: none does.
pub async fn plan_next(app: &App) -> Result<bool> {
    let ground = translate::ground(app);
    let Some(gathered) = app.store.read(move |db| gather(db, &ground)).await? else { return Ok(false) };
    let Gathered { waiting, author, followers } = gathered;
    let groups = Groups::of(&waiting, &followers, app.clock.now());
    let settled = match &author {
        Some(author) => ask(app, &waiting, author, &groups).await,
        None => None,
    };
    let (settled, variants) = settled.unwrap_or_default();
    let (now, activity, account) = (app.clock.now(), waiting.activity_id, waiting.account_id);
    let rows = groups.rows(&waiting, &settled, now);
    // What changes something must not overtake it.
    let released = if plan::follows_another(&waiting.kind) { groups.origins } else { Vec::new() };
    app.store
        .write(move |tx| {
            plans::release(tx, account, &released, now)?;
            plans::commit(tx, activity, &rows, &variants, now)
        })
        .await?;
    app.deliveries_waiting.notify_one();
    Ok(true)
}

/// Tells the policy what became of deliveries since the last time. Nobody waits for what it makes of that.
pub async fn learn(app: &App) {
    if let Some(Err(no_plan)) = app.plugins.learn().await {
        let (id, why) = (&no_plan.failure.plugin, &no_plan.failure.why);
        tracing::warn!(plugin.id = id, "plugin {id} did not learn: {why}");
        alarm(app, &no_plan).await;
    }
}

async fn alarm(app: &App, no_plan: &NoPlan) {
    if let Some(alarm) = &no_plan.alarm
        && let Err(error) = super::plugin::raise(app, alarm).await
    {
        tracing::error!(%error, "the alarm about the plugin {} could not be kept", alarm.plugin);
    }
}

struct Gathered {
    waiting: Waiting,
    author: Option<Actor>,
    followers: HashMap<String, Readers>,
}

fn gather(db: &Connection, ground: &Ground) -> Result<Option<Gathered>> {
    let Some(waiting) = plans::next(db)? else { return Ok(None) };
    let author = accounts::by_id(db, waiting.account_id)?;
    let author = author.map(|author| facts::actor(db, ground, &author, false)).transpose()?;
    let followers = plans::readers(db, waiting.account_id)?.into_iter().collect();
    Ok(Some(Gathered { waiting, author, followers }))
}

/// The deliveries of one activity by server, in the order of the targets.
struct Groups {
    origins: Vec<String>,
    targets: Vec<Target>,
}

impl Groups {
    fn of(waiting: &Waiting, followers: &HashMap<String, Readers>, now: Time) -> Self {
        let mut origins: Vec<String> = waiting.rows.iter().map(|row| row.origin.clone()).collect();
        origins.dedup();
        Self { origins, targets: targets(&waiting.kind, &waiting.rows, followers, now) }
    }

    /// Every delivery with what was settled for its server; without that as the built-in plan has it.
    fn rows(&self, waiting: &Waiting, settled: &[Settled], now: Time) -> Vec<Planned> {
        let places: HashMap<&str, usize> =
            self.origins.iter().enumerate().map(|(place, origin)| (origin.as_str(), place)).collect();
        let plain = Settled::default();
        let mut rows: Vec<Planned> = waiting
            .rows
            .iter()
            .map(|row| {
                let own = places.get(row.origin.as_str()).and_then(|place| settled.get(*place)).unwrap_or(&plain);
                Planned {
                    inbox: row.inbox.clone(),
                    origin: row.origin.clone(),
                    lane: lane(row, own, waiting),
                    not_before: now.plus(own.wait),
                    // Whatever a policy says, it lies before those of servers that fail.
                    priority: row.priority.saturating_add(own.priority).clamp(0, SICK - 1),
                    created_at: row.created_at,
                    drop_reason: own.drop.clone(),
                    variant: own.variant,
                }
            })
            .collect();
        rows.sort_by_key(|row| (row.priority, row.not_before));
        rows
    }
}

/// The servers behind inboxes that come in the order of their origins; `followers`: the author's, by origin.
pub(super) fn targets(kind: &str, rows: &[Inbox], followers: &HashMap<String, Readers>, now: Time) -> Vec<Target> {
    let why = |row: &Inbox| match (row.priority == Priority::Mentioned as i64, plan::follows_another(kind)) {
        (true, _) => Why::Mentioned,
        (false, true) => Why::PriorRecipient,
        (false, false) => Why::Follower,
    };
    let one = |rows: &[Inbox]| {
        let row = &rows[0];
        let Readers { people, mutuals } = followers.get(&row.origin).copied().unwrap_or_default();
        let inboxes = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        Target {
            host: peers::host_of(&row.origin),
            inboxes,
            recipients: people,
            mutuals,
            shared: people > u32::from(inboxes),
            why: if rows.iter().any(|row| why(row) == Why::Mentioned) { Why::Mentioned } else { why(row) },
            software: row.software.clone(),
            fails: row.fails,
            last_ok_s: row.last_ok_at.map(|at| u32::try_from(now.since(at).as_secs()).unwrap_or(u32::MAX)),
            latency_ms: row.latency_ms,
            queued: row.queued,
            tags: Vec::new(),
        }
    };
    rows.chunk_by(|a, b| a.origin == b.origin).map(one).collect()
}

/// What is delayed leaves the lane of its server, for it must hold up nobody else.
fn lane(row: &Inbox, settled: &Settled, waiting: &Waiting) -> String {
    match &settled.lane {
        Some(name) => format!("{}#{name}", row.origin),
        None if settled.wait.is_zero() => row.origin.clone(),
        None => format!("{}#later-{}", row.origin, waiting.activity_id),
    }
}

/// What the policy wants, one word for each target, and the bodies of its variants.
async fn ask(app: &App, waiting: &Waiting, author: &Actor, groups: &Groups) -> Option<(Vec<Settled>, Vec<String>)> {
    let envelope = envelope(waiting, author)?;
    let (mut settled, mut bodies) = (Vec::with_capacity(groups.targets.len()), Vec::new());
    for targets in groups.targets.chunks(plan::TARGETS) {
        let (plan, rights, plugin) = match app.plugins.plan(&envelope, targets).await? {
            Ok(answer) => (answer.plan, answer.rights, answer.plugin),
            Err(no_plan) => {
                let (id, why) = (&no_plan.failure.plugin, &no_plan.failure.why);
                tracing::warn!(plugin.id = id, "plugin {id} made no plan, so the built-in one counts: {why}");
                alarm(app, &no_plan).await;
                return None;
            }
        };
        let chance = || app.random.fraction();
        let patched = variants(&waiting.payload, &plan.variants);
        let answer =
            patched.and_then(|patched| Ok((plan::settle(&waiting.kind, targets, &plan, rights, chance)?, patched)));
        match answer {
            Ok((mut some, patched)) => {
                let before = u8::try_from(bodies.len()).unwrap_or(u8::MAX);
                some.iter_mut().for_each(|one| one.variant = one.variant.map(|number| number.saturating_add(before)));
                settled.extend(some);
                bodies.extend(patched);
            }
            Err(why) => {
                tracing::warn!(plugin.id = plugin, "the plan of plugin {plugin} does not count: {why}");
                return None;
            }
        }
    }
    Some((settled, bodies))
}

/// The activity with each of these JSON patches over its object; identity, author and audience stay as they are.
fn variants(payload: &str, patches: &[String]) -> std::result::Result<Vec<String>, String> {
    let mut whole: Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    // A proof is about the very words. What remains is the signature of the delivery.
    if let (Some(members), false) = (whole.as_object_mut(), patches.is_empty()) {
        members.remove("proof");
    }
    let patched = |text: &String| {
        let mut varied = whole.clone();
        match varied.get_mut("object").filter(|object| object.is_object()) {
            Some(object) => *object = patch::apply(object, text)?,
            None => varied = patch::apply(&varied, text)?,
        }
        Ok(varied.to_string())
    };
    patches.iter().map(patched).collect()
}

/// What the policy is told about the activity. `None`: it cannot be read, which would be our own mistake.
fn envelope(waiting: &Waiting, author: &Actor) -> Option<Envelope> {
    let activity: Value = serde_json::from_str(&waiting.payload).ok()?;
    let object = activity.get("object").filter(|object| object.is_object());
    let post = object.filter(|object| object.get("content").is_some());
    let (to, cc) = (read::recipients(&activity, "to"), read::recipients(&activity, "cc"));
    let addressed: HashSet<&String> = to.iter().chain(&cc).collect();
    let text = |key: &str| post.and_then(|post| read::text(post, key)).map(|text| text.text);
    let tags = |kind: &str, key: &str| -> Vec<String> {
        let tags = post.map(|post| read::objects(post, "tag")).unwrap_or_default().into_iter();
        tags.filter(|tag| read::types(tag).contains(&kind))
            .filter_map(|tag| read::string(tag, key).map(str::to_owned))
            .collect()
    };
    let html = text("content").unwrap_or_default();
    Some(Envelope {
        direction: Direction::Outbound,
        activity: waiting.kind.clone(),
        object: object.and_then(|object| read::types(object).first().map(|kind| (*kind).to_owned())),
        id: object.and_then(read::id_of).or_else(|| read::id_of(&activity))?.to_owned(),
        actor: author.clone(),
        visibility: post.map(|_| Visibility::infer(&to, &cc, Some(&author.followers_url))),
        published: post.and_then(|post| read::date(post, "published")),
        is_edit: waiting.kind == "Update",
        text: clean::plain(&html),
        summary: text("summary").map(|summary| clean::plain(&summary)).filter(|summary| !summary.is_empty()),
        sensitive: post.and_then(|post| read::flag(post, "sensitive")).unwrap_or(false),
        mentions: tags("Mention", "href"),
        hashtags: tags("Hashtag", "name").iter().map(|name| name.trim_start_matches('#').to_owned()).collect(),
        recipients: u32::try_from(addressed.len()).unwrap_or(u32::MAX),
        ..Envelope::default()
    })
}
