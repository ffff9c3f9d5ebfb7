-- 0002: what posts can carry and wait for: polls, pins, muted conversations, posts for later.

-- One poll of a post. Of a remote poll, options and tallies are what its server last said.
CREATE TABLE polls (
    id INTEGER PRIMARY KEY,
    status_id INTEGER NOT NULL UNIQUE REFERENCES statuses ON DELETE CASCADE,
    multiple INTEGER NOT NULL DEFAULT 0,
    hide_totals INTEGER NOT NULL DEFAULT 0,     -- until it ends
    voters_count INTEGER,                       -- NULL: its server does not say
    expires_at INTEGER,                         -- NULL: never
    ended INTEGER NOT NULL DEFAULT 0,           -- the end was dealt with: voters were told
    changed_at INTEGER,                         -- ours: first vote that other servers were not told of
    told_at INTEGER,                            -- ours: when other servers were last told the tallies
    fetched_at INTEGER                          -- remote: when we last asked
);
CREATE INDEX polls_open ON polls (expires_at) WHERE ended = 0 AND expires_at IS NOT NULL;
CREATE INDEX polls_changed ON polls (changed_at) WHERE changed_at IS NOT NULL;

CREATE TABLE poll_options (
    poll_id INTEGER NOT NULL REFERENCES polls ON DELETE CASCADE,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,                        -- plain text
    votes_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (poll_id, position)
) WITHOUT ROWID;

-- Votes of everybody in our polls, and of people here in other polls.
CREATE TABLE poll_votes (
    poll_id INTEGER NOT NULL REFERENCES polls ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    choice INTEGER NOT NULL,                    -- position of the option
    created_at INTEGER NOT NULL,
    PRIMARY KEY (poll_id, account_id, choice)
) WITHOUT ROWID;
CREATE INDEX poll_votes_by_account ON poll_votes (account_id);

-- What a former version of a post asked: a JSON list of titles. NULL: it had no poll.
ALTER TABLE status_edits ADD COLUMN poll TEXT;

-- Posts that their authors, local and remote, put at the top of their profiles.
CREATE TABLE pins (
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;
CREATE INDEX pins_by_status ON pins (status_id);

-- Threads of which somebody here wants to hear nothing more.
CREATE TABLE conversation_mutes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    conversation TEXT NOT NULL,                 -- as in statuses; the post's own uri when it has none
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, conversation)
) WITHOUT ROWID;

-- Posts for later. Publishing removes the row in the transaction that writes the post.
CREATE TABLE scheduled_statuses (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    scheduled_at INTEGER NOT NULL,
    draft TEXT NOT NULL,                        -- what the author asked for, JSON
    idempotency_key TEXT,
    created_at INTEGER NOT NULL
);
CREATE INDEX scheduled_statuses_by_time ON scheduled_statuses (scheduled_at);
CREATE INDEX scheduled_statuses_by_account ON scheduled_statuses (account_id, id);

-- Uploads that wait with them.
CREATE TABLE scheduled_media (
    media_id INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,
    scheduled_id INTEGER NOT NULL REFERENCES scheduled_statuses ON DELETE CASCADE
);
CREATE INDEX scheduled_media_by_post ON scheduled_media (scheduled_id);

-- Emoji that people put under posts; several per person and post.
CREATE TABLE reactions (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    name TEXT NOT NULL,                         -- one Unicode emoji
    uri TEXT NOT NULL UNIQUE,                   -- id of the Like or EmojiReact
    created_at INTEGER NOT NULL,
    UNIQUE (status_id, account_id, name)
);
CREATE INDEX reactions_by_account ON reactions (account_id);
