//! Accounts that this server has hardly ever heard of: too young, links before anything else, and bots that follow all.

use nagaya_plugin::words::fold;
use nagaya_plugin::{Actor, ActorKind, Decision, Direction, Envelope, Settings, act, clock};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let foreign = matches!(post.direction, Direction::Inbound | Direction::Relayed) && !post.actor.local;
    if !foreign {
        return Ok(Decision::accept());
    }
    Ok(match post.activity.as_str() {
        "Follow" => follow_bot(post, settings),
        "Create" | "Update" => age(post, settings).and(link(post, settings)),
        _ => Decision::accept(),
    })
}

/// First heard of only hours ago (RejectNewlyCreatedAccountNotes).
fn age(post: &Envelope, settings: &Settings) -> Decision {
    let known_ms = clock::now().saturating_sub(post.actor.first_seen);
    if known_ms as f64 >= settings.number("hours") * 3_600_000.0 {
        return Decision::accept();
    }
    act(
        settings.text("young"),
        settings.number("young_points") as i16,
        "The account is too new here. / このサーバーで知られたばかりのアカウントです。",
    )
}

/// Links from somebody with neither posts nor followers (AntiLinkSpam). An edit that adds them later counts as well.
fn link(post: &Envelope, settings: &Settings) -> Decision {
    let unknown = post.actor.followers_seen == 0 && post.actor.posts_seen <= u32::from(post.is_edit);
    let earlier = post.history.iter().any(|text| text.contains("https://") || text.contains("http://"));
    if !unknown || (post.link_hosts.is_empty() && !earlier) {
        return Decision::accept();
    }
    act(
        settings.text("links"),
        settings.number("link_points") as i16,
        "An unknown account posts links. / 未知のアカウントによるリンク付きの投稿です。",
    )
}

/// A bot that follows everybody (AntiFollowbot), unless whom it wants to follow follows it.
fn follow_bot(post: &Envelope, settings: &Settings) -> Decision {
    let target = post.follow_target.as_ref().map(|target| target.id.as_str());
    let liked = post
        .relation
        .iter()
        .any(|word| word.strip_prefix("followed-by ").is_some_and(|id| target.is_none_or(|target| target == id)));
    if liked || likeness(&post.actor) < settings.number("follow_bot") {
        return Decision::accept();
    }
    Decision::reject("Bots that follow everybody are not taken. / 無差別にフォローするボットは受け付けていません。")
}

/// How much somebody looks like a bot that follows everybody, from 0 to 1.
fn likeness(actor: &Actor) -> f64 {
    let name = fold(&actor.display_name);
    let user = actor.handle.split('@').next().unwrap_or_default().to_lowercase();
    let telling = [
        "followbot",
        "follow_bot",
        "federationbot",
        "federation_bot",
        "federation bot",
        "follow bot",
        "ふぉろーぼっと",
    ];
    let mut score: f64 = 0.0;
    if telling.iter().any(|word| user.contains(word) || name.contains(word)) {
        score += 0.8;
    } else if user.ends_with("bot") || name.ends_with("bot") {
        score += 0.3;
    }
    if matches!(actor.kind, ActorKind::Service | ActorKind::Application) {
        score += 0.3;
    }
    score.min(1.0)
}

nagaya_plugin::plugin! { filter: decide }
