-- Collections of people that somebody recommends, as Mastodon 4.6 has them.
CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,      -- whose it is; local
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',       -- plain text
    language TEXT,
    tag_id INTEGER REFERENCES tags ON DELETE SET NULL,
    sensitive INTEGER NOT NULL DEFAULT 0,
    discoverable INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX collections_by_account ON collections (account_id, id);
CREATE INDEX collections_by_tag ON collections (tag_id) WHERE tag_id IS NOT NULL;

CREATE TABLE collection_items (
    id INTEGER PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,      -- who is recommended
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'revoked')),
    created_at INTEGER NOT NULL,
    UNIQUE (collection_id, account_id)
);
CREATE INDEX collection_items_by_account ON collection_items (account_id, state);
