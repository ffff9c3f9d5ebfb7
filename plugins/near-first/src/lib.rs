//! Mentioned people first, then people whom the author follows back, then servers with many readers, then servers that answer
//! quickly, then the rest.

use nagaya_plugin::{Envelope, Plan, Reason, Settings, Step, Target};

fn plan(_post: &Envelope, targets: &[Target], settings: &Settings) -> Result<Plan, String> {
    let near = settings.list("near");
    let mut order: Vec<&Target> = targets.iter().collect();
    let class = |target: &Target| match target.why {
        Reason::Mentioned => 0,
        _ if target.mutuals > 0 => 1,
        _ if near.iter().any(|host| nagaya_plugin::words::on_host(&target.host, host)) => 1,
        Reason::PriorRecipient => 2,
        _ if target.fails > 0 => 4,
        _ => 3,
    };
    order.sort_by_key(|target| {
        (class(target), std::cmp::Reverse((target.mutuals, target.recipients)), target.latency_ms)
    });
    let count = order.len().max(1);
    let steps = order.into_iter().enumerate().map(|(place, target)| {
        // 20 to 219, in the order of the list: the built-in 100 lies in the middle.
        let priority = 20 + u8::try_from(place * 200 / count).unwrap_or(199);
        (target.ix, Step { priority: if class(target) == 0 { 0 } else { priority }, ..Step::default() })
    });
    Ok(Plan::of(steps))
}

nagaya_plugin::plugin! { fan_out: plan }
