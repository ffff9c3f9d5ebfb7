-- What is read from other servers later: threads, the last posts of newly followed accounts, who follows whom.

CREATE TABLE backfills (
    id INTEGER PRIMARY KEY,                     -- also the id of the async refresh
    kind TEXT NOT NULL CHECK (kind IN ('thread', 'account')),
    subject_id INTEGER NOT NULL,                -- the first post of the thread that we hold, or the account
    asked INTEGER NOT NULL,                     -- somebody here asked; else it is another server's doing, and costs less
    due_at INTEGER,                             -- NULL: done
    done_at INTEGER,
    found INTEGER NOT NULL DEFAULT 0,           -- posts that it brought
    UNIQUE (kind, subject_id)
);
CREATE INDEX backfills_due ON backfills (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX backfills_done ON backfills (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE reply_collections (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    uri TEXT NOT NULL                           -- where the post's server lists its answers
);

CREATE TABLE follow_syncs (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,   -- whose followers here its server sees differently
    url TEXT NOT NULL,                          -- where that server lists them
    digest TEXT NOT NULL,                       -- of that list, hex
    due_at INTEGER,                             -- NULL: done
    tried_at INTEGER
);
CREATE INDEX follow_syncs_due ON follow_syncs (due_at) WHERE due_at IS NOT NULL;
