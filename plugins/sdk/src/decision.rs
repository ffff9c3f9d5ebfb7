//! Saying what should happen to an activity.

use crate::types::Visibility;
use crate::{Decision, Effect, Verdict};

impl Decision {
    /// Let it pass as it is.
    ///
    /// ```
    /// use nagaya_plugin::{Decision, Effect, Verdict, Visibility};
    /// let decision = Decision::accept().with(Effect::SetVisibility(Visibility::Unlisted)).scored(20);
    /// assert!(matches!(decision.verdict, Verdict::Accept) && decision.effects.len() == 1);
    /// ```
    pub fn accept() -> Self {
        Self { verdict: Verdict::Accept, score: 0, effects: Vec::new() }
    }

    /// Do not let it pass. The reason is for people.
    pub fn reject(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Reject(reason.into()), ..Self::accept() }
    }

    /// Keep it back until a moderator looks. The reason is for people.
    pub fn hold(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Hold(reason.into()), ..Self::accept() }
    }

    /// Let it pass changed.
    pub fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Makes the audience smaller.
    pub fn narrowed(self, to: Visibility) -> Self {
        self.with(Effect::SetVisibility(to))
    }

    /// Adds to how suspicious it is.
    pub fn scored(mut self, points: i16) -> Self {
        self.score = self.score.saturating_add(points);
        self
    }

    /// What two rules of one plugin say together: the stricter verdict, the effects and scores of both.
    pub fn and(mut self, other: Self) -> Self {
        let strictness = |verdict: &Verdict| match verdict {
            Verdict::Accept => 0,
            Verdict::Hold(_) => 1,
            Verdict::Reject(_) => 2,
        };
        if strictness(&other.verdict) > strictness(&self.verdict) {
            self.verdict = other.verdict;
        }
        self.score = self.score.saturating_add(other.score);
        self.effects.extend(other.effects);
        self
    }

    /// Whether it is settled: what other rules say no longer matters.
    pub fn is_rejection(&self) -> bool {
        matches!(self.verdict, Verdict::Reject(_))
    }
}

/// What an admin chose in a setting `action`: `reject`, `hold`, or anything else for points.
///
/// ```
/// use nagaya_plugin::{Verdict, act};
/// assert!(matches!(act("hold", 0, "too young").verdict, Verdict::Hold(_)));
/// assert_eq!(act("score", 40, "too young").score, 40);
/// ```
pub fn act(action: &str, points: i16, reason: &str) -> Decision {
    match action {
        "reject" => Decision::reject(reason),
        "hold" => Decision::hold(reason),
        _ => Decision::accept().scored(points).with(Effect::Label(reason.chars().take(100).collect())),
    }
}
