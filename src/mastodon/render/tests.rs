use serde_json::Value;

use super::*;
use crate::clock::Time;
use crate::ids::{AccountId, NotificationId};
use crate::store::accounts::Field;
use crate::store::testing::{World, account, image};
use crate::store::{
    favourites, media, mentions, notifications as told, relationships, statuses as posts, tags as marks,
};

fn base() -> Base {
    Base { url: "https://a.example".into(), now: Time(1_800_000_000_000) }
}

fn json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("serialises")
}

/// Checks that exactly these keys are there, each with one of the JSON types named: s(tring), n(umber), b(oolean),
/// a(rray), o(bject), 0 (null).
fn shape(value: &Value, expected: &str) {
    let map = value.as_object().expect("an object");
    let mut left: Vec<&String> = map.keys().collect();
    for line in expected.split_whitespace() {
        let (key, types) = line.split_once('=').expect("key=types");
        let found = map.get(key).unwrap_or_else(|| panic!("{key} is missing in {value}"));
        let kind = match found {
            Value::Null => '0',
            Value::Bool(_) => 'b',
            Value::Number(_) => 'n',
            Value::String(_) => 's',
            Value::Array(_) => 'a',
            Value::Object(_) => 'o',
        };
        assert!(types.contains(kind), "{key} is {found}, not one of {types}");
        left.retain(|name| *name != key);
    }
    assert!(left.is_empty(), "unexpected {left:?}");
}

const ACCOUNT: &str = "id=s username=s acct=s url=s uri=s display_name=s note=s created_at=s last_status_at=s0 avatar=s
    avatar_static=s avatar_description=s header=s header_static=s header_description=s locked=b bot=b group=b
    discoverable=b0 indexable=b hide_collections=b0 show_media=b show_media_replies=b show_featured=b followers_count=n
    following_count=n statuses_count=n fields=a emojis=a feature_approval=o";
const STATUS: &str = "id=s uri=s url=s0 created_at=s edited_at=s0 account=o content=s spoiler_text=s sensitive=b
    language=s0 visibility=s local_only=b in_reply_to_id=s0 in_reply_to_account_id=s0 reblog=o0 replies_count=n reblogs_count=n
    favourites_count=n quotes_count=n media_attachments=a mentions=a tags=a emojis=a tagged_collections=a poll=0o emoji_reactions=a card=0
    quote=0 quote_approval=o";
const VIEWED: &str = "favourited=b reblogged=b muted=b bookmarked=b filtered=a";

#[test]
fn accounts_have_every_field() {
    let world = World::new();
    let tx = world.tx();
    let alice = world.local("alice");
    let mut bob = account(world.next(), "bob", Some("b.example"));
    bob.avatar_remote_url = Some("https://b.example/bob.png".into());
    bob.moved_to_uri = Some("https://a.example/users/alice".into());
    bob.fields = vec![Field { name: "site".into(), value: "<a>x</a>".into(), verified_at: Some(Time(0)) }];
    let bob = world.account(bob);
    let rows: Vec<_> =
        [alice, bob].map(|id| crate::store::accounts::by_id(&tx, id).expect("reads").expect("is")).into();
    let answer = accounts(&tx, &base(), &rows).expect("renders");
    let (alice, remote) = (json(&answer[0]), json(&answer[1]));
    shape(&alice, &format!("{ACCOUNT} roles=a noindex=b"));
    shape(&remote, &format!("{ACCOUNT} moved=o"));
    assert_eq!(alice["acct"], "alice");
    assert_eq!(alice["avatar"], "https://a.example/static/avatar.png");
    assert_eq!(alice["created_at"], "2023-11-14T00:00:00.000Z");
    assert_eq!(remote["acct"], "bob@b.example");
    assert_eq!(remote["avatar"], format!("https://a.example/media/avatar/{bob}"));
    assert_eq!(remote["moved"]["id"], alice["id"]);
    shape(&remote["fields"][0], "name=s value=s verified_at=s0");
    assert_eq!(remote["fields"][0]["value"], "<a>x</a>");
    shape(&remote["feature_approval"], "automatic=a manual=a current_user=s");
}

