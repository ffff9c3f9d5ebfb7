-- One-time codes, recovery codes, passkeys; what profiles show; moving house.

CREATE TABLE one_time_codes (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret BLOB NOT NULL,                       -- 20 bytes, shared with the person's authenticator
    confirmed_at INTEGER,                       -- NULL: enrolment is under way, and nothing is asked yet
    last_step INTEGER NOT NULL DEFAULT 0,       -- the step (30 s) of the last code that was taken; none before it is taken again
    wrong INTEGER NOT NULL DEFAULT 0,           -- wrong codes since wrong_since
    wrong_since INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    code_hash BLOB NOT NULL,
    PRIMARY KEY (account_id, code_hash)
) WITHOUT ROWID;

-- Who gave the right password and still owes a one-time code.
CREATE TABLE half_sign_ins (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE passkey_owners (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    handle BLOB NOT NULL UNIQUE                 -- 64 random bytes: how authenticators know the account
);

CREATE TABLE passkeys (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    credential_id BLOB NOT NULL UNIQUE,
    key BLOB NOT NULL,                          -- what never changes, as webauthn_rp encodes it
    state BLOB NOT NULL,                        -- what each use changes (the counter), as webauthn_rp encodes it
    transports INTEGER NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
);
CREATE INDEX passkeys_by_account ON passkeys (account_id, id);

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX tokens_by_app ON tokens (app_id);
CREATE INDEX grants_by_app ON grants (app_id);
-- An app whose name stands under posts is kept, and deleting one must not read all posts.
CREATE INDEX statuses_by_application ON statuses (application_id) WHERE application_id IS NOT NULL;

-- What a profile shows beside posts; an account without a row shows everything and trusts no site with its name.
CREATE TABLE profile_shows (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    media INTEGER NOT NULL,
    media_replies INTEGER NOT NULL,
    featured INTEGER NOT NULL,
    attribution_domains TEXT NOT NULL           -- JSON list: sites that may name the account as an author
);

-- The last Move of an account, from here or from elsewhere.
CREATE TABLE moves (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    target_uri TEXT NOT NULL,
    tried_at INTEGER NOT NULL,
    moved_at INTEGER                            -- NULL: it was tried, and refused
);
