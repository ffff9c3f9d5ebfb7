//! The documents, as this peer writes and reads them.

use activitypub_federation::config::Data;
use activitypub_federation::error::Error;
use activitypub_federation::fetch::object_id::ObjectId;
use activitypub_federation::kinds::activity::*;
use activitypub_federation::kinds::link::MentionType;
use activitypub_federation::protocol::helpers::deserialize_one_or_many;
use activitypub_federation::protocol::public_key::PublicKey;
use activitypub_federation::protocol::verification::verify_domains_match;
use activitypub_federation::traits::{ActivityHandler, Actor, Object};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Debug;
use url::Url;

use crate::Shared;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum ActorKind {
    Person,
    Application,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum PostKind {
    Note,
    Question,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    pub shared_inbox: Option<Url>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(rename = "type")]
    pub kind: ActorKind,
    pub id: ObjectId<Somebody>,
    pub preferred_username: String,
    pub name: Option<String>,
    pub inbox: Url,
    pub outbox: Url,
    pub followers: Option<Url>,
    pub featured: Option<Url>,
    pub endpoints: Option<Endpoints>,
    pub public_key: PublicKey,
    #[serde(default)]
    pub also_known_as: Vec<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<Url>,
}

/// One of ours or of theirs.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub id: Url,
    pub name: String,
    pub shown: String,
    pub inbox: Url,
    pub shared_inbox: Option<Url>,
    pub public_key: String,
    pub private_key: Option<String>,
    /// Of ours: who follows, and where they are written to.
    pub followers: HashMap<Url, Url>,
    pub pins: Vec<Url>,
    pub aliases: Vec<Url>,
    pub moved_to: Option<Url>,
    pub gone: bool,
    /// What was sent, by verb and object, and to whom: for taking it back.
    pub sent: HashMap<(String, Url), (Value, Url)>,
}

impl Somebody {
    pub fn at(&self, name: &str) -> Url {
        format!("{}/{name}", self.id).parse().expect("an address of ours")
    }
}

#[async_trait]
impl Object for Somebody {
    type DataType = Shared;
    type Kind = Person;
    type Error = Error;

    async fn read_from_id(id: Url, data: &Data<Shared>) -> Result<Option<Self>, Error> {
        let state = data.state();
        Ok(state.people.values().chain(state.known.values()).find(|one| one.id == id).cloned())
    }

    async fn into_json(self, _data: &Data<Shared>) -> Result<Person, Error> {
        Ok(Person {
            kind: ActorKind::Person,
            public_key: self.public_key(),
            outbox: self.at("outbox"),
            followers: Some(self.at("followers")),
            featured: Some(self.at("featured")),
            endpoints: Some(Endpoints { shared_inbox: self.shared_inbox.clone() }),
            id: self.id.into(),
            preferred_username: self.name,
            name: Some(self.shown),
            inbox: self.inbox,
            also_known_as: self.aliases,
            moved_to: self.moved_to,
        })
    }

    async fn verify(person: &Person, expected: &Url, _data: &Data<Shared>) -> Result<(), Error> {
        verify_domains_match(person.id.inner(), expected)
    }

    async fn from_json(person: Person, data: &Data<Shared>) -> Result<Self, Error> {
        let somebody = Self {
            id: person.id.into_inner(),
            shown: person.name.unwrap_or_default(),
            name: person.preferred_username,
            inbox: person.inbox,
            shared_inbox: person.endpoints.and_then(|endpoints| endpoints.shared_inbox),
            public_key: person.public_key.public_key_pem,
            private_key: None,
            followers: HashMap::new(),
            pins: Vec::new(),
            aliases: person.also_known_as,
            moved_to: person.moved_to,
            gone: false,
            sent: HashMap::new(),
        };
        data.state().known.insert(somebody.id.clone(), somebody.clone());
        Ok(somebody)
    }
}

impl Actor for Somebody {
    fn id(&self) -> Url {
        self.id.clone()
    }

    fn public_key_pem(&self) -> &str {
        &self.public_key
    }

    fn private_key_pem(&self) -> Option<String> {
        self.private_key.clone()
    }

    fn inbox(&self) -> Url {
        self.inbox.clone()
    }

    fn shared_inbox(&self) -> Option<Url> {
        self.shared_inbox.clone()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mention {
    #[serde(rename = "type")]
    pub kind: MentionType,
    pub href: Url,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Choice {
    #[serde(rename = "type", default)]
    pub kind: String,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    #[serde(rename = "type")]
    pub kind: PostKind,
    pub id: ObjectId<Post>,
    pub attributed_to: ObjectId<Somebody>,
    #[serde(deserialize_with = "deserialize_one_or_many")]
    pub to: Vec<Url>,
    #[serde(default, deserialize_with = "deserialize_one_or_many")]
    pub cc: Vec<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Choice>,
    /// What a server has not asked for may be anything: Hashtag, Emoji.
    #[serde(default)]
    pub tag: Vec<Value>,
}

/// A post of anybody.
#[derive(Debug, Clone)]
pub struct Post(pub Note);

#[async_trait]
impl Object for Post {
    type DataType = Shared;
    type Kind = Note;
    type Error = Error;

    async fn read_from_id(id: Url, data: &Data<Shared>) -> Result<Option<Self>, Error> {
        Ok(data.state().posts.get(&id).map(|(_, note)| Self(note.clone())))
    }

    async fn into_json(self, _data: &Data<Shared>) -> Result<Note, Error> {
        Ok(self.0)
    }

    async fn verify(note: &Note, expected: &Url, _data: &Data<Shared>) -> Result<(), Error> {
        verify_domains_match(note.id.inner(), expected)?;
        verify_domains_match(note.attributed_to.inner(), note.id.inner())
    }

    async fn from_json(note: Note, _data: &Data<Shared>) -> Result<Self, Error> {
        Ok(Self(note))
    }
}

/// Any activity; its verb is a type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told<K> {
    #[serde(rename = "type")]
    pub kind: K,
    pub id: Url,
    pub actor: ObjectId<Somebody>,
    pub object: Value,
    #[serde(default, deserialize_with = "deserialize_one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Url>,
    #[serde(default, deserialize_with = "deserialize_one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Url>,
}

#[async_trait]
impl<K: Debug + Serialize + Send + Sync> ActivityHandler for Told<K> {
    type DataType = Shared;
    type Error = Error;

    fn id(&self) -> &Url {
        &self.id
    }

    fn actor(&self) -> &Url {
        self.actor.inner()
    }

    async fn verify(&self, _data: &Data<Shared>) -> Result<(), Error> {
        Ok(())
    }

    async fn receive(self, data: &Data<Shared>) -> Result<(), Error> {
        crate::inbox::receive(self, data).await
    }
}

/// Every verb that the crate has a name for and that Nagaya speaks.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
#[enum_delegate::implement(ActivityHandler)]
pub enum Anything {
    Follow(Told<FollowType>),
    Accept(Told<AcceptType>),
    Reject(Told<RejectType>),
    Undo(Told<UndoType>),
    Create(Told<CreateType>),
    Update(Told<UpdateType>),
    Delete(Told<DeleteType>),
    Like(Told<LikeType>),
    Announce(Told<AnnounceType>),
    Add(Told<AddType>),
    Remove(Told<RemoveType>),
    Block(Told<BlockType>),
    Flag(Told<FlagType>),
    Move(Told<MoveType>),
}
