use super::home::home_sql;
use super::kept::kept_sql;
use super::list::list_sql;
use super::profile::of_account_sql;
use super::public::{public_sql, tagged_sql};
use super::*;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::ids::{AccountId, StatusId};
use crate::store::mutes::{self, Mute};
use crate::store::testing::World;
use crate::store::{
    accounts, blocks, bookmarks, conversations, endorsements, favourites, follows, lists, media, mentions, tag_follows,
    tags, user_domain_blocks,
};

const NOW: Time = Time(1_800_000_000_000);

fn ids(rows: Vec<Status>) -> Vec<StatusId> {
    rows.into_iter().map(|status| status.id).collect()
}

fn block(world: &World, who: AccountId, whom: AccountId) {
    let id = world.next();
    blocks::insert(&world.tx(), id, who, whom, &format!("https://x.example/{id}"), NOW).expect("blocks");
}

fn mute(world: &World, who: AccountId, whom: AccountId) {
    let mute = Mute { notifications: true, expires_at: None };
    mutes::insert(&world.tx(), world.next(), who, whom, mute, NOW).expect("mutes");
}

#[test]
fn no_hot_list_scans_a_table_or_sorts() {
    let world = World::new();
    let tx = world.tx();
    let older = Page::first(20);
    let newer = Page { min: Some(1), ..older };
    let everything = OfAccount {
        exclude_replies: true,
        exclude_reblogs: true,
        exclude_direct: true,
        only_media: true,
        tagged: Some(crate::ids::TagId(1)),
    };
    for page in [&older, &newer] {
        let mut queries = vec![
            home_sql(page),
            list_sql(page),
            lists::members_sql(page),
            tag_follows::of_sql(page),
            endorsements::of_sql(page),
            user_domain_blocks::of_sql(page),
            conversations::of_sql(page),
            of_account_sql(OfAccount::default(), page),
            of_account_sql(everything, page),
            kept_sql("favourites", page),
            kept_sql("bookmarks", page),
        ];
        for place in [Place::Everywhere, Place::Local, Place::Remote] {
            queries.extend([public_sql(place, false, page), public_sql(place, true, page)]);
            queries.push(tagged_sql(false, place, false, page));
        }
        for sql in queries {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
            // Unbound parameters are NULL; the plan does not depend on them.
            let mut rows = statement.raw_query();
            let mut plan: Vec<String> = Vec::new();
            while let Some(row) = rows.next().expect("runs") {
                plan.push(row.get(3).expect("reads"));
            }
            for line in &plan {
                let scans = line.starts_with("SCAN") && !line.contains("json_each") && !line.contains("VIRTUAL TABLE");
                assert!(!scans && !line.contains("TEMP B-TREE"), "{line}\nof {sql}\n{plan:#?}");
            }
        }
    }
}

#[test]
fn home_hides_whom_one_blocks_or_mutes_also_behind_boosts() {
    let world = World::new();
    let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.remote("eve"));
    let (one, two) = (world.post(bob, "one"), world.post(eve, "two"));
    let boost = world.boost(bob, two);
    let tx = world.tx();
    for (status, author) in [(one, bob), (two, eve), (boost, bob)] {
        assert!(home_add(&tx, alice, status, author).expect("adds"));
        assert!(!home_add(&tx, alice, status, author).expect("knows it"));
    }
    let seen = || ids(home(&tx, alice, &Page::first(20), NOW).expect("reads"));
    assert_eq!(seen(), [boost, two, one]);
    assert!(home_shows(&tx, alice, two, 1).expect("reads") && !home_shows(&tx, alice, one, 1).expect("reads"));
    mute(&world, alice, eve);
    assert_eq!(seen(), [one]);
    block(&world, bob, alice);
    assert_eq!(seen(), []);
    assert_eq!(home_homes_of(&tx, one).expect("reads"), [alice]);
    home_trim(&tx, alice, 800).expect("trims nothing");
    home_trim(&tx, alice, 2).expect("trims");
    assert_eq!(home_homes_of(&tx, one).expect("reads"), []);
    home_remove_author(&tx, alice, bob).expect("removes");
    assert_eq!(home_homes_of(&tx, boost).expect("reads"), []);
}

#[test]
fn home_keeps_to_the_languages_of_a_follow() {
    let world = World::new();
    let (alice, bob) = (world.local("alice"), world.remote("bob"));
    let mut follow = world.follow_row(alice, bob);
    follow.languages = Some(vec!["ja".into()]);
    follows::insert(&world.tx(), &follow).expect("inserts");
    let english = world.post(bob, "hello");
    let japanese = world.post_with(bob, "hello", |status| status.language = Some("ja".into()));
    let unknown = world.post_with(bob, "?", |status| status.language = None);
    for status in [english, japanese, unknown] {
        home_add(&world.tx(), alice, status, bob).expect("adds");
    }
    assert_eq!(ids(home(&world.tx(), alice, &Page::first(20), NOW).expect("reads")), [unknown, japanese]);
}

