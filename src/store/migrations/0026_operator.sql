-- What staff changed of the settings, so that it can be seen and taken back.

CREATE TABLE settings_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    before TEXT,                                -- NULL: it was not set
    after TEXT,                                 -- NULL: it was unset
    account_id INTEGER REFERENCES accounts ON DELETE SET NULL,  -- who; NULL: the operator, by command line
    undoes INTEGER REFERENCES settings_history ON DELETE SET NULL,  -- the change that this one took back
    at INTEGER NOT NULL
);

CREATE INDEX settings_history_by_account ON settings_history (account_id) WHERE account_id IS NOT NULL;

CREATE INDEX settings_history_by_key ON settings_history (key, id);

CREATE INDEX settings_history_by_undone ON settings_history (undoes) WHERE undoes IS NOT NULL;

CREATE INDEX deliveries_by_origin ON deliveries (origin, state);
