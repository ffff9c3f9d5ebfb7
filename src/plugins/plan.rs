//! Fan-out plans: what a policy is told about the servers, what it answers, and what of that counts. Pure.
//!
//! A plan may delay, spread, reprioritise, take another lane, choose a variant of the body or drop. It never adds a
//! server, and never keeps back what takes something back. Spec: `fan_out.wit`.

use std::time::Duration;

/// The longest delay, spread included …
pub const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// … with the permission to delay for longer …
pub const LONGEST_GRANTED: Duration = Duration::from_secs(24 * 3_600);
/// … and without it for people who are mentioned.
pub const LONGEST_MENTIONED: Duration = Duration::from_secs(600);
/// The priority of the built-in plan; what a policy says is taken as the distance from it.
pub const PLAIN_PRIORITY: u8 = 100;
/// Targets of one call.
pub const TARGETS: usize = 5_000;
/// Variants of one plan.
pub const VARIANTS: usize = 8;
/// Characters of the name of a lane, and of the reason of a drop, that are kept.
const NAME: usize = 64;

/// Why a server gets an activity; the first that applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Why {
    /// Somebody there is mentioned, answered or quoted.
    Mentioned,
    /// Somebody there follows the author.
    #[default]
    Follower,
    /// It is a relay.
    Relay,
    /// It got an earlier version, and must hear of the change.
    PriorRecipient,
}

/// One server with all its inboxes, as a policy sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its host, with a port in development only.
    pub host: String,
    /// How many requests it takes.
    pub inboxes: u16,
    /// How many of its people follow the author.
    pub recipients: u32,
    /// How many of them the author follows back.
    pub mutuals: u32,
    /// Whether a shared inbox serves them.
    pub shared: bool,
    /// Why it gets the activity.
    pub why: Why,
    /// `mastodon`, `misskey`, …, once known.
    pub software: Option<String>,
    /// Failed attempts in a row.
    pub fails: u16,
    /// Seconds since something was last delivered there.
    pub last_ok_s: Option<u32>,
    /// How long it last took to answer; 0: unknown.
    pub latency_ms: u32,
    /// Deliveries that wait for it already.
    pub queued: u32,
    /// What admins tagged it with.
    pub tags: Vec<String>,
}

/// What shall happen for one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Not before so many seconds from now.
    pub delay_s: u32,
    /// Then at a random moment within so many seconds.
    pub spread_s: u32,
    /// 0 first; [`PLAIN_PRIORITY`] as built in.
    pub priority: u8,
    /// Empty: the server's own.
    pub lane: String,
    /// Do not deliver, for this reason.
    pub drop: Option<String>,
    /// Which variant it gets; 0: the activity as it is.
    pub variant: u8,
}

impl Default for Step {
    fn default() -> Self {
        Self { delay_s: 0, spread_s: 0, priority: PLAIN_PRIORITY, lane: String::new(), drop: None, variant: 0 }
    }
}

/// A policy's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// For every server without one of its own.
    pub default_step: Step,
    /// By index of the target; each at most once.
    pub overrides: Vec<(u32, Step)>,
    /// JSON patches over the activity.
    pub variants: Vec<String>,
}

/// What the admin allowed a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// Delays up to [`LONGEST`], and another order.
    pub delay: bool,
    /// Delays up to [`LONGEST_GRANTED`], of mentioned people too.
    pub long_delay: bool,
    /// Not delivering at all.
    pub drop: bool,
}

/// What counts for one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// From now.
    pub wait: Duration,
    /// Added to the priority that the delivery has by itself.
    pub priority: i64,
    /// The name of a lane of its own.
    pub lane: Option<String>,
    /// Why it is not delivered.
    pub drop: Option<String>,
    /// From 1.
    pub variant: Option<u8>,
}

/// What became of the deliveries to one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Outcome {
    pub host: String,
    pub ok: u32,
    pub failed: u32,
    /// Inboxes that are gone for good.
    pub gone: u32,
    /// Median time to an answer.
    pub p50_ms: u32,
}