#[test]
fn a_new_follow_brings_the_newest_posts_but_no_talk_with_strangers() {
    let world = World::new();
    let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.remote("eve"));
    let strange = world.post(eve, "strange");
    let old = world.post(bob, "old");
    let own = world.post_with(bob, "to self", |status| {
        (status.in_reply_to_id, status.in_reply_to_account_id) = (Some(old), Some(bob));
    });
    world.post_with(bob, "to a stranger", |status| {
        (status.in_reply_to_id, status.in_reply_to_account_id) = (Some(strange), Some(eve));
    });
    world.post_with(bob, "to somebody unknown", |status| status.in_reply_to_uri = Some("https://c.example/1".into()));
    world.post_with(bob, "secret", |status| status.visibility = Visibility::Direct);
    let boost = world.boost(bob, strange);
    world.follow(alice, bob);
    let tx = world.tx();
    home_fill_from(&tx, alice, bob, 2).expect("fills");
    assert_eq!(ids(home(&tx, alice, &Page::first(20), NOW).expect("reads")), [boost, own]);
    home_fill_from(&tx, alice, bob, 20).expect("fills again");
    assert_eq!(ids(home(&tx, alice, &Page::first(20), NOW).expect("reads")), [boost, own, old]);
}

#[test]
fn a_new_post_belongs_into_the_homes_of_those_it_concerns() {
    let world = World::new();
    let (alice, carol, bob) = (world.local("alice"), world.local("carol"), world.local("bob"));
    let (eve, far) = (world.remote("eve"), world.remote("far"));
    world.follow(alice, bob);
    world.follow(alice, eve);
    world.follow(far, bob);
    let mut quiet = world.follow_row(carol, bob);
    quiet.show_reblogs = false;
    follows::insert(&world.tx(), &quiet).expect("inserts");
    let to_eve = world.post(eve, "to answer");
    let tx = world.tx();
    let homes = |id: StatusId| {
        homes_for(&tx, &crate::store::statuses::by_id(&tx, id).expect("reads").expect("exists")).expect("reads")
    };
    assert_eq!(homes(world.post(bob, "hello")), [alice, carol, bob]);
    assert_eq!(homes(world.boost(bob, to_eve)), [alice, bob]);
    let reply = world.post_with(bob, "answer", |status| {
        (status.in_reply_to_id, status.in_reply_to_account_id) = (Some(to_eve), Some(eve));
    });
    assert_eq!(homes(reply), [alice, bob]);
    let lost = world.post_with(bob, "answer", |status| status.in_reply_to_uri = Some("https://c.example/1".into()));
    assert_eq!(homes(lost), [bob]);
    let direct = world.post_with(bob, "psst", |status| status.visibility = Visibility::Direct);
    assert_eq!(homes(direct), [bob]);
    mentions::insert(&tx, direct, carol, false).expect("mentions");
    assert_eq!(homes(direct), [carol, bob]);
    let mut choosy = follows::between(&tx, carol, bob).expect("reads").expect("exists");
    choosy.languages = Some(vec!["ja".into()]);
    follows::update_options(&tx, &choosy).expect("updates");
    assert_eq!(homes(direct), [bob]);
    choosy.languages = Some(vec!["en".into()]);
    follows::update_options(&tx, &choosy).expect("updates");
    assert_eq!(homes(direct), [carol, bob]);
    block(&world, carol, bob);
    assert_eq!(homes(direct), [bob]);
    assert_eq!(homes(to_eve), [alice]);
}

#[test]
fn public_shows_public_posts_that_start_threads() {
    let world = World::new();
    let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.remote("eve"));
    let local = world.post(alice, "local");
    let remote = world.post(bob, "remote");
    world.post_with(bob, "a reply", |status| {
        (status.in_reply_to_id, status.in_reply_to_account_id) = (Some(local), Some(alice));
    });
    world.post_with(bob, "unlisted", |status| status.visibility = Visibility::Unlisted);
    world.boost(bob, local);
    let tx = world.tx();
    let image = world.image(alice);
    media::attach(&tx, local, &[image], alice).expect("attaches");
    let seen =
        |viewer, place, only_media| ids(public(&tx, viewer, place, only_media, &Page::first(20), NOW).expect("reads"));
    assert_eq!(seen(None, Place::Everywhere, false), [remote, local]);
    assert_eq!(seen(None, Place::Local, false), [local]);
    assert_eq!(seen(None, Place::Remote, false), [remote]);
    assert_eq!(seen(None, Place::Everywhere, true), [local]);
    mute(&world, eve, bob);
    assert_eq!(seen(Some(eve), Place::Everywhere, false), [local]);
    tx.execute("UPDATE accounts SET silenced_at = 1 WHERE id = ?1", [alice]).expect("silences");
    assert_eq!(seen(None, Place::Everywhere, false), [remote]);
    assert_eq!(seen(Some(alice), Place::Local, false), [local]);
}

