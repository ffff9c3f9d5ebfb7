-- moderation

-- All that somebody posts is shown as sensitive.
ALTER TABLE accounts ADD COLUMN sensitized_at INTEGER;

CREATE TABLE suspensions (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    origin TEXT NOT NULL CHECK (origin IN ('local', 'remote')),  -- whose moderators decided
    suspended_at INTEGER NOT NULL,
    erase_at INTEGER                            -- local people: when all that is theirs goes for good
);
CREATE INDEX suspensions_due ON suspensions (erase_at) WHERE erase_at IS NOT NULL;

-- From where people came lately; a few for each.
CREATE TABLE user_ips (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    ip TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, ip)
) WITHOUT ROWID;
CREATE INDEX user_ips_by_ip ON user_ips (ip);

CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    uri TEXT UNIQUE,                            -- id of the Flag: ours that was forwarded, or the received one
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,  -- who reports; of other servers: their own actor
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    category TEXT NOT NULL CHECK (category IN ('spam', 'legal', 'violation', 'other')),
    comment TEXT NOT NULL,
    status_ids TEXT NOT NULL DEFAULT '[]',      -- JSON list
    rule_ids TEXT NOT NULL DEFAULT '[]',        -- JSON list
    forwarded INTEGER,                          -- NULL: the target lives here, or the report came from elsewhere
    assigned_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    action_taken_at INTEGER,                    -- NULL: still open
    action_taken_by_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX reports_by_target ON reports (target_id, id);
CREATE INDEX reports_by_account ON reports (account_id, id);
CREATE INDEX reports_open ON reports (id) WHERE action_taken_at IS NULL;
CREATE INDEX reports_by_assigned ON reports (assigned_id) WHERE assigned_id IS NOT NULL;
CREATE INDEX reports_by_closer ON reports (action_taken_by_id) WHERE action_taken_by_id IS NOT NULL;

-- What was done to somebody, as they are told.
CREATE TABLE warnings (
    id INTEGER PRIMARY KEY,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    account_id INTEGER REFERENCES accounts ON DELETE SET NULL,  -- which moderator; never told
    report_id INTEGER REFERENCES reports ON DELETE SET NULL,
    action TEXT NOT NULL CHECK (action IN ('none', 'disable', 'mark_statuses_as_sensitive', 'delete_statuses',
        'sensitive', 'silence', 'suspend')),
    text TEXT NOT NULL,
    status_ids TEXT,                            -- JSON list; NULL: not about posts
    created_at INTEGER NOT NULL,
    overruled_at INTEGER                        -- an appeal was approved
);
CREATE INDEX warnings_by_target ON warnings (target_id, id);
CREATE INDEX warnings_by_moderator ON warnings (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX warnings_by_report ON warnings (report_id) WHERE report_id IS NOT NULL;

CREATE TABLE appeals (
    warning_id INTEGER PRIMARY KEY REFERENCES warnings ON DELETE CASCADE,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    approved INTEGER,                           -- NULL: nobody has decided
    decided_at INTEGER,
    decided_by_id INTEGER REFERENCES accounts ON DELETE SET NULL
);
CREATE INDEX appeals_open ON appeals (warning_id) WHERE approved IS NULL;
CREATE INDEX appeals_by_judge ON appeals (decided_by_id) WHERE decided_by_id IS NOT NULL;

-- Follows that ended without either side's doing.
CREATE TABLE severances (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,  -- who lost them
    kind TEXT NOT NULL CHECK (kind IN ('domain_block', 'user_domain_block', 'account_suspension')),
    target_name TEXT NOT NULL,                  -- a domain or a handle
    purged INTEGER NOT NULL DEFAULT 0,
    followers_count INTEGER NOT NULL,
    following_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX severances_by_account ON severances (account_id);

-- What a notification is about, if not a post: by its kind a report, a warning or a severance.
ALTER TABLE notifications ADD COLUMN subject_id INTEGER;
DROP INDEX notifications_once;
CREATE UNIQUE INDEX notifications_once
    ON notifications (account_id, kind, from_account_id, coalesce(status_id, 0), coalesce(subject_id, 0));
