//! What a viewer may see and wants to see, as conditions for queries.
//!
//! They name the parameters `:viewer` (NULL: a stranger) and `:now`, and the post as `statuses AS s`.

/// Whether the post `s` may be read. Blocks are [`unblocked`]'s care.
pub(super) const READABLE: &str =
    "((s.visibility IN ('public', 'unlisted') AND (NOT s.local_only OR :viewer IS NOT NULL)) OR s.account_id IS :viewer
    OR (s.visibility = 'private' AND EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer
            AND f.target_id = s.account_id AND f.accepted))
    OR EXISTS (SELECT 1 FROM mentions m WHERE m.status_id = s.id AND m.account_id = :viewer))";

/// A post that starts a thread, or continues the author's own.
pub(super) const NO_REPLY_TO_OTHERS: &str =
    "((s.in_reply_to_id IS NULL AND s.in_reply_to_uri IS NULL) OR s.in_reply_to_account_id = s.account_id)";

/// Neither the viewer blocks this account nor it the viewer.
macro_rules! unblocked {
    ($who:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = :viewer AND b.target_id = ",
            $who,
            ") AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = ",
            $who,
            " AND b.target_id = :viewer)"
        )
    };
}

/// Neither blocked, in either direction, nor muted now, nor on a server that the viewer blocks.
macro_rules! welcome {
    ($who:literal) => {
        concat!(
            crate::store::seen::unblocked!($who),
            " AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.account_id = :viewer AND u.target_id = ",
            $who,
            " AND (u.expires_at IS NULL OR u.expires_at > :now))",
            " AND NOT EXISTS (SELECT 1 FROM accounts e CROSS JOIN user_domain_blocks d
                  ON d.account_id = :viewer AND d.domain = e.domain WHERE e.id = ",
            $who,
            ")"
        )
    };
}

pub(super) use {unblocked, welcome};
