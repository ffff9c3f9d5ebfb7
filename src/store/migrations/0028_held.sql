-- the review queue: what filters held back

CREATE TABLE held (
    id INTEGER PRIMARY KEY,                     -- of a post of ours: the id that it will have
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'rejected')),
    direction TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    object_uri TEXT,
    is_edit INTEGER NOT NULL,
    plugin_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    score INTEGER NOT NULL,
    text TEXT NOT NULL,
    spoiler_text TEXT NOT NULL,
    visibility TEXT NOT NULL,
    attachments TEXT NOT NULL,                  -- media types, JSON list
    payload TEXT NOT NULL,                      -- ours: the draft; of others: the object as it came
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    status_id INTEGER                           -- the post that came of it
);
CREATE INDEX held_by_state ON held (state, id);
CREATE INDEX held_by_account ON held (account_id, id);
CREATE UNIQUE INDEX held_once ON held (object_uri) WHERE state = 'open' AND object_uri IS NOT NULL;
CREATE INDEX held_by_decider ON held (decided_by_id) WHERE decided_by_id IS NOT NULL;

-- Uploads of held posts, which must not be tidied away.
CREATE TABLE held_media (
    media_id INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,
    held_id INTEGER NOT NULL REFERENCES held ON DELETE CASCADE
);
CREATE INDEX held_media_by_held ON held_media (held_id);
