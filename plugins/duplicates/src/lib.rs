//! The same words again and again within a short time, from whoever (AntiDuplication).

use nagaya_plugin::words::fold;
use nagaya_plugin::{Decision, Envelope, Settings, act, kv};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let text: String = fold(&post.text).split_whitespace().filter(|word| !word.starts_with('@')).collect();
    let short = (text.chars().count() as f64) < settings.number("min_characters");
    if !matches!(post.activity.as_str(), "Create" | "Update") || short {
        return Ok(Decision::accept());
    }
    let key = format!("said-{:016x}", hash(&text));
    let origin = if post.id.is_empty() { &post.actor.id } else { &post.id };
    let failed = |failure| format!("the memory failed: {failure:?}");
    if let Some(first) = kv::get(&key).map_err(failed)? {
        // The post itself, once more: delivered by a relay, or edited back.
        if first == origin.as_bytes() {
            return Ok(Decision::accept());
        }
        let points = settings.number("points") as i16;
        return Ok(act(
            settings.text("action"),
            points,
            "The same was said a moment ago. / 直前に同じ内容の投稿がありました。",
        ));
    }
    kv::set(&key, origin.as_bytes(), Some(settings.number("seconds") as u32)).map_err(failed)?;
    Ok(Decision::accept())
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

nagaya_plugin::plugin! { filter: decide }
