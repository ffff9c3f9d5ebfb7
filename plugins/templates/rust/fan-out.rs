//! Lets slow servers wait a little, so that the others are served sooner.

use nagaya_plugin::{Envelope, Plan, Reason, Settings, Step, Target};

fn plan(_post: &Envelope, targets: &[Target], settings: &Settings) -> Result<Plan, String> {
    let slow = settings.number("slow_ms");
    let waiting =
        targets.iter().filter(|target| f64::from(target.latency_ms) >= slow && target.why != Reason::Mentioned);
    Ok(Plan::of(waiting.map(|target| (target.ix, Step { delay_s: 30, priority: 200, ..Step::default() }))))
}

nagaya_plugin::plugin! { fan_out: plan }

#[cfg(test)]
mod tests {
    use nagaya_plugin::{Reason, Settings, Target, testing};

    #[test]
    fn only_slow_servers_wait() {
        let target = |ix, latency_ms| Target {
            ix,
            host: format!("h{ix}.example"),
            inboxes: 1,
            recipients: 1,
            mutuals: 0,
            shared: true,
            why: Reason::Follower,
            software: None,
            fails: 0,
            last_ok_s: None,
            latency_ms,
            queued: 0,
            tags: Vec::new(),
        };
        let settings = Settings::parse(r#"{"slow_ms": 2000}"#);
        let plan = super::plan(&testing::post("hello"), &[target(0, 100), target(1, 5_000)], &settings).expect("plans");
        assert_eq!(plan.overrides.iter().map(|(ix, _)| *ix).collect::<Vec<_>>(), [1]);
    }
}
