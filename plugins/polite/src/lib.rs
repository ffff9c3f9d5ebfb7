//! Spreads deliveries so that a slow uplink, and slow servers, are not run over. Who is mentioned comes first.

use nagaya_plugin::{Envelope, Plan, Reason, Settings, Step, Target};

fn plan(post: &Envelope, targets: &[Target], settings: &Settings) -> Result<Plan, String> {
    let per_second = settings.number("per_second").max(0.1);
    let slow_ms = settings.number("slow_ms");
    // About as long as the uplink takes for all of them.
    let spread = (targets.iter().map(|target| f64::from(target.inboxes)).sum::<f64>() / per_second) as u32;
    let quick = post.activity != "Create";
    let steps = targets.iter().map(|target| {
        let ailing = target.fails > 0 || f64::from(target.latency_ms) > slow_ms;
        let step = match target.why {
            Reason::Mentioned => Step { priority: 10, ..Step::default() },
            _ if quick => Step { priority: 60, spread_s: spread / 2, ..Step::default() },
            // Later, and after everybody else.
            _ if ailing => Step {
                delay_s: spread.min(600),
                spread_s: spread,
                priority: 200,
                lane: "slow".into(),
                ..Step::default()
            },
            _ => Step { spread_s: spread, ..Step::default() },
        };
        (target.ix, step)
    });
    Ok(Plan::of(steps))
}

nagaya_plugin::plugin! { fan_out: plan }
