//! What goes out: the commands, see tests/harness/peer.py.

use activitypub_federation::activity_sending::SendActivityTask;
use activitypub_federation::config::Data;
use activitypub_federation::error::Error;
use activitypub_federation::fetch::object_id::ObjectId;
use activitypub_federation::kinds::activity::*;
use activitypub_federation::kinds::link::MentionType;
use activitypub_federation::kinds::public;
use activitypub_federation::protocol::context::WithContext;
use activitypub_federation::traits::Object;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Debug;
use url::Url;

use crate::wire::{Choice, Mention, Note, PostKind, Somebody, Told};
use crate::{Shared, broken};

/// The terms beyond ActivityStreams that this peer uses.
fn context() -> Value {
    json!([
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/v1",
        {"toot": "http://joinmastodon.org/ns#", "featured": {"@id": "toot:featured", "@type": "@id"},
         "movedTo": {"@id": "as:movedTo", "@type": "@id"}, "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"}}
    ])
}

pub fn in_context<T: Serialize>(document: T) -> WithContext<T> {
    WithContext::new(document, context())
}

pub fn fresh(who: &Somebody, data: &Data<Shared>) -> Url {
    who.at(&format!("activities/{}", data.number()))
}

pub fn told<K: Default>(who: &Somebody, id: Url, object: Value) -> Told<K> {
    Told {
        kind: K::default(),
        id,
        actor: who.id.clone().into(),
        object,
        to: Vec::new(),
        cc: Vec::new(),
        content: None,
        target: None,
    }
}

/// Signs and sends, and waits until all have taken it.
pub async fn send<K>(data: &Data<Shared>, who: &Somebody, told: Told<K>, inboxes: Vec<Url>) -> Result<Value, Error>
where
    K: Debug + Serialize + Send + Sync,
{
    let id = told.id.clone();
    for task in SendActivityTask::prepare(&in_context(told), who, inboxes, data).await? {
        task.sign_and_send(data).await?;
    }
    Ok(json!({"id": id}))
}

/// What a script wishes.
pub struct Wish(pub Value);

impl Wish {
    fn text(&self, key: &str) -> Option<String> {
        self.0[key].as_str().map(str::to_owned)
    }

    fn url(&self, key: &str) -> Result<Url, Error> {
        Ok(self.0[key].as_str().unwrap_or_default().parse()?)
    }

    fn urls(&self, key: &str) -> Result<Vec<Url>, Error> {
        let many = self.0[key].as_array().map(Vec::as_slice).unwrap_or_default();
        many.iter().map(|one| Ok(one.as_str().unwrap_or_default().parse()?)).collect()
    }
}

pub async fn command(name: &str, who: Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    match name {
        "state" => Ok(json!({"followers": who.followers.keys().collect::<Vec<_>>(), "following": []})),
        "refuse" => {
            data.state().refuse = wish.0["refuse"] == true;
            Ok(json!({}))
        }
        "follow" => about::<FollowType>("follow", &who, wish.url("actor")?, wish, data).await,
        "block" => about::<BlockType>("block", &who, wish.url("actor")?, wish, data).await,
        "like" => about::<LikeType>("like", &who, wish.url("object")?, wish, data).await,
        "announce" => about::<AnnounceType>("announce", &who, wish.url("object")?, wish, data).await,
        "unfollow" | "unblock" => take_back(&name[2..], &who, wish.url("actor")?, data).await,
        "unlike" | "unannounce" => take_back(&name[2..], &who, wish.url("object")?, data).await,
        "note" => note(&who, wish, data).await,
        "question" => question(&who, wish, data).await,
        "vote" => vote(&who, wish, data).await,
        "edit" => edit(&who, wish, data).await,
        "delete" => delete(&who, wish, data).await,
        "flag" => flag(&who, wish, data).await,
        "pin" => pinning::<AddType>(&who, wish.url("object")?, true, data).await,
        "unpin" => pinning::<RemoveType>(&who, wish.url("object")?, false, data).await,
        "rename" => rename(&who, wish, data).await,
        "alias" => {
            let alias = wish.url("actor")?;
            data.change(&who.name, |who| who.aliases.push(alias));
            Ok(json!({}))
        }
        "move" => relocate(&who, wish, data).await,
        "retire" => retire(&who, data).await,
        _ => Err(Error::Other(format!("no such command: {name}"))),
    }
}

