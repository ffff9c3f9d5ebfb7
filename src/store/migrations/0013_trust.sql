-- Ed25519 keys of local actors, for proofs inside documents; and what other servers say about themselves.

CREATE TABLE proof_keys (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    private_pem TEXT NOT NULL,                  -- PKCS#8, Ed25519
    public_multibase TEXT NOT NULL              -- as published: a Multikey
);

CREATE TABLE peer_software (
    host TEXT PRIMARY KEY,
    name TEXT,                                  -- NULL: it does not say
    version TEXT,
    asked_at INTEGER NOT NULL                   -- whatever the answer was; asked again a day later
) WITHOUT ROWID;

CREATE TABLE peer_capabilities (
    origin TEXT PRIMARY KEY,
    rfc9421 INTEGER NOT NULL DEFAULT 0,         -- its actors say that it reads RFC 9421 signatures
    told_at INTEGER,
    get_scheme TEXT,                            -- with which scheme a GET worked after another did not: 'cavage' or 'rfc9421'
    get_scheme_at INTEGER
) WITHOUT ROWID;
