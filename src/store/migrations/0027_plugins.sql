-- plugins: what is granted, what they keep, what filters said

ALTER TABLE plugins ADD COLUMN publisher_key TEXT NOT NULL DEFAULT '';  -- Ed25519 as hex, 'built-in', or empty: not signed
ALTER TABLE plugins ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0;       -- what it says is only noted
ALTER TABLE plugins ADD COLUMN on_failure TEXT;                         -- the admin's choice; NULL: the plugin's own
ALTER TABLE plugins ADD COLUMN only_if TEXT NOT NULL DEFAULT '[]';      -- chain rules, JSON
ALTER TABLE plugins ADD COLUMN off_reason TEXT;                         -- why the server switched it off; NULL: it did not

-- Versions that do not run: the one before, and the one that waits for permissions.
CREATE TABLE plugin_versions (
    plugin_id TEXT NOT NULL REFERENCES plugins ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('previous', 'pending')),
    version TEXT NOT NULL,
    manifest TEXT NOT NULL,
    wasm BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    publisher_key TEXT NOT NULL,
    config TEXT NOT NULL,                       -- the settings at that time
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (plugin_id, role)
) WITHOUT ROWID;

CREATE TABLE plugin_grants (
    plugin_id TEXT NOT NULL,
    publisher_key TEXT NOT NULL,
    permission TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (plugin_id, publisher_key, permission)
) WITHOUT ROWID;

CREATE TABLE plugin_kv (
    plugin_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (plugin_id, key)
) WITHOUT ROWID;
CREATE INDEX plugin_kv_expiring ON plugin_kv (expires_at) WHERE expires_at IS NOT NULL;

-- How much of it each plugin uses; kept in step with every write.
CREATE TABLE plugin_kv_use (
    plugin_id TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    keys INTEGER NOT NULL
) WITHOUT ROWID;

-- What a plugin kept when it was upgraded, for the way back.
CREATE TABLE plugin_kv_before (
    plugin_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (plugin_id, key)
) WITHOUT ROWID;

CREATE TABLE plugin_verdicts (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    plugin_id TEXT NOT NULL,
    shadow INTEGER NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('accept', 'hold', 'reject', 'change', 'fail')),
    direction TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    object_uri TEXT,
    reason TEXT NOT NULL,
    score INTEGER NOT NULL,
    changes TEXT NOT NULL,                      -- JSON list of {field, before, after}
    excerpt TEXT NOT NULL
);
CREATE INDEX plugin_verdicts_by_plugin ON plugin_verdicts (plugin_id, id);

CREATE TABLE word_lists (
    name TEXT PRIMARY KEY,
    entries TEXT NOT NULL,                      -- JSON list
    url TEXT,                                   -- from where it is fetched again every day
    fetched_at INTEGER,
    problem TEXT                                -- why the last fetch failed
) WITHOUT ROWID;
