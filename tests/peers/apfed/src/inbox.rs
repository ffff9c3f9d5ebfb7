//! What arrives: the crate has checked digest, signature and sender before anything here runs.

use activitypub_federation::config::Data;
use activitypub_federation::error::Error;
use activitypub_federation::kinds::activity::{AcceptType, FollowType, RejectType};
use activitypub_federation::protocol::verification::verify_urls_match;
use activitypub_federation::traits::{ActivityHandler, Object};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Debug;
use url::Url;

use crate::send::{self, fresh};
use crate::wire::{Note, Post, Told};
use crate::{Shared, broken};

fn id(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value["id"].as_str())
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |many| many.iter().collect())
}

pub async fn receive<K: Debug + Serialize + Send + Sync>(told: Told<K>, data: &Data<Shared>) -> Result<(), Error> {
    let kind = serde_json::to_value(&told.kind).map_err(broken)?;
    let kind = kind.as_str().unwrap_or_default();
    let mut post = None;
    if matches!(kind, "Create" | "Update") && told.object["attributedTo"].is_string() {
        let note: Note = serde_json::from_value(told.object.clone()).map_err(broken)?;
        Post::verify(&note, &told.id, data).await?;
        verify_urls_match(note.attributed_to.inner(), told.actor.inner())?;
        post = Some(Post::from_json(note, data).await?.0);
    }
    let objects: Vec<_> = list(&told.object).into_iter().filter_map(id).collect();
    let note = post.as_ref();
    let entry = json!({
        "type": kind,
        "id": told.id,
        "actor": told.actor.inner(),
        "object": objects.first(),
        "objects": objects,
        "objectType": told.object["type"],
        "content": note.and_then(|note| note.content.as_deref()).or(told.content.as_deref()),
        "reaction": told.content,
        "name": note.map_or(told.object["name"].as_str(), |note| note.name.as_deref()),
        "inReplyTo": note.and_then(|note| note.in_reply_to.as_ref()),
        "options": note.map(|note| note.one_of.iter().map(|choice| &choice.name).collect::<Vec<_>>()),
        "target": told.target,
        "audience": told.to.iter().chain(&told.cc).collect::<Vec<_>>(),
        "scheme": "cavage",
    });
    data.state().log.push(entry);
    match kind {
        "Follow" => follow(told, data).await,
        "Undo" => undo(&told, data),
        _ => Ok(()),
    }
}

/// Accepts or rejects it; the answer goes out after the request is answered.
async fn follow<K: Debug + Serialize + Send + Sync>(told: Told<K>, data: &Data<Shared>) -> Result<(), Error> {
    let follower = told.actor.dereference(data).await?;
    let followed: Url = id(&told.object).unwrap_or_default().parse()?;
    let refuse = data.state().refuse;
    let Some(me) = data.state().people.values_mut().find(|one| one.id == followed).map(|me| {
        if !refuse {
            me.followers.insert(follower.id.clone(), follower.inbox.clone());
        }
        me.clone()
    }) else {
        return Err(Error::NotFound);
    };
    let data = data.reset_request_count();
    let object = serde_json::to_value(&told).map_err(broken)?;
    tokio::spawn(async move {
        let inboxes = vec![follower.inbox];
        let id = fresh(&me, &data);
        let sent = if refuse {
            send::send(&data, &me, send::told::<RejectType>(&me, id, object), inboxes).await
        } else {
            send::send(&data, &me, send::told::<AcceptType>(&me, id, object), inboxes).await
        };
        if let Err(error) = sent {
            eprintln!("the answer to a Follow was not taken: {error}");
        }
    });
    Ok(())
}

fn undo<K>(told: &Told<K>, data: &Data<Shared>) -> Result<(), Error> {
    // What is undone must be theirs; other verbs than Follow leave no trace here.
    let Ok(follow) = serde_json::from_value::<Told<FollowType>>(told.object.clone()) else { return Ok(()) };
    verify_urls_match(follow.actor(), told.actor.inner())?;
    let followed: Url = id(&follow.object).unwrap_or_default().parse()?;
    if let Some(me) = data.state().people.values_mut().find(|one| one.id == followed) {
        me.followers.remove(told.actor.inner());
    }
    Ok(())
}
