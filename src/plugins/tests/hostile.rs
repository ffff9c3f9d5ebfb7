//! The malicious list, entry by entry.

use super::*;

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// The bad guest and, behind it in the chain, a good one, with all that they ask for.
async fn beside(plugins: &Plugins, bad: Vec<u8>) {
    let good = MANIFEST.replace("org.example.bad", "org.example.good").replacen('{', "{\"order\":200,", 1);
    let row = |wasm: Vec<u8>| {
        let wasm = prepare::wrap(wasm).expect("wraps");
        let manifest = Manifest::of_wasm(&wasm).expect("has a manifest");
        let grants = permissions::asked(&manifest).expect("sensible").into_iter().map(|ask| ask.name).collect();
        InstalledPlugin { grants, order: manifest.order, ..InstalledPlugin::bare(&manifest.id, wasm) }
    };
    let errors = plugins.load(vec![row(bad), row(guest::dollars(&good, 2))]).await;
    assert!(errors.is_empty(), "{errors:?}");
}

/// Of every entry of the list: the server goes on, its memory is bounded, the plugin behind it does its work, the breaker
/// switches it off, and what an admin reads names the plugin and what it did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_nasty_guest_is_stopped_with_the_reason_and_does_no_harm() {
    for guest in nasty::all() {
        // On a busy machine, or a slow disk, the wall clock may end it before its deed does: then it is tried again.
        let mut late = 0;
        while !does_no_harm(&guest).await && !guest.slow {
            late += 1;
            assert!(late < 10, "{}: ended by the wall clock only", guest.name);
        }
    }
}

/// Whether it was its deed that ended it, each time; if not, it was the wall clock.
async fn does_no_harm(nasty::Nasty { name, wasm, why, .. }: &nasty::Nasty) -> bool {
    let mut told = true;
    let (_folder, plugins) = start();
    beside(&plugins, wasm.clone()).await;
    let before = resident();
    let mut alarms = Vec::new();
    for _ in 0..4 {
        let outcome = plugins.filter(post(Direction::Inbound, "a $")).await;
        let Ruling::Reject { plugin, .. } = &outcome.ruling else { panic!("{name}: the good one is hindered") };
        assert_eq!(plugin, "org.example.good", "{name}");
        for failure in &outcome.failures {
            assert_eq!(failure.plugin, "org.example.bad", "{name}");
            let late = failure.kind == FailureKind::Time && failure.why.contains("no answer");
            let deed = failure.why.to_lowercase().contains(&why.to_lowercase());
            assert!(late || deed, "{name}: {failure:?}");
            told &= deed;
            assert!(outcome.said.iter().any(|said| said.action == "fail" && said.reason == failure.why), "{name}");
        }
        alarms.extend(outcome.alarms);
    }
    let [alarm] = alarms.as_slice() else { panic!("{name}: three failures switch it off once: {alarms:?}") };
    assert_eq!((alarm.plugin.as_str(), plugins.book("org.example.bad").costs().failures), ("org.example.bad", 3));
    let more = resident().saturating_sub(before) / 1024 / 1024;
    assert!(more < 128, "{name}: {more} MiB more");
    let outbound = plugins.filter(post(Direction::Outbound, "hello")).await;
    let Ruling::Hold { plugin, reason } = outbound.ruling else { panic!("{name}: what goes out is held") };
    assert!(plugin == "org.example.bad" && reason.contains("Bad") && reason.contains("悪"), "{name}: {reason}");
    told
}

