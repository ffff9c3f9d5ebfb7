-- 0006: finding things: words of posts and people, pages behind links, what many talk about, verified links.

-- Words of posts, and marks such as has_image_ or from_1. Holds the index alone, not the text; `text::words` makes the
-- tokens, SQLite only parts them at spaces and takes English endings away.
CREATE VIRTUAL TABLE status_search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "porter ascii tokenchars '_'"
);
CREATE TRIGGER status_search_forget AFTER DELETE ON statuses BEGIN
    DELETE FROM status_search WHERE rowid = old.id;
END;

-- Words of names and handles.
CREATE VIRTUAL TABLE account_search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "ascii"
);
CREATE TRIGGER account_search_forget AFTER DELETE ON accounts BEGIN
    DELETE FROM account_search WHERE rowid = old.id;
END;

-- What is still to be (re)indexed: all that was there before the index, and what a trigger cannot index by itself.
CREATE TABLE search_waiting (
    kind TEXT NOT NULL CHECK (kind IN ('status', 'account')),
    id INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
INSERT INTO search_waiting (kind, id) SELECT 'status', id FROM statuses WHERE reblog_of_id IS NULL;
INSERT INTO search_waiting (kind, id) SELECT 'account', id FROM accounts WHERE id > 0;
CREATE TRIGGER search_media_described AFTER UPDATE OF description ON media WHEN new.status_id IS NOT NULL BEGIN
    INSERT INTO search_waiting (kind, id) VALUES ('status', new.status_id) ON CONFLICT DO NOTHING;
END;

-- Pages behind links, one row each however often they are linked.
CREATE TABLE cards (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,                   -- the link as it stands in posts, without fragment
    page TEXT,                                  -- where it led: the canonical address
    title TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'link' CHECK (kind IN ('link', 'photo', 'video', 'rich')),
    language TEXT,
    author_name TEXT NOT NULL DEFAULT '',
    author_url TEXT NOT NULL DEFAULT '',
    author_id INTEGER REFERENCES accounts ON DELETE SET NULL,  -- fediverse:creator, when that account allows this site
    claimed_id INTEGER REFERENCES accounts ON DELETE SET NULL, -- fediverse:creator, whether allowed or not
    provider_name TEXT NOT NULL DEFAULT '',
    provider_url TEXT NOT NULL DEFAULT '',
    html TEXT NOT NULL DEFAULT '',              -- one iframe, made by us
    embed_url TEXT NOT NULL DEFAULT '',
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    image TEXT,                                 -- of the other server; clients see our copy
    image_description TEXT NOT NULL DEFAULT '',
    published_at INTEGER,
    fetched_at INTEGER,                         -- NULL: never with success; then nothing is shown
    due_at INTEGER,                             -- when to fetch it (again); NULL: not asked for
    attempts INTEGER NOT NULL DEFAULT 0,        -- failures in a row
    trendable INTEGER,                          -- NULL: nobody reviewed it
    reviewed_at INTEGER
);
CREATE INDEX cards_due ON cards (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX cards_by_author ON cards (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX cards_by_claim ON cards (claimed_id) WHERE claimed_id IS NOT NULL;
CREATE TABLE status_cards (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    card_id INTEGER NOT NULL REFERENCES cards ON DELETE CASCADE
);
CREATE INDEX status_cards_by_card ON status_cards (card_id, status_id);

-- Sites that links lead to, as moderators judged them.
CREATE TABLE publishers (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,
    trendable INTEGER,                          -- NULL: nobody reviewed it
    reviewed_at INTEGER
);

-- What many talk about now, written anew every few minutes.
CREATE TABLE trends (
    kind TEXT NOT NULL CHECK (kind IN ('tag', 'status', 'link')),
    id INTEGER NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX trends_by_score ON trends (kind, score DESC, id);
-- What moderators said about hashtags and posts; what they said nothing about has no row.
CREATE TABLE tag_reviews (
    tag_id INTEGER PRIMARY KEY REFERENCES tags ON DELETE CASCADE,
    trendable INTEGER,
    usable INTEGER NOT NULL DEFAULT 1,
    listable INTEGER NOT NULL DEFAULT 1,
    reviewed_at INTEGER
);
CREATE TABLE status_reviews (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    trendable INTEGER NOT NULL,
    reviewed_at INTEGER NOT NULL
);

-- Profiles whose links are to be checked for one that leads back.
CREATE TABLE link_checks (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX link_checks_due ON link_checks (due_at);