#[test]
fn the_suspended_keep_nothing_but_their_handle() {
    let world = World::new();
    let mut bob = account(world.next(), "bob", Some("b.example"));
    bob.display_name = "Bob".into();
    bob.note = "<p>hi</p>".into();
    bob.avatar_remote_url = Some("https://b.example/bob.png".into());
    bob.locked = true;
    bob.suspended_at = Some(Time(5));
    let answer = json(one_account(&world.tx(), &base(), &bob).expect("renders"));
    shape(&answer, &format!("{ACCOUNT} suspended=b"));
    for key in ["display_name", "note"] {
        assert_eq!(answer[key], "", "{key}");
    }
    assert_eq!((&answer["locked"], &answer["avatar"]), (&false.into(), &"https://a.example/static/avatar.png".into()));
}

#[test]
fn ones_own_account_shows_what_was_typed() {
    let world = World::new();
    let alice = world.local("alice");
    let tx = world.tx();
    tx.execute("UPDATE users SET role = 'owner'", []).expect("promotes");
    let mut row = crate::store::accounts::by_id(&tx, alice).expect("reads").expect("exists");
    row.note_source = "typed".into();
    row.fields = vec![Field { name: "x".into(), value: "1 < 2".into(), verified_at: None }];
    let user = crate::store::users::by_account(&tx, alice).expect("reads").expect("exists");
    let answer = json(credentials(&tx, &base(), &row, &user).expect("renders"));
    shape(&answer, &format!("{ACCOUNT} roles=a noindex=b source=o role=o"));
    shape(
        &answer["source"],
        "privacy=s sensitive=b language=s0 note=s fields=a follow_requests_count=n hide_collections=b0 discoverable=b0
         indexable=b attribution_domains=a quote_policy=s",
    );
    shape(&answer["role"], "id=s name=s color=s permissions=s highlighted=b collection_limit=n");
    assert_eq!(answer["role"]["permissions"], "1");
    assert_eq!(answer["source"]["fields"][0]["value"], "1 < 2");
    assert_eq!(answer["fields"][0]["value"], "1 &lt; 2");
    shape(
        &json(preferences(&user, crate::store::quote_policies::Choice::Nobody)),
        "posting:default:visibility=s posting:default:sensitive=b posting:default:language=s0
         posting:default:quote_policy=s reading:expand:media=s reading:expand:spoilers=b reading:autoplay:gifs=b",
    );
}

