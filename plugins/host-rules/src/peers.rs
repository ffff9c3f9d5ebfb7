//! What moderators decided about other servers: Pleroma's SimplePolicy. Entries are `host` or `*.host`, with a reason
//! behind a colon and a space.

use nagaya_plugin::words::on_host;
use nagaya_plugin::{Actor, Decision, Effect, Envelope, Json, Settings, Visibility};

use crate::host_of;

/// The reason for which a host is in a list; `None`: it is not in it.
fn listed<'a>(host: &str, list: &str, settings: &'a Settings) -> Option<&'a str> {
    settings.pairs(list).into_iter().find(|(pattern, _)| on_host(host, pattern)).map(|(_, reason)| reason)
}

fn refusal(host: &str, reason: &str) -> Decision {
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    Decision::reject(format!("Nothing is taken from {host}{reason}. / {host}からは受け付けていません{reason}。"))
}

/// Whether nothing is taken from there, and why.
fn refused(host: &str, settings: &Settings) -> Option<Decision> {
    if let Some(reason) = listed(host, "reject", settings) {
        return Some(refusal(host, reason));
    }
    let only = settings.pairs("accept");
    (!only.is_empty() && !only.iter().any(|(pattern, _)| on_host(host, pattern))).then(|| refusal(host, ""))
}

pub fn judge(post: &Envelope, settings: &Settings) -> Decision {
    if post.actor.local {
        return Decision::accept();
    }
    let host = post.actor.host.as_str();
    if let Some(refusal) = refused(host, settings) {
        return refusal;
    }
    for inner in inner_hosts(post) {
        if let Some(reason) = listed(&inner, "reject", settings) {
            return refusal(&inner, reason);
        }
    }
    let silenced = match post.activity.as_str() {
        "Delete" => listed(host, "reject_deletes", settings),
        "Flag" => listed(host, "reject_reports", settings),
        _ => None,
    };
    if let Some(reason) = silenced {
        return refusal(host, reason);
    }
    if !matches!(post.activity.as_str(), "Create" | "Update") {
        return Decision::accept();
    }
    let mut decision = Decision::accept();
    if !post.attachments.is_empty() {
        if listed(host, "media_removal", settings).is_some() {
            decision = decision.with(Effect::Strip(vec!["media".into()]));
        } else if listed(host, "media_sensitive", settings).is_some() && !post.sensitive {
            decision = decision.with(Effect::Sensitive(None));
        }
    }
    match post.visibility {
        Visibility::Public | Visibility::Unlisted if listed(host, "followers_only", settings).is_some() => {
            decision.narrowed(Visibility::Followers)
        }
        Visibility::Public if listed(host, "unlist", settings).is_some() => decision.narrowed(Visibility::Unlisted),
        _ => decision,
    }
}

/// Other servers that the activity speaks of: the origin of what it carries, and with `threads` of what it answers.
fn inner_hosts(post: &Envelope) -> Vec<String> {
    let mut hosts = vec![host_of(&post.id).to_owned()];
    if let Some(raw) = post.raw.as_deref().and_then(Json::parse) {
        hosts.extend(raw.get("object").items().iter().filter_map(Json::id).map(|id| host_of(id).to_owned()));
        hosts.extend(raw.get("object").get("attributedTo").id().map(|id| host_of(id).to_owned()));
    }
    hosts.extend(post.reply_to.iter().chain(&post.quote_of).map(|parent| host_of(&parent.author).to_owned()));
    hosts.retain(|host| !host.is_empty() && *host != post.actor.host);
    hosts.dedup();
    hosts
}

pub fn judge_actor(actor: &Actor, settings: &Settings) -> Decision {
    if actor.local {
        return Decision::accept();
    }
    if let Some(refusal) = refused(&actor.host, settings) {
        return refusal;
    }
    let lists = [("avatar_removal", "avatar"), ("header_removal", "header"), ("background_removal", "background")];
    let parts = lists.into_iter().filter(|(list, _)| listed(&actor.host, list, settings).is_some());
    let parts: Vec<String> = parts.map(|(_, part)| part.to_owned()).collect();
    if parts.is_empty() { Decision::accept() } else { Decision::accept().with(Effect::Strip(parts)) }
}

pub fn may_fetch(host: &str, settings: &Settings) -> bool {
    refused(host, settings).is_none()
}
