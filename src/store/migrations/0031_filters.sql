-- filters: held deeds that are no posts, posts of others that late filters judge, judged profiles, people's own choices

ALTER TABLE held ADD COLUMN activity TEXT;      -- NULL: a post; else the verb, and the payload is the whole activity
CREATE INDEX held_by_object ON held (object_uri) WHERE object_uri IS NOT NULL;

-- What the early stage said, JSON: a filter is not asked about the same post twice.
ALTER TABLE pending_posts ADD COLUMN early TEXT NOT NULL DEFAULT '{}';

-- Posts of others that late filters still judge: stored where nobody sees them, until the verdict.
CREATE TABLE pending_arrivals (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    object TEXT NOT NULL,                       -- JSON, as it came
    early TEXT NOT NULL,                        -- JSON, what the early stage said
    direction TEXT NOT NULL,
    recipient_id INTEGER REFERENCES accounts ON DELETE CASCADE,  -- whose personal inbox it came to
    created_at INTEGER NOT NULL
);
CREATE INDEX pending_arrivals_by_recipient ON pending_arrivals (recipient_id) WHERE recipient_id IS NOT NULL;

-- What actor filters say about profiles of others, or have yet to say.
CREATE TABLE actor_judgements (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'rejected')),
    document TEXT,                              -- JSON, while it waits: keys are read before anything is judged
    plugin_id TEXT,
    reason TEXT,
    at INTEGER NOT NULL
);

-- Which filters people chose for what reaches them.
CREATE TABLE plugin_choices (
    plugin_id TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    chosen_at INTEGER NOT NULL,
    PRIMARY KEY (plugin_id, account_id)
) WITHOUT ROWID;
CREATE INDEX plugin_choices_by_account ON plugin_choices (account_id);
