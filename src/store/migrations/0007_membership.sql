-- Who let whom in, mail that waits to be sent, one-use links, and accounts that are being deleted.

CREATE TABLE invites (
    id INTEGER PRIMARY KEY,
    account_id INTEGER REFERENCES accounts ON DELETE SET NULL,  -- who invites; NULL: the operator, by command line
    code TEXT NOT NULL UNIQUE,
    comment TEXT NOT NULL DEFAULT '',
    max_uses INTEGER,                           -- NULL: any number
    uses INTEGER NOT NULL DEFAULT 0,
    autofollow INTEGER NOT NULL DEFAULT 0,      -- whether newcomers follow who invited them
    expires_at INTEGER,                         -- NULL: never; set to the present when it is revoked
    created_at INTEGER NOT NULL
);
CREATE INDEX invites_by_account ON invites (account_id, id);

CREATE TABLE memberships (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    invite_id INTEGER REFERENCES invites ON DELETE SET NULL,
    app_id INTEGER REFERENCES apps ON DELETE SET NULL,          -- the app that signed them up; NULL: our own page
    reason TEXT NOT NULL DEFAULT '',            -- why they want to join
    ip TEXT NOT NULL DEFAULT '',
    admitted_at INTEGER                         -- when they were both confirmed and approved
);
CREATE INDEX memberships_by_invite ON memberships (invite_id) WHERE invite_id IS NOT NULL;

CREATE TABLE links (
    secret_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('confirm', 'reset')),
    email TEXT NOT NULL,                        -- confirm: the address that it proves; reset: the address at that time
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX links_by_account ON links (account_id, purpose);
CREATE INDEX links_by_age ON links (expires_at);

CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- also in the Message-ID, so that a repeated mail is known as one
    account_id INTEGER REFERENCES users ON DELETE CASCADE,      -- NULL: somebody who is no user any more
    recipient TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL,                         -- confirm, reset, notice
    priority INTEGER NOT NULL,                  -- lower goes first: 0 security, 1 confirmation, 2 notices
    subject TEXT NOT NULL,
    body TEXT NOT NULL,                         -- plain text; emptied once sent or dropped, for links are secrets
    html TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'sent', 'dropped')),
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    done_at INTEGER                             -- when it was sent or dropped
);
CREATE INDEX mails_by_account ON mails (account_id);
CREATE INDEX mails_by_recipient ON mails (recipient, created_at);
CREATE INDEX mails_done ON mails (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX mails_ready ON mails (not_before) WHERE state = 'ready';

-- What remains to be done for accounts that were deleted here.
CREATE TABLE departures (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    told INTEGER NOT NULL DEFAULT 0,            -- whether other servers were told
    emptied INTEGER NOT NULL DEFAULT 0,         -- whether all that was theirs is gone
    began_at INTEGER NOT NULL
);
