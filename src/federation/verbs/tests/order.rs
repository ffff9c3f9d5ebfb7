//! T18: whatever order activities come in, and however often, they end like the canonical order.
//!
//! A case is a handful of small stories (a post with its edits and its end; a Follow, Like, Announce, reaction or Block
//! with its Undo), each by people and with ids of its own, shuffled into each other with repeats. The same activities are
//! carried out once in the order of the case and once story by story in the order in which they were written, and what is
//! left must be the same. What depends on the order by design (votes, second likes under other ids, Move) is not here but
//! in FEDERATION.md.
//!
//! `NAGAYA_ORDER_CASES` says how many cases (each has up to twelve stories), `NAGAYA_SEED` which; both are printed.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::clock::Time;
use crate::store::testing::status;
use crate::store::{blocks, favourites, reactions, tombstones};

const OURS: &str = "https://here.example/users/alice/statuses/77";
const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// What a story is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    /// Create, two Updates, Delete.
    Post,
    /// The verb and its Undo, which names it by id or embeds it.
    Deed { verb: &'static str, embeds: bool },
}

/// The activities of a story that happen, by their place in the canonical order; with repeats.
#[derive(Debug, Clone)]
struct Story {
    plot: Plot,
    steps: Vec<usize>,
}

fn stories() -> impl Strategy<Value = (Vec<Story>, u64)> {
    let deed = (prop::sample::select(vec!["Follow", "Like", "EmojiReact", "Announce", "Block"]), any::<bool>());
    let deed = deed.prop_map(|(verb, embeds)| (Plot::Deed { verb, embeds }, 2_usize));
    let plot = prop_oneof![Just((Plot::Post, 4_usize)), deed];
    let story = plot.prop_flat_map(|(plot, steps)| {
        prop::collection::vec(0..steps, 1..8).prop_map(move |steps| Story { plot, steps })
    });
    (prop::collection::vec(story, 1..12), any::<u64>())
}

/// Activity number `step` of a story told by the person and with the ids of `tag`.
fn activity(plot: Plot, step: usize, tag: &str) -> Value {
    let actor = actor_of(tag);
    match plot {
        Plot::Post => {
            let id = note_of(tag);
            let note = |text: &str, updated: Option<i64>| {
                let mut note = json!({
                    "id": id, "type": "Note", "attributedTo": actor, "content": format!("<p>{text}</p>"),
                    "published": NOW.rfc3339(), "to": [PUBLIC, ALICE],
                });
                if let Some(later) = updated {
                    note["updated"] = json!(Time(NOW.0 + later).rfc3339());
                }
                note
            };
            let (verb, object) = match step {
                0 => ("Create", note("first", None)),
                1 => ("Update", note("second", Some(1_000))),
                2 => ("Update", note("third", Some(2_000))),
                _ => ("Delete", json!({"id": id, "type": "Tombstone"})),
            };
            json!({"id": format!("{id}#{step}"), "type": verb, "actor": actor, "to": [PUBLIC], "object": object})
        }
        Plot::Deed { verb, embeds } => {
            let object = if matches!(verb, "Follow" | "Block") { ALICE } else { OURS };
            let id = deed_of(tag);
            let deed =
                json!({"id": id, "type": verb, "actor": actor, "object": object, "to": [PUBLIC], "content": "🍵"});
            if step == 0 {
                return deed;
            }
            let named = if embeds { deed } else { json!(id) };
            json!({"id": format!("{id}/undo"), "type": "Undo", "actor": actor, "object": named})
        }
    }
}

fn actor_of(tag: &str) -> String {
    format!("https://b.example/users/{tag}")
}

fn note_of(tag: &str) -> String {
    format!("https://b.example/notes/{tag}")
}

fn deed_of(tag: &str) -> String {
    format!("https://b.example/deeds/{tag}")
}

/// What is left of a story: everything that somebody could see.
async fn left(app: &App, plot: Plot, tag: &str) -> String {
    let tag = tag.to_owned();
    let read = app.store.read(move |db| {
        let who = accounts::by_uri(db, &actor_of(&tag))?.expect("the teller");
        Ok(match plot {
            Plot::Post => {
                let id = note_of(&tag);
                let found = statuses::by_uri(db, &id)?;
                let homes = found.as_ref().map_or(Ok(Vec::new()), |found| timelines::home_homes_of(db, found.id))?;
                let told: i64 = match &found {
                    Some(found) => {
                        db.query_row("SELECT count(*) FROM notifications WHERE status_id = ?1", [found.id], |row| {
                            row.get(0)
                        })?
                    }
                    None => 0,
                };
                let text = found.map(|found| (found.content, found.edited_at.is_some()));
                format!("{text:?} homes {} told {told} buried {}", homes.len(), tombstones::exists(db, &id)?)
            }
            Plot::Deed { verb, .. } => {
                let id = deed_of(&tag);
                let there = match verb {
                    "Follow" => follows::between(db, who.id, AccountId(1))?.is_some(),
                    "Block" => blocks::exists(db, who.id, AccountId(1))?,
                    "Like" => favourites::by_uri(db, &id)?.is_some(),
                    "EmojiReact" => reactions::by_uri(db, &id)?.is_some(),
                    _ => statuses::by_uri(db, &id)?.is_some(),
                };
                let told: i64 =
                    db.query_row("SELECT count(*) FROM notifications WHERE from_account_id = ?1", [who.id], |row| {
                        row.get(0)
                    })?;
                format!("there {there} told {told}")
            }
        })
    });
    read.await.expect("reads")
}

