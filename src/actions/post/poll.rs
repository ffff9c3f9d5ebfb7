//! The poll that an author attaches to a post: limits checked, the row made, an edit compared.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::Tx;
use crate::store::polls::{self, Choice, Poll};

/// The most options of a poll.
pub const OPTIONS: usize = 20;
/// The longest option, in characters as people see them.
pub const TITLE: usize = 50;
/// The shortest time that a poll is open: 5 minutes.
pub const SHORTEST: u64 = 300;
/// The longest time that a poll is open: a month.
pub const LONGEST: u64 = 2_629_746;

/// What an author asks.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct NewPoll {
    /// As typed; empty ones are left out.
    pub options: Vec<String>,
    /// Seconds until the end.
    pub expires_in: Option<i64>,
    /// Whether several options may be chosen.
    pub multiple: bool,
    /// Whether nobody sees the votes before the end.
    pub hide_totals: bool,
}

/// The row for `wanted` on the post `status`, or `Invalid` with the limit that it breaks.
pub(super) fn compose(app: &App, status: StatusId, wanted: &NewPoll, now: Time) -> Result<Poll> {
    let options = titles(&wanted.options)?;
    let open = wanted.expires_in.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
    if !(SHORTEST..=LONGEST).contains(&open) {
        return Err(Error::invalid(
            "poll[expires_in]",
            format!("must be from {SHORTEST} seconds (5 minutes) to {LONGEST} seconds (a month)"),
        ));
    }
    Ok(Poll {
        id: app.ids.next(now),
        status_id: status,
        options: options.into_iter().map(|title| Choice { title, votes: 0 }).collect(),
        multiple: wanted.multiple,
        hide_totals: wanted.hide_totals,
        voters_count: Some(0),
        expires_at: Some(now.plus(Duration::from_secs(open))),
        ended: false,
        fetched_at: None,
    })
}

fn titles(typed: &[String]) -> Result<Vec<String>> {
    let invalid = |why: String| Err(Error::invalid("poll[options]", why));
    let titles: Vec<String> = typed.iter().map(|title| title.trim().to_owned()).filter(|t| !t.is_empty()).collect();
    if titles.len() < 2 {
        return invalid("must be at least two".into());
    }
    if titles.len() > OPTIONS {
        return invalid(format!("must be at most {OPTIONS}"));
    }
    if let Some(long) = titles.iter().find(|title| title.graphemes(true).count() > TITLE) {
        return invalid(format!("must have at most {TITLE} characters each; {long:?} is longer"));
    }
    if titles.iter().enumerate().any(|(number, title)| titles[..number].contains(title)) {
        return invalid("must all be different".into());
    }
    Ok(titles)
}

/// Whether an edit leaves the poll as it is. A new end alone is no change: clients send the old length again.
pub(super) fn unchanged(before: Option<&Poll>, after: Option<&Poll>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(before), Some(after)) => before.same_question(after) && before.hide_totals == after.hide_totals,
        _ => false,
    }
}

/// Writes what an edit makes of the poll: votes stay only when the question is the same.
pub(super) fn write_edit(tx: &Tx, status: StatusId, before: Option<&Poll>, after: Option<&Poll>) -> Result<()> {
    match (before, after) {
        (Some(before), Some(after)) if before.same_question(after) => {
            // Voters were promised an end: only whether totals are hidden may change.
            if before.hide_totals != after.hide_totals && !before.ended {
                polls::set_terms(tx, before.id, after.hide_totals, before.expires_at)?;
            }
            Ok(())
        }
        (before, after) => {
            if before.is_some() {
                polls::delete(tx, status)?;
            }
            after.map_or(Ok(()), |after| polls::insert(tx, after))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_few_short_and_different() {
        let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (given, expected) in [
            (texts(&["a", " b "]), true),
            (texts(&["a", "", " "]), false),
            (texts(&["a", "a "]), false),
            (texts(&["a", &"長".repeat(TITLE)]), true),
            (texts(&["a", &"長".repeat(TITLE + 1)]), false),
            (many(OPTIONS), true),
            (many(OPTIONS + 1), false),
        ] {
            assert_eq!(titles(&given).is_ok(), expected, "{given:?}");
        }
    }
}