/// Whether an activity of this kind changes or takes back something that was sent: it is never kept back, and never
/// overtakes what it changes.
pub fn follows_another(kind: &str) -> bool {
    matches!(kind, "Update" | "Delete" | "Undo" | "Move" | "Block")
}

/// Whether a plan fits its targets; if not, why it does not count.
pub fn check(targets: &[Target], plan: &Plan) -> Result<(), String> {
    own_steps(targets, plan).map(drop)
}

/// The step that the plan has for each target beside the default.
fn own_steps<'p>(targets: &[Target], plan: &'p Plan) -> Result<Vec<Option<&'p Step>>, String> {
    if plan.variants.len() > VARIANTS {
        return Err(format!("{} variants; at most {VARIANTS} are allowed", plan.variants.len()));
    }
    let steps = plan.overrides.iter().map(|(_, step)| step).chain([&plan.default_step]);
    if let Some(step) = steps.into_iter().find(|step| usize::from(step.variant) > plan.variants.len()) {
        return Err(format!("variant {} of {} is named", step.variant, plan.variants.len()));
    }
    let mut own: Vec<Option<&Step>> = vec![None; targets.len()];
    for (index, step) in &plan.overrides {
        let place = usize::try_from(*index).ok().and_then(|index| own.get_mut(index));
        let Some(place) = place else {
            return Err(format!("target {index} of {} is named", targets.len()));
        };
        if place.replace(step).is_some() {
            return Err(format!("target {index} is named twice"));
        }
    }
    Ok(own)
}

/// Cuts a plan for an activity of this `kind` down to what is allowed; one answer for each target, in order.
///
/// `chance` gives numbers from 0 to 1 for the spread. The plan does not count at all, for the reason given, when it
/// names a target that it was not given or one twice, or a variant that it lacks.
pub fn settle(
    kind: &str,
    targets: &[Target],
    plan: &Plan,
    rights: Rights,
    mut chance: impl FnMut() -> f64,
) -> Result<Vec<Settled>, String> {
    let own = own_steps(targets, plan)?;
    let mut settled = Vec::with_capacity(targets.len());
    for (target, step) in targets.iter().zip(own) {
        let step = step.unwrap_or(&plan.default_step);
        settled.push(allowed(kind, target, step, rights, &mut chance));
    }
    Ok(settled)
}

fn allowed(kind: &str, target: &Target, step: &Step, rights: Rights, chance: &mut impl FnMut() -> f64) -> Settled {
    // A change is never kept back; an Update may be, where nothing was sent before.
    let urgent = follows_another(kind) && (kind != "Update" || target.why == Why::PriorRecipient);
    let variant = (step.variant > 0).then_some(step.variant);
    if urgent || !(rights.delay || rights.long_delay) {
        let drop = step.drop.as_ref().filter(|_| rights.drop && !urgent).map(|why| shorten(why));
        return Settled { variant, drop, ..Settled::default() };
    }
    let longest = match (rights.long_delay, target.why) {
        (true, _) => LONGEST_GRANTED,
        (false, Why::Mentioned) => LONGEST_MENTIONED,
        (false, _) => LONGEST,
    };
    let spread = f64::from(step.spread_s) * chance().clamp(0.0, 1.0);
    let wait = Duration::from_secs(step.delay_s.into()).saturating_add(Duration::from_secs_f64(spread)).min(longest);
    Settled {
        wait,
        priority: i64::from(step.priority) - i64::from(PLAIN_PRIORITY),
        lane: lane(&step.lane),
        drop: step.drop.as_ref().filter(|_| rights.drop).map(|why| shorten(why)),
        variant,
    }
}

/// Lanes are named in the queue beside addresses: letters, digits and hyphens only.
fn lane(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(NAME).collect();
    (!name.is_empty()).then_some(name)
}