#[test]
fn a_page_of_posts_is_complete_for_strangers_and_viewers() {
    let world = World::new();
    let (alice, bob) = (world.local("alice"), world.remote("bob"));
    let tx = world.tx();
    let post = world.post(alice, "hello");
    mentions::insert(&tx, post, bob, false).expect("mentions");
    marks::attach(&tx, post, &[("ねこ".into(), "ねこ".into())]).expect("tags");
    let mut remote = image(world.next(), alice);
    (remote.file, remote.thumbnail, remote.remote_url) = (None, None, Some("https://b.example/x.png".into()));
    media::insert(&tx, &remote).expect("inserts");
    media::attach(&tx, post, &[world.image(alice), remote.id], alice).expect("attaches");
    favourites::insert(&tx, 1, bob, post, "https://b.example/1", Time(0)).expect("favourites");
    let boost = world.boost(bob, post);
    let render = |viewer: Option<AccountId>| {
        let rows = [boost, post].map(|id| posts::by_id(&tx, id).expect("reads").expect("exists")).into();
        json(statuses(&tx, &base(), rows, viewer).expect("renders"))
    };
    let stranger = render(None);
    shape(&stranger[0], STATUS);
    shape(&stranger[1], STATUS);
    let (boosted, own) = (&render(Some(bob))[0], &render(Some(alice))[1]);
    shape(boosted, &format!("{STATUS} {VIEWED}"));
    shape(own, &format!("{STATUS} {VIEWED} pinned=b"));
    assert_eq!(boosted["id"], boost.to_string());
    assert_eq!(boosted["account"]["acct"], "bob@b.example");
    assert_eq!(boosted["reblog"]["id"], post.to_string());
    assert_eq!(boosted["reblog"]["account"]["acct"], "alice");
    assert_eq!((&boosted["reblog"]["favourited"], &boosted["reblogged"]), (&true.into(), &true.into()));
    assert_eq!(boosted["reblog"]["reblogs_count"], 1);
    shape(&own["mentions"][0], "id=s username=s acct=s url=s");
    assert_eq!(own["tags"][0]["url"], "https://a.example/tags/%E3%81%AD%E3%81%93");
    let pictures = own["media_attachments"].as_array().expect("a list");
    for picture in pictures {
        shape(
            picture,
            "id=s type=s url=s0 preview_url=s0 remote_url=s0 preview_remote_url=s0 text_url=0 description=s0
             blurhash=s0 meta=o0",
        );
    }
    assert_eq!(pictures[0]["meta"]["original"]["size"], "640x480");
    assert_eq!(pictures[1]["url"], format!("https://a.example/media/remote/{}", remote.id));
    assert_eq!(pictures[1]["preview_url"], format!("https://a.example/media/remote/{}/small", remote.id));
    shape(&own["quote_approval"], "automatic=a manual=a current_user=s");
}

#[test]
fn notifications_show_what_they_are_about() {
    let world = World::new();
    let (alice, bob) = (world.local("alice"), world.remote("bob"));
    let post = world.post(alice, "hello");
    let boost = world.boost(bob, post);
    let tx = world.tx();
    for (id, kind, status) in [(1, "follow", None), (2, "favourite", Some(post)), (3, "reblog", Some(boost))] {
        told::insert(&tx, NotificationId(id), alice, kind, bob, status, Time(0)).expect("tells");
    }
    let page = crate::store::page::Page::first(10);
    let rows = told::list(&tx, alice, &told::Filter::default(), &page, Time(0)).expect("lists");
    let answer = json(notifications(&tx, &base(), &rows, alice).expect("renders"));
    let keys = "id=s type=s created_at=s group_key=s account=o";
    shape(&answer[0], &format!("{keys} status=o"));
    shape(&answer[2], keys);
    assert_eq!(answer[0]["status"]["id"], post.to_string());
    assert_eq!(answer[1]["group_key"], format!("favourite-{post}-0"));
    assert_eq!(answer[2]["group_key"], "follow-0");
}

#[test]
fn relationships_and_tags_have_every_field() {
    let world = World::new();
    let (alice, bob) = (world.local("alice"), world.remote("bob"));
    let tx = world.tx();
    let row = relationships::of(&tx, alice, &[bob], Time(0)).expect("reads").remove(0);
    shape(
        &json(relationship(row)),
        "id=s following=b showing_reblogs=b notifying=b followed_by=b blocking=b blocked_by=b muting=b
         muting_notifications=b requested=b requested_by=b domain_blocking=b endorsed=b languages=a0
         muting_expires_at=s0 note=s",
    );
    let now = Time(1_800_000_000_000);
    let answer = json(tag(&tx, &base(), "unseen", None, now).expect("renders"));
    shape(&answer, "id=s name=s url=s history=a");
    assert_eq!(answer["history"].as_array().map(Vec::len), Some(7));
    assert_eq!(answer["history"][0]["day"], now.midnight().seconds().to_string());
    shape(
        &json(tag(&tx, &base(), "x", Some(alice), now).expect("renders")),
        "id=s name=s url=s history=a following=b featuring=b",
    );
}
