//! A fan-out policy on paper, beside the built-in plan. Ours alone; the shapes stand in docs/api.md.

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use crate::actions::plugin::simulate::{self, Over};
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::Error;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{AdminPluginSimulation, AdminPluginSimulationPoint, AdminPluginSimulationRun};
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Name;
use crate::plugins::simulation::{Hosts, Run, is_slow};

/// Points of a curve, at most.
const POINTS: usize = 200;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/nagaya/v1/admin/plugins/{id}/simulate", post(run))
}

async fn run(
    State(app): State<App>,
    auth: Auth,
    Name(id): Name,
    params: Params,
) -> Answer<Reply<AdminPluginSimulation>> {
    auth.staff("admin:read", Permission::Settings)?;
    let seed = params.number("seed")?.map_or(Ok(1), u64::try_from);
    let seed = seed.map_err(|_| Error::invalid("seed", "is a number from 0 on"))?;
    let over = match params.number("hosts")? {
        None => Over::Followers(params.text("author")),
        Some(count) => {
            let count = usize::try_from(count).ok().filter(|count| (1..=simulate::MOST).contains(count));
            let count = count.ok_or_else(|| Error::invalid("hosts", format!("is from 1 to {}", simulate::MOST)))?;
            let slow = params.number("slow")?.unwrap_or(30);
            if !(0..=100).contains(&slow) {
                return Err(Error::invalid("slow", "is a percentage").into());
            }
            Over::Made(Hosts { count, slow: slow as f64 / 100.0, seed })
        }
    };
    let report = simulate::run(&app, &id, over, seed).await?;
    let slow = |place: usize| is_slow(&report.targets[place]);
    let shown = |run: &Run| AdminPluginSimulationRun {
        p10_ms: run.share_ms(0.1, |_| true),
        p50_ms: run.share_ms(0.5, |_| true),
        p90_ms: run.share_ms(0.9, |_| true),
        p99_ms: run.share_ms(0.99, |_| true),
        quick_p90_ms: run.share_ms(0.9, |place| !slow(place)),
        peak_per_second: run.peak_per_second,
        peak_in_flight: run.peak_in_flight,
        requests: run.requests,
        cpu_ms: run.cpu_ms,
        curve: points(run),
    };
    Ok(Reply::own(AdminPluginSimulation {
        plugin: report.plugin.clone(),
        author: report.author.clone(),
        servers: report.targets.len(),
        slow: (0..report.targets.len()).filter(|place| slow(*place)).count(),
        dropped: report.dropped,
        planning_us: u64::try_from(report.planning.as_micros()).unwrap_or(u64::MAX),
        built_in: shown(&report.built_in),
        policy: shown(&report.policy),
    }))
}

/// The curve, thinned out: first, last, and evenly in between.
fn points(run: &Run) -> Vec<AdminPluginSimulationPoint> {
    let curve = run.curve();
    let step = curve.len().div_ceil(POINTS).max(1);
    let last = curve.len().saturating_sub(1);
    let kept = curve.iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last);
    kept.map(|(_, (ms, servers))| AdminPluginSimulationPoint { ms: *ms, servers: *servers }).collect()
}