fn shorten(text: &str) -> String {
    text.chars().take(NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Rights = Rights { delay: true, long_delay: false, drop: true };

    fn target(why: Why) -> Target {
        Target { host: "a.example".into(), why, ..Target::default() }
    }

    fn one(kind: &str, why: Why, step: Step, rights: Rights) -> Settled {
        let plan = Plan { default_step: step, overrides: Vec::new(), variants: vec!["[]".into()] };
        settle(kind, &[target(why)], &plan, rights, || 0.5).expect("counts").remove(0)
    }

    #[test]
    fn delays_are_cut_at_their_limits() {
        let far = Step { delay_s: u32::MAX, spread_s: u32::MAX, ..Step::default() };
        let long = Rights { long_delay: true, ..ALL };
        for (why, rights, expected) in [
            (Why::Follower, ALL, LONGEST),
            (Why::Mentioned, ALL, LONGEST_MENTIONED),
            (Why::Follower, long, LONGEST_GRANTED),
            (Why::Mentioned, long, LONGEST_GRANTED),
            (Why::Follower, Rights { drop: true, ..Rights::default() }, Duration::ZERO),
        ] {
            assert_eq!(one("Create", why, far.clone(), rights).wait, expected, "{why:?} {rights:?}");
        }
        let edge = Step { delay_s: 6 * 3_600, ..Step::default() };
        assert_eq!(one("Create", Why::Follower, edge, ALL).wait, LONGEST);
        let spread = Step { delay_s: 10, spread_s: 60, ..Step::default() };
        assert_eq!(one("Create", Why::Follower, spread, ALL).wait, Duration::from_secs(40));
    }

    #[test]
    fn what_takes_something_back_is_neither_dropped_nor_delayed() {
        let wish = Step { delay_s: 60, drop: Some("no".into()), lane: "slow".into(), ..Step::default() };
        for kind in ["Delete", "Undo", "Block", "Move"] {
            for why in [Why::Mentioned, Why::Follower, Why::PriorRecipient] {
                assert_eq!(one(kind, why, wish.clone(), ALL), Settled::default(), "{kind} {why:?}");
            }
        }
        assert_eq!(one("Update", Why::PriorRecipient, wish.clone(), ALL), Settled::default());
        assert_eq!(one("Update", Why::Follower, wish, ALL).drop.as_deref(), Some("no"));
    }

    #[test]
    fn dropping_needs_its_own_permission() {
        let wish = Step { drop: Some("spam host".into()), ..Step::default() };
        for (rights, expected) in [
            (ALL, Some("spam host")),
            (Rights { drop: true, ..Rights::default() }, Some("spam host")),
            (Rights { delay: true, long_delay: true, drop: false }, None),
            (Rights::default(), None),
        ] {
            assert_eq!(one("Create", Why::Follower, wish.clone(), rights).drop.as_deref(), expected, "{rights:?}");
        }
    }

    #[test]
    fn a_plan_with_wrong_indexes_does_not_count() {
        let targets = [target(Why::Follower), target(Why::Follower)];
        let step = Step::default;
        for (overrides, variants, why) in [
            (vec![(2, step())], 0, "target 2 of 2"),
            (vec![(u32::MAX, step())], 0, "target 4294967295 of 2"),
            (vec![(1, step()), (1, step())], 0, "target 1 is named twice"),
            (vec![(0, Step { variant: 1, ..step() })], 0, "variant 1 of 0"),
            (vec![(0, Step { variant: 2, ..step() })], 1, "variant 2 of 1"),
            (Vec::new(), 9, "9 variants"),
        ] {
            let plan = Plan { default_step: step(), overrides, variants: vec!["[]".into(); variants] };
            let error = settle("Create", &targets, &plan, ALL, || 0.0).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
        let edge = Plan {
            overrides: vec![(1, Step { variant: 1, priority: 0, lane: "a b#c".into(), ..step() })],
            variants: vec!["[]".into(); VARIANTS],
            ..Plan::default()
        };
        let settled = settle("Create", &targets, &edge, ALL, || 0.0).expect("counts");
        assert_eq!(settled[0], Settled::default());
        let expected = Settled { priority: -100, lane: Some("abc".into()), variant: Some(1), ..Settled::default() };
        assert_eq!(settled[1], expected);
    }
}