async fn inbox(actor: Url, data: &Data<Shared>) -> Result<Url, Error> {
    Ok(ObjectId::<Somebody>::from(actor).dereference(data).await?.inbox)
}

/// Where a post of `who` goes: to all who follow, unless it is direct, and to `named`.
async fn inboxes(who: &Somebody, direct: bool, named: &[Url], data: &Data<Shared>) -> Result<Vec<Url>, Error> {
    let mut all: Vec<Url> = if direct { Vec::new() } else { who.followers.values().cloned().collect() };
    for actor in named {
        all.push(inbox(actor.clone(), data).await?);
    }
    Ok(all)
}

async fn about<K>(verb: &str, who: &Somebody, object: Url, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error>
where
    K: Default + Debug + Serialize + Send + Sync,
{
    let actor = wish.url("actor")?;
    let mut activity = told::<K>(who, fresh(who, data), json!(object));
    activity.to = vec![actor.clone()];
    let mut inboxes = vec![inbox(actor.clone(), data).await?];
    if verb == "announce" {
        activity.cc = vec![who.at("followers"), actor.clone()];
        activity.to = vec![public()];
        inboxes.extend(who.followers.values().cloned());
    }
    let kept = serde_json::to_value(&activity).map_err(broken)?;
    data.change(&who.name, |who| who.sent.insert((verb.to_owned(), object), (kept, actor)));
    send(data, who, activity, inboxes).await
}

async fn take_back(verb: &str, who: &Somebody, object: Url, data: &Data<Shared>) -> Result<Value, Error> {
    let sent = data.change(&who.name, |who| who.sent.remove(&(verb.to_owned(), object)));
    let Some((activity, actor)) = sent else { return Err(Error::NotFound) };
    let mut inboxes = vec![inbox(actor.clone(), data).await?];
    let mut undo = told::<UndoType>(who, fresh(who, data), activity);
    undo.to = vec![actor];
    if verb == "announce" {
        undo.to = vec![public()];
        inboxes.extend(who.followers.values().cloned());
    }
    send(data, who, undo, inboxes).await
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn draft(kind: PostKind, who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Note, Error> {
    let followers = who.at("followers");
    let named = wish.urls("to")?;
    let (to, cc) = match wish.0["visibility"].as_str().unwrap_or("public") {
        "public" => (vec![public()], [vec![followers], named.clone()].concat()),
        "unlisted" => (vec![followers], [vec![public()], named.clone()].concat()),
        "followers" => ([vec![followers], named.clone()].concat(), Vec::new()),
        _ => (named.clone(), Vec::new()),
    };
    let mention = |href| serde_json::to_value(Mention { kind: MentionType::Mention, href }).map_err(broken);
    Ok(Note {
        kind,
        id: data.origin(&format!("posts/{}", data.number())).into(),
        attributed_to: who.id.clone().into(),
        to,
        cc,
        content: wish.text("content").map(|content| format!("<p>{content}</p>")),
        summary: wish.text("summary"),
        name: None,
        in_reply_to: wish.url("reply").ok(),
        published: Some(now()),
        updated: None,
        end_time: None,
        one_of: Vec::new(),
        tag: named.into_iter().map(mention).collect::<Result<_, _>>()?,
    })
}

async fn publish(who: &Somebody, post: Note, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let id = post.id.inner().clone();
    data.state().posts.insert(id.clone(), (who.name.clone(), post.clone()));
    let mut create = told::<CreateType>(who, fresh(who, data), serde_json::to_value(&post).map_err(broken)?);
    (create.to, create.cc) = (post.to, post.cc);
    let inboxes = inboxes(who, wish.0["visibility"] == "direct", &wish.urls("to")?, data).await?;
    send(data, who, create, inboxes).await?;
    Ok(json!({"id": id}))
}

async fn note(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    publish(who, draft(PostKind::Note, who, wish, data)?, wish, data).await
}

async fn question(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let mut post = draft(PostKind::Question, who, wish, data)?;
    let options = wish.0["options"].as_array().map(Vec::as_slice).unwrap_or_default();
    let choice = |name: &str| Choice { kind: "Note".into(), name: name.into() };
    post.one_of = options.iter().filter_map(Value::as_str).map(choice).collect();
    let end = chrono::Utc::now() + chrono::Duration::hours(1);
    post.end_time = Some(end.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    publish(who, post, wish, data).await
}

async fn vote(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let actor = wish.url("actor")?;
    let mut vote = draft(PostKind::Note, who, wish, data)?;
    (vote.name, vote.in_reply_to) = (wish.text("option"), Some(wish.url("object")?));
    (vote.to, vote.cc) = (vec![actor.clone()], Vec::new());
    let mut create = told::<CreateType>(who, fresh(who, data), serde_json::to_value(vote).map_err(broken)?);
    create.to = vec![actor.clone()];
    send(data, who, create, vec![inbox(actor, data).await?]).await
}

fn mentioned(post: &Note) -> Vec<Url> {
    post.tag.iter().filter_map(|tag| Some(serde_json::from_value::<Mention>(tag.clone()).ok()?.href)).collect()
}

async fn edit(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let object = wish.url("object")?;
    let changed = data.state().posts.get_mut(&object).map(|(_, post)| {
        post.content = wish.text("content").map(|content| format!("<p>{content}</p>"));
        post.updated = Some(now());
        post.clone()
    });
    let Some(post) = changed else { return Err(Error::NotFound) };
    let mut update = told::<UpdateType>(who, fresh(who, data), serde_json::to_value(&post).map_err(broken)?);
    (update.to, update.cc) = (post.to.clone(), post.cc.clone());
    send(data, who, update, inboxes(who, false, &mentioned(&post), data).await?).await
}

async fn delete(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let removed = data.state().posts.remove(&wish.url("object")?);
    let Some((_, post)) = removed else { return Err(Error::NotFound) };
    let mut activity = told::<DeleteType>(who, fresh(who, data), json!(post.id.inner()));
    activity.to = vec![public()];
    send(data, who, activity, inboxes(who, false, &mentioned(&post), data).await?).await
}

async fn flag(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let mut flag = told::<FlagType>(who, fresh(who, data), json!(wish.urls("objects")?));
    flag.content = wish.text("content");
    send(data, who, flag, vec![inbox(wish.url("actor")?, data).await?]).await
}

async fn pinning<K>(who: &Somebody, object: Url, add: bool, data: &Data<Shared>) -> Result<Value, Error>
where
    K: Default + Debug + Serialize + Send + Sync,
{
    data.change(&who.name, |who| {
        who.pins.retain(|pin| *pin != object);
        if add {
            who.pins.push(object.clone());
        }
    });
    let mut activity = told::<K>(who, fresh(who, data), json!(object));
    (activity.to, activity.target) = (vec![public()], Some(who.at("featured")));
    send(data, who, activity, inboxes(who, false, &[], data).await?).await
}

async fn rename(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let renamed = data.change(&who.name, |who| {
        who.shown = wish.text("name").unwrap_or_default();
        who.clone()
    });
    let person = serde_json::to_value(renamed.into_json(data).await?).map_err(broken)?;
    let mut update = told::<UpdateType>(who, fresh(who, data), person);
    update.to = vec![public()];
    send(data, who, update, inboxes(who, false, &[], data).await?).await
}

async fn relocate(who: &Somebody, wish: &Wish, data: &Data<Shared>) -> Result<Value, Error> {
    let Some(new) = data.somebody(&wish.text("to").unwrap_or_default()) else { return Err(Error::NotFound) };
    data.change(&new.name, |new| new.aliases.push(who.id.clone()));
    data.change(&who.name, |who| who.moved_to = Some(new.id.clone()));
    let mut activity = told::<MoveType>(who, fresh(who, data), json!(who.id));
    (activity.to, activity.target) = (vec![who.at("followers")], Some(new.id));
    send(data, who, activity, inboxes(who, false, &[], data).await?).await
}

async fn retire(who: &Somebody, data: &Data<Shared>) -> Result<Value, Error> {
    let mut activity = told::<DeleteType>(who, fresh(who, data), json!(who.id));
    activity.to = vec![public()];
    let answer = send(data, who, activity, inboxes(who, false, &[], data).await?).await;
    data.change(&who.name, |who| who.gone = true);
    answer
}
