-- Lists of servers to block that others keep.

CREATE TABLE block_lists (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    applied_at INTEGER,                         -- NULL: only looked at
    fetched_at INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL
);

CREATE TABLE block_list_rows (
    list_id INTEGER NOT NULL REFERENCES block_lists ON DELETE CASCADE,
    domain TEXT NOT NULL,                       -- lower case, punycode
    severity TEXT NOT NULL CHECK (severity IN ('noop', 'silence', 'suspend')),
    reject_media INTEGER NOT NULL,
    reject_reports INTEGER NOT NULL,
    obfuscate INTEGER NOT NULL,
    public_comment TEXT,
    PRIMARY KEY (list_id, domain)
) WITHOUT ROWID;
CREATE INDEX block_list_rows_by_domain ON block_list_rows (domain);

CREATE TABLE listed_blocks (
    block_id INTEGER PRIMARY KEY REFERENCES domain_blocks ON DELETE CASCADE -- made by a list; all others are by hand
);
