//! Every fixture of every plugin, on this machine.

use conformance::manifest::Manifest;
use conformance::{actor, document, envelope, fixtures, merge, prepare, seen, written};
use nagaya_plugin::types::{Actor, Envelope, Failure};
use nagaya_plugin::{Decision, Event, EventBody, Json, Plan, Reason, Settings, Target, testing};

type ActorFilter = fn(&Actor, &str, &Settings) -> Result<Decision, String>;
type Gate = fn(&str, &str, &Settings) -> bool;
type Filter = fn(&Envelope, &Settings, i32) -> Result<Decision, String>;
type Bot = (fn(&Event, &Settings) -> Result<(), String>, fn(&str, &[u8], &Settings) -> Result<(), String>);
type FanOut = fn(&Envelope, &[Target], &Settings) -> Result<Plan, String>;

enum Kind {
    Filter(Filter),
    Bot(Bot),
    FanOut(FanOut),
}

/// The plugins by the names of their folders.
fn plugins() -> Vec<(&'static str, Kind)> {
    vec![
        ("auto-answer", Kind::Bot(auto_answer::BOT)),
        ("block-notice", Kind::Bot(block_notice::BOT)),
        ("classifier", Kind::Filter(classifier::FILTER)),
        ("duplicates", Kind::Filter(duplicates::FILTER)),
        ("emoji", Kind::Filter(emoji::FILTER)),
        ("follow-bot", Kind::Bot(follow_bot::BOT)),
        ("host-rules", Kind::Filter(host_rules::FILTER)),
        ("keywords", Kind::Filter(keywords::FILTER)),
        ("links", Kind::Filter(links::FILTER)),
        ("media-warming", Kind::Filter(media_warming::FILTER)),
        ("mentions", Kind::Filter(mentions::FILTER)),
        ("near-first", Kind::FanOut(near_first::FAN_OUT.0)),
        ("newcomers", Kind::Filter(newcomers::FILTER)),
        ("no-op", Kind::Filter(no_op::FILTER)),
        ("normalise", Kind::Filter(normalise::FILTER)),
        ("polite", Kind::FanOut(polite::FAN_OUT.0)),
        ("poll", Kind::Bot(poll::BOT)),
        ("quiet-hours", Kind::FanOut(quiet_hours::FAN_OUT.0)),
        ("rbl", Kind::Filter(rbl::FILTER)),
        ("reminder", Kind::Bot(reminder::BOT)),
        ("rss", Kind::Bot(rss::BOT)),
        ("steal-emoji", Kind::Bot(steal_emoji::BOT)),
        ("visibility", Kind::Filter(visibility::FILTER)),
        ("welcome", Kind::Bot(welcome::BOT)),
    ]
}

/// Those that judge profiles as well.
fn actor_filter(name: &str) -> ActorFilter {
    match name {
        "emoji" => emoji::ACTOR_FILTER,
        "host-rules" => host_rules::ACTOR_FILTER,
        _ => panic!("{name} judges no profiles"),
    }
}

/// Those that are asked before something is fetched.
fn gate(name: &str) -> Gate {
    match name {
        "host-rules" => host_rules::GATE,
        _ => panic!("{name} is no gate"),
    }
}

