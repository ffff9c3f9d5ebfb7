//! Keeps the line free at certain hours: what is not urgent leaves when they are over.

use nagaya_plugin::{Envelope, Plan, Reason, Settings, Step, Target, clock};

fn plan(post: &Envelope, targets: &[Target], settings: &Settings) -> Result<Plan, String> {
    let minutes = clock::now() / 60_000 % 1_440;
    let now = (minutes as i64 + settings.number("utc_offset_minutes") as i64).rem_euclid(1_440);
    let (from, until) = (minute(settings.text("from"))?, minute(settings.text("until"))?);
    let quiet = if from <= until { (from..until).contains(&now) } else { now >= from || now < until };
    // Only new posts can wait; deletions and edits cannot.
    if !quiet || post.activity != "Create" {
        return Ok(Plan::of([]));
    }
    // The host lets nothing wait for more than six hours.
    let wait = ((until - now).rem_euclid(1_440) * 60).min(6 * 3_600) as u32;
    let steps = targets.iter().filter(|target| target.why != Reason::Mentioned);
    Ok(Plan::of(
        steps.map(|target| (target.ix, Step { delay_s: wait, spread_s: 300, lane: "quiet".into(), ..Step::default() })),
    ))
}

/// `23:30` as minutes of the day.
fn minute(time: &str) -> Result<i64, String> {
    let (hour, minute) = time.split_once(':').ok_or_else(|| format!("{time:?} is not like 23:30"))?;
    let parse = |part: &str, most: i64| part.parse::<i64>().ok().filter(|number| (0..most).contains(number));
    let parsed = parse(hour, 24).zip(parse(minute, 60)).ok_or_else(|| format!("{time:?} is not like 23:30"))?;
    Ok(parsed.0 * 60 + parsed.1)
}

nagaya_plugin::plugin! { fan_out: plan }
