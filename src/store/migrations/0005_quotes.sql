-- 0005: posts that quote others, posts that stay here, and how posts were typed.

-- The post that a post quotes. No row: it quotes nothing.
CREATE TABLE quotes (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    quoted_id INTEGER REFERENCES statuses ON DELETE SET NULL,
    quoted_uri TEXT NOT NULL,                   -- also when we do not hold the quoted post
    quoted_account_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'revoked')),
    found INTEGER NOT NULL DEFAULT 0,           -- we held the quoted post once: without it now, it is deleted
    legacy INTEGER NOT NULL DEFAULT 0,          -- spelled as before FEP-044f; shown only when accepted
    stamp TEXT,                                 -- id of the QuoteAuthorization
    request_uri TEXT                            -- ours: id of the QuoteRequest that was sent
);
CREATE INDEX quotes_by_quoted ON quotes (quoted_id, status_id) WHERE quoted_id IS NOT NULL;
CREATE INDEX quotes_by_account ON quotes (quoted_account_id) WHERE quoted_account_id IS NOT NULL;
CREATE INDEX quotes_by_missing ON quotes (quoted_uri) WHERE quoted_id IS NULL;
CREATE INDEX quotes_by_stamp ON quotes (stamp) WHERE stamp IS NOT NULL;
CREATE INDEX quotes_by_request ON quotes (request_uri) WHERE request_uri IS NOT NULL;

-- Stamps that people here gave to quotes of their posts: the QuoteAuthorizations that we serve.
CREATE TABLE quote_stamps (
    id INTEGER PRIMARY KEY,
    quoted_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    quoting_uri TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,                         -- taken back for good
    UNIQUE (quoted_id, quoting_uri)
);

-- Who may quote a post. No row: nobody but the author. Bits: 1 groups that we do not know, 2 everybody, 4 followers,
-- 8 those whom the author follows.
CREATE TABLE quote_policies (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    automatic INTEGER NOT NULL,
    manual INTEGER NOT NULL                     -- the author is asked
);

-- Who may quote what somebody posts unless they say otherwise. No row: everybody.
CREATE TABLE quote_preferences (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    policy TEXT NOT NULL CHECK (policy IN ('public', 'followers', 'nobody'))
);

-- Never leaves this server; strangers do not see it.
ALTER TABLE statuses ADD COLUMN local_only INTEGER NOT NULL DEFAULT 0;

-- How a local post was typed, when not as plain text.
CREATE TABLE status_formats (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    content_type TEXT NOT NULL                  -- text/markdown
);

-- What the translation service answered, kept for a while.
CREATE TABLE translations (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    lang TEXT NOT NULL,                         -- into which it was translated
    provider TEXT NOT NULL,
    fingerprint BLOB NOT NULL,                  -- of what was translated: an edit makes it stale
    answer TEXT NOT NULL,                       -- JSON
    created_at INTEGER NOT NULL,
    PRIMARY KEY (status_id, lang, provider)
) WITHOUT ROWID;
CREATE INDEX translations_by_time ON translations (created_at);
