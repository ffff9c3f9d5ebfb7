//! Posts that should be quieter than they are, and posts that should go away by themselves.

use nagaya_plugin::{ActorKind, Decision, Direction, Effect, Envelope, Settings, Visibility, clock};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    if !matches!(post.activity.as_str(), "Create" | "Update") {
        return Ok(Decision::accept());
    }
    let own = matches!(post.direction, Direction::Outbound | Direction::Local);
    let old = old(post, own, settings);
    if old.is_rejection() {
        return Ok(old);
    }
    let rules = [bot(post, settings), quiet_reply(post, own, settings), answer(post, own, settings), old];
    let narrowest = rules.iter().flat_map(|rule| &rule.effects).filter_map(|effect| match effect {
        Effect::SetVisibility(visibility) => Some(*visibility),
        _ => None,
    });
    let narrowest = narrowest.max_by_key(|visibility| narrowness(*visibility));
    let mut decision = Decision::accept();
    if let Some(visibility) = narrowest.filter(|visibility| narrowness(*visibility) > narrowness(post.visibility)) {
        decision = decision.narrowed(visibility);
    }
    let others = rules.into_iter().flat_map(|rule| rule.effects);
    decision.effects.extend(others.filter(|effect| !matches!(effect, Effect::SetVisibility(_))));
    Ok(decision.and(expiry(post, own, settings)))
}

fn narrowness(visibility: Visibility) -> u8 {
    match visibility {
        Visibility::Public | Visibility::Other => 0,
        Visibility::Unlisted => 1,
        Visibility::Followers => 2,
        Visibility::Direct => 3,
    }
}

/// Bots do not fill the public timelines (ForceBotUnlisted).
fn bot(post: &Envelope, settings: &Settings) -> Decision {
    let user = post.actor.handle.split('@').next().unwrap_or_default().to_lowercase();
    let bot = matches!(post.actor.kind, ActorKind::Service | ActorKind::Application) || user.ends_with("bot");
    if settings.flag("unlist_bots") && bot {
        return Decision::accept().narrowed(Visibility::Unlisted);
    }
    Decision::accept()
}

/// Answers of ours do not fill them either (QuietReply).
fn quiet_reply(post: &Envelope, own: bool, settings: &Settings) -> Decision {
    let others = post.reply_to.as_ref().is_some_and(|parent| parent.author != post.actor.id);
    if settings.flag("unlist_answers") && own && others {
        return Decision::accept().narrowed(Visibility::Unlisted);
    }
    Decision::accept()
}

/// Who answers something that only followers could see, answers only them (FODirectReply).
fn answer(post: &Envelope, own: bool, settings: &Settings) -> Decision {
    let closed = post
        .reply_to
        .as_ref()
        .is_some_and(|parent| matches!(parent.visibility, Visibility::Followers) && parent.author != post.actor.id);
    if settings.flag("direct_answers") && own && closed {
        return Decision::accept().narrowed(Visibility::Direct);
    }
    Decision::accept()
}

/// What arrives long after it was written is no news (ObjectAge). Edits of old posts, and what we fetch, may be old.
fn old(post: &Envelope, own: bool, settings: &Settings) -> Decision {
    let days = settings.number("old_days");
    let arrives = post.activity == "Create" && matches!(post.direction, Direction::Inbound | Direction::Relayed);
    let age_ms = post.published.map_or(0, |published| clock::now().saturating_sub(published));
    if own || !arrives || days <= 0.0 || (age_ms as f64) <= days * 86_400_000.0 {
        return Decision::accept();
    }
    let actions = settings.list("old_actions");
    let mut decision = Decision::accept();
    if actions.contains(&"reject") {
        return Decision::reject(format!("The post is older than {days} days. / {days}日より前の投稿です。"));
    }
    if actions.contains(&"unlist") {
        decision = decision.narrowed(Visibility::Unlisted);
    }
    if actions.contains(&"strip-followers") {
        decision = decision.with(Effect::DropRecipients(vec!["followers".into()])).with(Effect::MuteNotifications);
    }
    decision
}

/// Posts of ours that delete themselves (ActivityExpiration). An edit does not begin anew.
fn expiry(post: &Envelope, own: bool, settings: &Settings) -> Decision {
    let days = settings.number("expire_days");
    if !own || days <= 0.0 || post.activity != "Create" {
        return Decision::accept();
    }
    Decision::accept().with(Effect::ExpireS((days * 86_400.0) as u32))
}

nagaya_plugin::plugin! { filter: decide }