#[test]
fn tags_combine() {
    let world = World::new();
    let bob = world.remote("bob");
    let tx = world.tx();
    let post = |names: &[&str]| {
        let status = world.post(bob, "tagged");
        let pairs: Vec<_> = names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
        tags::attach(&tx, status, &pairs).expect("attaches");
        status
    };
    let (a, b, ab) = (post(&["a"]), post(&["b"]), post(&["a", "b"]));
    let id = |name: &str| tags::by_name(&tx, name).expect("reads").expect("exists").id;
    let seen = |any: &[&str], all: &[&str], none: &[&str]| {
        let list = |names: &[&str]| names.iter().map(|name| id(name)).collect();
        let which = Tagged { any: list(any), all: list(all), none: list(none) };
        ids(tagged(&tx, None, &which, Place::Everywhere, false, &Page::first(20), NOW).expect("reads"))
    };
    assert_eq!(seen(&["a"], &[], &[]), [ab, a]);
    assert_eq!(seen(&["a", "b"], &[], &[]), [ab, b, a]);
    assert_eq!(seen(&["a"], &["b"], &[]), [ab]);
    assert_eq!(seen(&["a"], &[], &["b"]), [a]);
    assert_eq!(seen(&[], &[], &[]), []);
}

#[test]
fn a_profile_shows_each_viewer_what_they_may_see() {
    let world = World::new();
    let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.local("eve"));
    let open = world.post(alice, "open");
    let private = world.post_with(alice, "private", |status| status.visibility = Visibility::Private);
    let direct = world.post_with(alice, "direct", |status| status.visibility = Visibility::Direct);
    let others = world.post(bob, "others");
    let boost = world.boost(alice, others);
    let reply = world.post_with(alice, "reply", |status| {
        (status.in_reply_to_id, status.in_reply_to_account_id) = (Some(others), Some(bob));
    });
    let tx = world.tx();
    mentions::insert(&tx, direct, eve, false).expect("mentions");
    world.follow(bob, alice);
    let seen = |viewer, which| ids(of_account(&tx, alice, which, viewer, &Page::first(20), NOW).expect("reads"));
    let all = OfAccount::default();
    assert_eq!(seen(None, all), [reply, boost, open]);
    assert_eq!(seen(Some(bob), all), [reply, boost, private, open]);
    assert_eq!(seen(Some(eve), all), [reply, boost, direct, open]);
    assert_eq!(seen(Some(alice), all), [reply, boost, direct, private, open]);
    assert_eq!(seen(None, OfAccount { exclude_replies: true, ..all }), [boost, open]);
    assert_eq!(seen(None, OfAccount { exclude_reblogs: true, ..all }), [reply, open]);
    assert_eq!(seen(Some(alice), OfAccount { exclude_direct: true, ..all }), [reply, boost, private, open]);
    assert_eq!(seen(None, OfAccount { only_media: true, ..all }), []);
    block(&world, alice, eve);
    assert_eq!(seen(Some(eve), all), []);
}

#[test]
fn kept_posts_page_by_when_they_were_kept() {
    let world = World::new();
    let (alice, bob) = (world.local("alice"), world.remote("bob"));
    let (one, two) = (world.post(bob, "one"), world.post(bob, "two"));
    let tx = world.tx();
    favourites::insert(&tx, 8, alice, two, "https://a.example/8", NOW).expect("favourites");
    favourites::insert(&tx, 9, alice, one, "https://a.example/9", NOW).expect("favourites");
    bookmarks::insert(&tx, 5, alice, one, NOW).expect("bookmarks");
    let cursors = |rows: Vec<(i64, Status)>| rows.into_iter().map(|(id, row)| (id, row.id)).collect::<Vec<_>>();
    assert_eq!(cursors(favourited(&tx, alice, &Page::first(9)).expect("reads")), [(9, one), (8, two)]);
    assert_eq!(cursors(bookmarked(&tx, alice, &Page::first(9)).expect("reads")), [(5, one)]);
    let boost = world.boost(alice, one);
    let who = reblogged_by(&tx, one, None, &Page::first(9)).expect("reads");
    assert_eq!(who.into_iter().map(|(id, row)| (id, row.id)).collect::<Vec<_>>(), [(boost.0, alice)]);
    assert!(accounts::by_id(&tx, alice).expect("reads").is_some());
}
