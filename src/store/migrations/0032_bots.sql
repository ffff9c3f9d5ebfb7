-- bots: accounts that plugins act through, what they are to be told, and what they did

CREATE TABLE bots (
    plugin_id TEXT PRIMARY KEY,                 -- stays when the plugin is uninstalled: the account does, too
    account_id INTEGER NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE,
    events TEXT NOT NULL,                       -- JSON: kinds of events that it wants; empty: all
    cursor INTEGER NOT NULL DEFAULT 0,          -- the last event that it dealt with
    missed INTEGER NOT NULL DEFAULT 0,          -- events that found its mailbox full
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Mailboxes: rows are written in the transaction of the deed, and go in that of what the bot does about them.
CREATE TABLE bot_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- seq; never used again
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    kind TEXT NOT NULL,                         -- mention, reply, …, as in the contract; timer
    account_id INTEGER REFERENCES accounts ON DELETE CASCADE,   -- who did it
    status_id INTEGER REFERENCES statuses ON DELETE CASCADE,    -- the post that it is about
    name TEXT NOT NULL DEFAULT '',              -- an id, the name of a timer or of something extra
    payload BLOB NOT NULL DEFAULT x'',          -- of a timer; JSON of something extra
    depth INTEGER NOT NULL DEFAULT 0,           -- how many bots answered each other up to here
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL,
    last_error TEXT,
    created_at INTEGER NOT NULL
);
CREATE INDEX bot_events_by_bot ON bot_events (plugin_id, state, id);
CREATE INDEX bot_events_by_status ON bot_events (status_id) WHERE status_id IS NOT NULL;
CREATE INDEX bot_events_by_account ON bot_events (account_id) WHERE account_id IS NOT NULL;

CREATE TABLE bot_timers (
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    name TEXT NOT NULL,
    cron TEXT,                                  -- five fields; NULL: set by the bot itself
    jitter INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL,
    payload BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (plugin_id, name)
) WITHOUT ROWID;
CREATE INDEX bot_timers_by_time ON bot_timers (at);

-- What it was told of, so that it hears when that is gone.
CREATE TABLE bot_told (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    PRIMARY KEY (status_id, plugin_id)
) WITHOUT ROWID;

-- Who wrote to it: only they are written to directly.
CREATE TABLE bot_writers (
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    PRIMARY KEY (plugin_id, account_id)
) WITHOUT ROWID;
CREATE INDEX bot_writers_by_account ON bot_writers (account_id);

-- What it did in the last day, for its limits.
CREATE TABLE bot_acts (
    id INTEGER PRIMARY KEY,
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'react', 'follow')),
    at INTEGER NOT NULL
);
CREATE INDEX bot_acts_by_time ON bot_acts (plugin_id, kind, at);

-- Its posts: how many bots answered each other up to there, and by which word they are known for a month.
CREATE TABLE bot_posts (
    status_id INTEGER PRIMARY KEY,              -- also of one that is gone
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    uri TEXT NOT NULL,
    depth INTEGER NOT NULL,
    idem TEXT,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX bot_posts_by_idem ON bot_posts (plugin_id, idem) WHERE idem IS NOT NULL;
CREATE INDEX bot_posts_by_age ON bot_posts (created_at);
