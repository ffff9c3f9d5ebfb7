//! From the JSON of fixtures to the records of the contract, and back.

use nagaya_plugin::types::{Actor, ActorKind, Direction, Envelope, Parent, Visibility};
use nagaya_plugin::{Decision, Effect, Json, Verdict, testing};

pub mod manifest;

/// The fixtures of one plugin, by file.
pub fn fixtures(plugin: &str) -> Vec<(String, Json)> {
    let folder = format!("{}/../{plugin}/fixtures", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|why| panic!("{folder}: {why}"));
    let mut found: Vec<_> = files
        .map(|file| {
            let file = file.expect("a file");
            let name = format!("{plugin}/fixtures/{}", file.file_name().display());
            let text = std::fs::read_to_string(file.path()).expect("readable");
            let json = Json::parse(&text).unwrap_or_else(|| panic!("{name} is not JSON"));
            (name, json)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The activity of a case.
pub fn envelope(case: &Json) -> Envelope {
    read(&document(case))
}

/// The document that `base` names, with the changes of `with` merged into it (RFC 7396).
pub fn document(case: &Json) -> Json {
    let mut json = match case.get("base").text() {
        Some(name) => {
            let file = format!("{}/documents/{name}.json", env!("CARGO_MANIFEST_DIR"));
            Json::parse(&std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{file}: {why}"))).expect("JSON")
        }
        None => Json::Object(Vec::new()),
    };
    merge(&mut json, case.get("with"));
    json
}

/// Merges `changes` into `json` (RFC 7396); no changes leave it as it is.
pub fn merge(json: &mut Json, changes: &Json) {
    let Json::Object(changes) = changes else {
        if !changes.is_null() {
            *json = changes.clone();
        }
        return;
    };
    if !matches!(json, Json::Object(_)) {
        *json = Json::Object(Vec::new());
    }
    let Json::Object(members) = json else { return };
    for (key, value) in changes {
        let at = members.iter().position(|(known, _)| known == key);
        match (at, value) {
            (Some(at), Json::Null) => drop(members.remove(at)),
            (None, Json::Null) => {}
            (Some(at), value) => merge(&mut members[at].1, value),
            (None, value) => {
                let mut fresh = Json::Null;
                merge(&mut fresh, value);
                members.push((key.clone(), fresh));
            }
        }
    }
}

fn words(json: &Json) -> Vec<String> {
    json.items().iter().filter_map(Json::text).map(str::to_owned).collect()
}

fn text(json: &Json) -> String {
    json.text().unwrap_or_default().to_owned()
}

fn option(json: &Json) -> Option<String> {
    json.text().map(str::to_owned)
}

fn number(json: &Json) -> u64 {
    json.number().unwrap_or_default() as u64
}

fn visibility(json: &Json) -> Visibility {
    match json.text() {
        Some("public") => Visibility::Public,
        Some("unlisted") => Visibility::Unlisted,
        Some("private") => Visibility::Followers,
        Some("direct") => Visibility::Direct,
        _ => Visibility::Other,
    }
}

/// Somebody.
pub fn actor(json: &Json) -> Actor {
    Actor {
        id: text(json.get("id")),
        handle: text(json.get("handle")),
        host: text(json.get("host")),
        local: json.get("local").is_true(),
        kind: match json.get("kind").text() {
            Some("Person") => ActorKind::Person,
            Some("Service") => ActorKind::Service,
            Some("Application") => ActorKind::Application,
            Some("Group") => ActorKind::Group,
            Some("Organization") => ActorKind::Organization,
            _ => ActorKind::Other,
        },
        display_name: text(json.get("display-name")),
        bio: text(json.get("bio")),
        locked: json.get("locked").is_true(),
        first_seen: number(json.get("first-seen")),
        created: json.get("created").number().map(|at| at as u64),
        posts_seen: number(json.get("posts-seen")) as u32,
        followers_seen: number(json.get("followers-seen")) as u32,
        local_followers: number(json.get("local-followers")) as u32,
        local_following: number(json.get("local-following")) as u32,
        followers_url: text(json.get("followers-url")),
        admin_tags: words(json.get("admin-tags")),
    }
}

fn parent(json: &Json) -> Option<Parent> {
    (!json.is_null()).then(|| Parent {
        id: text(json.get("id")),
        author: text(json.get("author")),
        author_handle: text(json.get("author-handle")),
        local: json.get("local").is_true(),
        visibility: visibility(json.get("visibility")),
        summary: option(json.get("summary")),
    })
}

fn read(json: &Json) -> Envelope {
    let pair = |json: &Json| (text(json.at(0)), text(json.at(1)));
    Envelope {
        direction: match json.get("direction").text() {
            Some("outbound") => Direction::Outbound,
            Some("local") => Direction::Local,
            Some("relayed") => Direction::Relayed,
            Some("fetched") => Direction::Fetched,
            _ => Direction::Inbound,
        },
        activity: text(json.get("activity")),
        object: option(json.get("object")),
        id: text(json.get("id")),
        actor: actor(json.get("actor")),
        visibility: visibility(json.get("visibility")),
        published: json.get("published").number().map(|at| at as u64),
        is_edit: json.get("is-edit").is_true(),
        text: text(json.get("text")),
        html: option(json.get("html")),
        summary: option(json.get("summary")),
        language: option(json.get("language")),
        sensitive: json.get("sensitive").is_true(),
        mentions: words(json.get("mentions")),
        local_mentions: number(json.get("local-mentions")) as u16,
        recipients: number(json.get("recipients")) as u32,
        hashtags: words(json.get("hashtags")),
        link_hosts: words(json.get("link-hosts")),
        emoji: json.get("emoji").items().iter().map(pair).collect(),
        attachments: words(json.get("attachments")),
        reply_to: parent(json.get("reply-to")),
        quote_of: parent(json.get("quote-of")),
        follow_target: Some(json.get("follow-target")).filter(|json| !json.is_null()).map(actor),
        relation: words(json.get("relation")),
        history: words(json.get("history")),
        raw: option(json.get("raw")),
    }
}

/// What a fixture expects: `{"verdict":"reject"}`; reasons are for people and not compared.
pub fn written(decision: &Decision) -> Json {
    let verdict = match decision.verdict {
        Verdict::Accept => "accept",
        Verdict::Hold(_) => "hold",
        Verdict::Reject(_) => "reject",
    };
    let mut members = vec![("verdict".to_owned(), Json::from(verdict))];
    if decision.score != 0 {
        members.push(("score".into(), Json::Number(decision.score.into())));
    }
    // Of a refused activity nothing is left to change.
    if !decision.effects.is_empty() && verdict != "reject" {
        members.push(("effects".into(), decision.effects.iter().map(effect).collect::<Vec<_>>().into()));
    }
    Json::Object(members)
}

fn effect(effect: &Effect) -> Json {
    let list = |items: &[String]| Json::List(items.iter().map(|item| item.as_str().into()).collect());
    let pair = |(a, b): &(String, String)| Json::List(vec![a.as_str().into(), b.as_str().into()]);
    let (name, value) = match effect {
        Effect::SetVisibility(to) => ("set-visibility", Json::from(seen(*to))),
        Effect::Sensitive(warning) => ("sensitive", warning.as_deref().map_or(Json::Null, Json::from)),
        Effect::Strip(parts) => ("strip", list(parts)),
        Effect::SetText(text) => ("set-text", pair(text)),
        Effect::DropRecipients(ids) => ("drop-recipients", list(ids)),
        Effect::AddMention(id) => ("add-mention", id.as_str().into()),
        Effect::MuteNotifications => return "mute-notifications".into(),
        Effect::ExpireS(seconds) => ("expire-s", Json::Number(f64::from(*seconds))),
        Effect::Label(text) => ("label", text.as_str().into()),
        Effect::Report(text) => ("report", text.as_str().into()),
        Effect::PrefetchMedia => return "prefetch-media".into(),
        Effect::JsonPatch(patch) => ("json-patch", patch.as_str().into()),
        Effect::Extra(text) => ("extra", pair(text)),
    };
    Json::object([(name, value)])
}

/// In the words of Mastodon's API, as the server's own envelopes write it.
pub fn seen(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "private",
        Visibility::Direct => "direct",
        Visibility::Other => "other",
    }
}

/// Sets up the stand-in for the server as a fixture says.
pub fn prepare(host: &Json, settings: &Json) {
    testing::reset();
    testing::host(|known| {
        known.now = number(host.get("now"));
        known.domain = "nagaya.example".into();
        known.settings = settings.to_string();
        known.people = host.get("people").items().iter().map(actor).collect();
        if let Json::Object(names) = host.get("names") {
            known.names = names.iter().map(|(name, found)| (name.clone(), words(found))).collect();
        }
        if let Json::Object(web) = host.get("web") {
            let page = |answer: &Json| (number(answer.at(0)) as u16, text(answer.at(1)));
            known.web = web.iter().map(|(url, answer)| (url.clone(), page(answer))).collect();
        }
    });
}