#[test]
fn every_plugin_does_what_its_fixtures_say() {
    let (mut cases, mut wrong, mut told) = (0, Vec::new(), 0);
    for (name, kind) in plugins() {
        let manifest = Manifest::of(name);
        for (file, fixture) in fixtures(name) {
            // Chain rules are the server's; here every plugin always runs.
            if !fixture.get("rules").is_null() {
                continue;
            }
            let mut moved = 0;
            for case in fixture.get("cases").items() {
                cases += 1;
                let mut settings = manifest.defaults();
                merge(&mut settings, fixture.get("settings"));
                merge(&mut settings, case.get("settings"));
                let mut host = fixture.get("host").clone();
                merge(&mut host, case.get("host"));
                prepare(&host, &settings);
                let settings = Settings::load();
                let got = run(name, &kind, &manifest, case, &settings);
                let expected = case.get("expect");
                if got != *expected {
                    let title = case.get("name").text().unwrap_or_default();
                    wrong.push(format!("{file}: {title}\n  expected {expected}\n  got      {got}"));
                }
                // Without the plugin nothing happens; so a case that expects something fails without it.
                moved += usize::from(*expected != nothing(&kind, case));
            }
            assert!(moved > 0, "{file}: no case would fail without the plugin");
            told += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 160 && told >= 39, "{cases} cases of {told} policies");
}

/// What happens when no plugin runs.
fn nothing(kind: &Kind, case: &Json) -> Json {
    match kind {
        Kind::Filter(_) if !case.get("fetch").is_null() => Json::object([("allow", true.into())]),
        Kind::Filter(_) => Json::object([("verdict", "accept".into())]),
        Kind::Bot(_) | Kind::FanOut(_) => Json::Object(Vec::new()),
    }
}

fn run(name: &str, kind: &Kind, manifest: &Manifest, case: &Json, settings: &Settings) -> Json {
    match kind {
        Kind::Filter(_) if !case.get("fetch").is_null() => {
            let asked = |at: usize| case.get("fetch").at(at).text().expect("an address and a purpose");
            Json::object([("allow", gate(name)(asked(0), asked(1), settings).into())])
        }
        Kind::Filter(_) if !case.get("profile").is_null() => {
            let profile = document(case.get("profile"));
            let decided = actor_filter(name)(&actor(profile.get("actor")), &case.get("raw").to_string(), settings);
            written(&decided.expect("decides"))
        }
        Kind::Filter(decide) => {
            let look = |envelope: &Envelope| match manifest.looks_at(envelope) {
                true => decide(envelope, settings, 0).expect("decides"),
                false => Decision::accept(),
            };
            for before in case.get("before").items() {
                look(&envelope(before));
            }
            written(&look(&envelope(case)))
        }
        Kind::Bot((on_event, on_timer)) => {
            for (index, event) in case.get("events").items().iter().enumerate() {
                let event = Event { seq: index as u64 + 1, body: body(event) };
                on_event(&event, settings).expect("handles the event");
            }
            for timer in case.get("timers").items() {
                let payload = timer.get("payload").text().unwrap_or_default();
                on_timer(timer.get("name").text().unwrap_or_default(), payload.as_bytes(), settings)
                    .expect("handles the timer");
            }
            did()
        }
        Kind::FanOut(plan) => {
            let targets: Vec<Target> = case.get("targets").items().iter().enumerate().map(target).collect();
            let plan = plan(&envelope(case), &targets, settings).expect("plans");
            let step = |(ix, step): &(u32, nagaya_plugin::Step)| {
                let mut members = Vec::new();
                for (name, value, usual) in
                    [("delay", step.delay_s, 0), ("spread", step.spread_s, 0), ("priority", step.priority.into(), 100)]
                {
                    if value != usual {
                        members.push((name.to_owned(), Json::Number(f64::from(value))));
                    }
                }
                if !step.lane.is_empty() {
                    members.push(("lane".into(), step.lane.as_str().into()));
                }
                (targets[*ix as usize].host.clone(), Json::Object(members))
            };
            let steps: Vec<_> =
                plan.overrides.iter().map(step).filter(|(_, step)| *step != Json::Object(Vec::new())).collect();
            if steps.is_empty() { Json::Object(Vec::new()) } else { Json::object([("plan", Json::Object(steps))]) }
        }
    }
}

fn body(event: &Json) -> EventBody {
    let Json::Object(members) = event else { panic!("an event is an object") };
    let (name, value) = &members[0];
    let text = |json: &Json| json.text().unwrap_or_default().to_owned();
    match name.as_str() {
        "mention" => EventBody::Mention(envelope(value)),
        "reply" => EventBody::Reply(envelope(value)),
        "quote" => EventBody::Quote(envelope(value)),
        "direct" => EventBody::Direct(envelope(value)),
        "timeline" => EventBody::Timeline(envelope(value)),
        "followed" => EventBody::Followed((actor(value.at(0)), text(value.at(1)))),
        "extra" => EventBody::Extra((text(value.at(0)), text(value.at(1)))),
        other => panic!("no event is called {other}"),
    }
}

/// Posts and everything else that the bot did.
fn did() -> Json {
    testing::host(|host| {
        let post = |draft: &nagaya_plugin::actions::Draft| {
            let mut members = vec![
                ("content".to_owned(), Json::from(draft.content.as_str())),
                ("visibility".to_owned(), Json::from(seen(draft.visibility))),
            ];
            members.extend(draft.reply_to.as_deref().map(|id| ("reply-to".to_owned(), Json::from(id))));
            Json::Object(members)
        };
        let mut members = Vec::new();
        if !host.drafts.is_empty() {
            members.push(("posts".to_owned(), Json::List(host.drafts.iter().map(post).collect())));
        }
        if !host.deeds.is_empty() {
            members
                .push(("deeds".to_owned(), Json::List(host.deeds.iter().map(|deed| deed.as_str().into()).collect())));
        }
        Json::Object(members)
    })
}

fn target((index, json): (usize, &Json)) -> Target {
    let number = |key: &str| json.get(key).number().unwrap_or_default() as u32;
    Target {
        ix: index as u32,
        host: json.get("host").text().unwrap_or_default().into(),
        inboxes: number("inboxes").max(1) as u16,
        recipients: number("recipients").max(1),
        mutuals: number("mutuals"),
        shared: true,
        why: match json.get("why").text() {
            Some("mentioned") => Reason::Mentioned,
            Some("relay") => Reason::Relay,
            Some("prior-recipient") => Reason::PriorRecipient,
            _ => Reason::Follower,
        },
        software: None,
        fails: number("fails") as u16,
        last_ok_s: None,
        latency_ms: number("latency-ms"),
        queued: 0,
        tags: Vec::new(),
    }
}

/// The stand-in for the server keeps to the contract where tests lean on it.
#[test]
fn the_stand_in_says_what_is_not_there() {
    prepare(&Json::Null, &Json::Null);
    let request = nagaya_plugin::http::Request {
        method: "GET".into(),
        url: "https://x.example/".into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: 0,
        sign: false,
    };
    assert!(matches!(nagaya_plugin::http::send(&request), Err(Failure::Unavailable(_))));
    assert_eq!(nagaya_plugin::dns::lookup("x.example", "A").expect("an answer"), [""; 0]);
}