/// The counts that all stories share must be those of the rows.
async fn counts_are_true(app: &App) {
    let read = app.store.read(|db| {
        let post = statuses::by_uri(db, OURS)?.expect("ours");
        let alice = accounts::by_id(db, AccountId(1))?.expect("alice");
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counts");
        assert_eq!(post.favourites_count, count("SELECT count(*) FROM favourites WHERE status_id = 77"));
        assert_eq!(post.reblogs_count, count("SELECT count(*) FROM statuses WHERE reblog_of_id = 77"));
        assert_eq!(alice.followers_count, count("SELECT count(*) FROM follows WHERE target_id = 1 AND accepted"));
        Ok(())
    });
    read.await.expect("reads");
}

fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A seed that nobody chose.
fn any_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

#[test]
fn t18_p3_any_order_with_repeats_ends_like_the_canonical_order() {
    let cases = environment("NAGAYA_ORDER_CASES", 300);
    let seed = environment("NAGAYA_SEED", any_seed());
    eprintln!("NAGAYA_SEED={seed} NAGAYA_ORDER_CASES={cases}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        failure_persistence: None,
        max_shrink_iters: 64,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (_folder, app) = runtime.block_on(async {
        let (folder, app) = world().await;
        let post = statuses::Status { uri: OURS.into(), ..status(77, AccountId(1), true, "Hello") };
        app.store.write(move |tx| statuses::insert(tx, &post)).await.expect("writes");
        (folder, app)
    });
    let case = std::cell::Cell::new(0_i64);
    let result = runner.run(&stories(), |(stories, shuffle)| {
        case.set(case.get() + 1);
        let case = case.get();
        runtime.block_on(async {
            prepare(&app, case, stories.len()).await;
            for (tag, activity) in shuffled(&stories, case, shuffle) {
                from(&app, &actor_of(&tag), activity).await;
            }
            for (number, story) in stories.iter().enumerate() {
                let tag = format!("c{case}s{number}b");
                let mut steps = story.steps.clone();
                steps.sort_unstable();
                for step in steps {
                    from(&app, &actor_of(&tag), activity(story.plot, step, &tag)).await;
                }
                let found = left(&app, story.plot, &format!("c{case}s{number}a")).await;
                let canonical = left(&app, story.plot, &tag).await;
                prop_assert_eq!(found, canonical, "story {}: {:?}", number, story);
            }
            Ok(())
        })
    });
    result.unwrap_or_else(|error| panic!("NAGAYA_SEED={seed}: {error}"));
    runtime.block_on(counts_are_true(&app));
}

/// The tellers of a case; alice follows them, so that their posts reach a home.
async fn prepare(app: &App, case: i64, stories: usize) {
    let write = app.store.write(move |tx| {
        for number in 0..stories {
            for (half, name) in ["a", "b"].into_iter().enumerate() {
                let tag = format!("c{case}s{number}{name}");
                let id = 1_000 + case * 100 + (number * 2 + half) as i64;
                let account = testing::account(tx, id, &tag, Some("b.example"));
                accounts::upsert(tx, &accounts::Account { fetched_at: Some(NOW), ..account })?;
                let follow = Follow {
                    id: FollowId(id),
                    account_id: AccountId(1),
                    target_id: AccountId(id),
                    uri: format!("{ALICE}#follows/{id}"),
                    accepted: true,
                    show_reblogs: true,
                    notify: false,
                    languages: None,
                    created_at: NOW,
                };
                follows::insert(tx, &follow)?;
            }
        }
        Ok(())
    });
    write.await.expect("writes");
}

/// All activities of a case, each story in its own order, mixed by `shuffle`.
fn shuffled(stories: &[Story], case: i64, shuffle: u64) -> Vec<(String, Value)> {
    let mut queues: Vec<std::collections::VecDeque<(String, Value)>> = stories
        .iter()
        .enumerate()
        .map(|(number, story)| {
            let tag = format!("c{case}s{number}a");
            story.steps.iter().map(|step| (tag.clone(), activity(story.plot, *step, &tag))).collect()
        })
        .collect();
    let (mut all, mut state) = (Vec::new(), shuffle | 1);
    while !queues.is_empty() {
        // Splitmix: good enough to mix queues.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let which = (state >> 33) as usize % queues.len();
        match queues[which].pop_front() {
            Some(next) => all.push(next),
            None => drop(queues.swap_remove(which)),
        }
    }
    all
}
