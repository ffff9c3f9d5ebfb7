//! Short ways to say what bots and fan-out policies say most.

use crate::actions::{self, Draft};
use crate::types::{Envelope, Failure, Visibility};
use crate::{Plan, Step};

/// A post of the bot, with everything else left as usual. `idem` makes a repetition of the same event harmless.
pub fn draft(content: &str, visibility: Visibility, idem: &str) -> Draft {
    Draft {
        content: content.to_owned(),
        summary: None,
        visibility,
        reply_to: None,
        quote_of: None,
        language: None,
        sensitive: false,
        media: Vec::new(),
        expires_s: None,
        idem: idem.to_owned(),
    }
}

/// Answers a post: mentions its author, is as private as the post, and never louder than unlisted.
pub fn reply(post: &Envelope, content: &str) -> Result<String, Failure> {
    let visibility = match post.visibility {
        Visibility::Public | Visibility::Unlisted => Visibility::Unlisted,
        Visibility::Followers => Visibility::Followers,
        _ => Visibility::Direct,
    };
    let content = format!("@{} {content}", post.actor.handle);
    actions::post(&Draft { reply_to: Some(post.id.clone()), ..draft(&content, visibility, &post.id) })
}

impl Plan {
    /// The built-in step for everybody but these.
    pub fn of(overrides: impl IntoIterator<Item = (u32, Step)>) -> Self {
        Self { default_step: Step::default(), overrides: overrides.into_iter().collect(), variants: Vec::new() }
    }
}

impl Default for Step {
    /// What the built-in plan does: at once, in the author's lane.
    fn default() -> Self {
        Self { delay_s: 0, spread_s: 0, priority: 100, lane: String::new(), drop: None, variant_ix: 0 }
    }
}