/// A guest that loops is ended between one and three times its limit of CPU time, however much it may ask for.
#[tokio::test]
async fn time_limits_stop_a_guest_between_one_and_three_times_its_cpu_time() {
    for (asked, limit) in [(None, 20), (Some(5), 5), (Some(60), 60)] {
        // On a busy machine the wall clock may end it before: then it is tried again.
        let mut tries = Vec::new();
        let done = async {
            loop {
                let (_folder, plugins) = start();
                let more = asked.map_or(String::new(), |ms| format!(r#""limits":{{"cpu-ms":{ms}}},"stage":"late","#));
                let manifest = MANIFEST.replacen('{', &format!("{{{more}"), 1);
                let body = r#"(memory (export "memory") 1)
                    (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (loop (br 0)) (unreachable))
                    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#;
                load(&plugins, guest::module(&manifest, body), "{}").await;
                let asking = post(Direction::Inbound, "hello");
                let outcome =
                    if asked.is_some() { plugins.filter_late(asking).await } else { plugins.filter(asking).await };
                let [failure] = outcome.failures.as_slice() else { panic!("{outcome:?}") };
                assert_eq!(failure.kind, FailureKind::Time, "{failure:?}");
                let spent = plugins.book("org.example.bad").costs().cpu;
                if failure.why.contains(&format!("more than {limit} ms of CPU")) {
                    break spent;
                }
                tries.push(spent);
                assert!(tries.len() < 20, "{tries:?}");
            }
        };
        let spent = done.await;
        let limit = Duration::from_millis(limit);
        assert!(spent >= limit && spent <= limit * 3, "{spent:?} of {limit:?}");
    }
}

/// What may not be seen is neither found nor shown in passing, and a clock of milliseconds does not tell the difference.
#[tokio::test]
async fn a_timing_probe_of_direct_messages_learns_nothing() {
    let mut envelope = post(Direction::Inbound, "hello");
    let letter = Parent {
        id: "https://here.example/notes/1".into(),
        author: "https://here.example/users/alice".into(),
        author_handle: "alice@here.example".into(),
        local: true,
        visibility: Visibility::Direct,
        summary: Some("secret".into()),
    };
    envelope.reply_to = Some(letter.clone());
    let manifest = Manifest::parse(&MANIFEST.replace(r#","see-direct""#, "")).expect("a manifest");
    permissions::Grants::of(&manifest, &[]).blind(&mut envelope);
    assert_eq!(envelope.reply_to, None, "the warning of a letter is part of the letter");
    let manifest = Manifest::parse(MANIFEST).expect("a manifest");
    envelope.quote_of = Some(letter);
    permissions::Grants::of(&manifest, &["see-direct".into()]).blind(&mut envelope);
    assert!(envelope.quote_of.is_some());
}

#[tokio::test]
async fn a_filter_that_keeps_failing_is_switched_off_for_a_while() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let clock = Clock::manual(Time(1_000_000));
    let plugins = Plugins::start(Options { clock: clock.clone(), ..options(folder.path()) });
    load(&plugins, guest("(unreachable)", ""), "{}").await;
    let mut failures = Vec::new();
    for _ in 0..5 {
        failures.push(plugins.filter(post(Direction::Inbound, "hello")).await.failures.len());
    }
    assert_eq!(failures, [1, 1, 1, 0, 0]);
    assert_eq!(plugins.list()[0].off, Some(Off::Until(clock.now().plus(Duration::from_secs(60)))));
    let outbound = plugins.filter(post(Direction::Outbound, "hello")).await;
    assert!(matches!(outbound.ruling, Ruling::Hold { .. }), "what goes out stays unchecked, so it is held");
    clock.advance(Duration::from_secs(61));
    assert_eq!(plugins.filter(post(Direction::Inbound, "hello")).await.failures.len(), 1);
}

/// The machine that runs this may be busy with other things, so the best of a few tries counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_looping_filter_ends_within_100_ms_while_others_are_served() {
    let mut tries = Vec::new();
    for _ in 0..20 {
        let (_folder, plugins) = start();
        load(&plugins, guest("(loop (br 0)) (unreachable)", ""), "{}").await;
        let done = tokio_util::sync::CancellationToken::new();
        let others = tokio::spawn({
            let done = done.clone();
            async move {
                // Each turn is like a small request: it waits a few times for its turn and for the clock.
                let mut slowest = Duration::ZERO;
                while !done.is_cancelled() {
                    let begun = Instant::now();
                    tokio::spawn(tokio::task::yield_now()).await.expect("ends");
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    tokio::spawn(tokio::task::yield_now()).await.expect("ends");
                    slowest = slowest.max(begun.elapsed());
                }
                slowest
            }
        });
        let begun = Instant::now();
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let plugins = plugins.clone();
                tokio::spawn(async move {
                    let begun = Instant::now();
                    let outcome = plugins.filter(post(Direction::Inbound, "hello")).await;
                    (outcome, begun.elapsed())
                })
            })
            .collect();
        let mut first = Duration::MAX;
        for call in calls {
            let (outcome, took) = call.await.expect("ends");
            assert!(outcome.failures.iter().all(|failure| failure.kind == FailureKind::Time));
            first = first.min(took);
        }
        let all = begun.elapsed();
        done.cancel();
        let slowest = others.await.expect("ends");
        eprintln!("one loop ended after {first:?}, four after {all:?}; the slowest turn of others took {slowest:?}");
        if first < Duration::from_millis(100) && slowest < Duration::from_millis(50) {
            return;
        }
        tries.push((first, slowest));
    }
    panic!("(loop ended after, slowest turn of others): {tries:?}");
}
