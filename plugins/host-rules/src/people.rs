//! Single people: only some of a server (UserAllowList), and what moderators tagged them with (Tag).

use nagaya_plugin::words::{named, on_host};
use nagaya_plugin::{Actor, Decision, Effect, Envelope, Settings, Visibility};

/// `users_of` holds entries like `peer.example: alice bob`: of that server, only they are heard.
pub fn allowed(post: &Envelope, settings: &Settings) -> Decision {
    let actor = &post.actor;
    let mut rules = settings.pairs("users_of").into_iter().filter(|(host, _)| on_host(&actor.host, host)).peekable();
    let name = actor.handle.split('@').next().unwrap_or_default();
    let fits = |user: &str| user.eq_ignore_ascii_case(name) || named(&actor.handle, &actor.id, &[user]);
    if actor.local || rules.peek().is_none() || rules.any(|(_, users)| users.split_whitespace().any(fits)) {
        return Decision::accept();
    }
    Decision::reject(format!(
        "Of {0}, only some people are heard here. / {0}からは一部の人だけを受け付けています。",
        actor.host
    ))
}

/// The tags of somebody: the server's own, and those of the setting `tags` (`user@host: media-strip sandbox`).
fn tags<'a>(actor: &'a Actor, settings: &'a Settings) -> Vec<&'a str> {
    let set = settings.pairs("tags").into_iter().filter(|(who, _)| named(&actor.handle, &actor.id, &[*who]));
    set.flat_map(|(_, tags)| tags.split_whitespace()).chain(actor.admin_tags.iter().map(String::as_str)).collect()
}

pub fn tagged(post: &Envelope, settings: &Settings) -> Decision {
    if let ("Follow", Some(target)) = (post.activity.as_str(), &post.follow_target) {
        let tags = tags(target, settings);
        let refused = tags.contains(&"no-follows") || (tags.contains(&"no-remote-follows") && !post.actor.local);
        return if refused {
            Decision::reject("This person takes no such followers. / この人はフォローを受け付けていません。")
        } else {
            Decision::accept()
        };
    }
    if !matches!(post.activity.as_str(), "Create" | "Update") {
        return Decision::accept();
    }
    let tags = tags(&post.actor, settings);
    let mut decision = Decision::accept();
    if !post.attachments.is_empty() {
        if tags.contains(&"media-strip") {
            decision = decision.with(Effect::Strip(vec!["media".into()]));
        } else if tags.contains(&"media-sensitive") && !post.sensitive {
            decision = decision.with(Effect::Sensitive(None));
        }
    }
    match post.visibility {
        Visibility::Public | Visibility::Unlisted if tags.contains(&"sandbox") => {
            decision.narrowed(Visibility::Followers)
        }
        Visibility::Public if tags.contains(&"unlist") => decision.narrowed(Visibility::Unlisted),
        _ => decision,
    }
}
