-- posts that end by themselves

CREATE TABLE post_expiries (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
);
CREATE INDEX post_expiries_due ON post_expiries (expires_at);

-- Posts of ours that late filters still judge: stored for their author's eyes only, until the verdict.
CREATE TABLE pending_posts (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    draft TEXT NOT NULL,                        -- JSON
    created_at INTEGER NOT NULL
);
