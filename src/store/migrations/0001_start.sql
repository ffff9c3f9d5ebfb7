-- 0001: the whole house as it began. `src/store/schema.sql` is the readable sum of all migrations.
-- Times are milliseconds since 1970 UTC. Booleans are 0 and 1. Lists and small documents are JSON text.

-- What an operator changes while the server runs.
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Everybody we know, local (domain IS NULL) and remote. The instance actor is account -99.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    domain TEXT,                                -- of the handle; lower case, punycode
    uri TEXT NOT NULL UNIQUE,                   -- the actor's id
    url TEXT NOT NULL,                          -- the page for people
    kind TEXT NOT NULL DEFAULT 'Person',        -- Person, Service, Group, Organization, Application
    display_name TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',              -- clean HTML
    note_source TEXT NOT NULL DEFAULT '',       -- what a local person typed
    fields TEXT NOT NULL DEFAULT '[]',          -- [{"name","value","verified_at"}]; value: typed text (local) or clean HTML
    avatar_file TEXT,                           -- name in the media folder (local accounts)
    avatar_remote_url TEXT,
    avatar_description TEXT NOT NULL DEFAULT '',
    header_file TEXT,
    header_remote_url TEXT,
    header_description TEXT NOT NULL DEFAULT '',
    locked INTEGER NOT NULL DEFAULT 0,
    discoverable INTEGER,
    indexable INTEGER NOT NULL DEFAULT 0,
    hide_collections INTEGER,
    memorial INTEGER NOT NULL DEFAULT 0,
    inbox TEXT NOT NULL DEFAULT '',
    shared_inbox TEXT,
    outbox TEXT,
    followers_uri TEXT,
    following_uri TEXT,
    featured_uri TEXT,
    also_known_as TEXT NOT NULL DEFAULT '[]',
    moved_to_uri TEXT,
    followers_count INTEGER NOT NULL DEFAULT 0,
    following_count INTEGER NOT NULL DEFAULT 0,
    statuses_count INTEGER NOT NULL DEFAULT 0,
    last_status_at INTEGER,
    created_at INTEGER NOT NULL,                -- remote: as published by their server
    first_seen_at INTEGER NOT NULL,
    fetched_at INTEGER,                         -- remote: last time we read the actor document
    suspended_at INTEGER,
    silenced_at INTEGER,
    deleted_at INTEGER
);
CREATE UNIQUE INDEX accounts_by_handle ON accounts (lower(username), coalesce(domain, ''));
CREATE INDEX accounts_by_domain ON accounts (domain) WHERE domain IS NOT NULL;
CREATE INDEX accounts_by_url ON accounts (url);
CREATE INDEX accounts_by_followers_uri ON accounts (followers_uri) WHERE followers_uri IS NOT NULL;

-- Public keys of remote actors, by key id; several per actor are possible.
CREATE TABLE public_keys (
    key_id TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    pem TEXT NOT NULL,                          -- SubjectPublicKeyInfo, RSA or Ed25519
    fetched_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX public_keys_by_account ON public_keys (account_id);

-- Key pairs of local actors, the instance actor included.
CREATE TABLE private_keys (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    private_pem TEXT NOT NULL,                  -- PKCS#8
    public_pem TEXT NOT NULL
);

-- Who may sign in.
CREATE TABLE users (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    password_hash TEXT NOT NULL,                -- argon2id, PHC string
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'moderator', 'member')),
    locale TEXT NOT NULL DEFAULT 'en',
    default_visibility TEXT NOT NULL DEFAULT 'public',
    default_sensitive INTEGER NOT NULL DEFAULT 0,
    default_language TEXT,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    approved_at INTEGER,
    disabled_at INTEGER,
    last_active_at INTEGER
);

-- Browser sessions of the sign-in page. Only hashes of secrets are stored, here and below.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE apps (
    id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    client_secret_hash BLOB NOT NULL,
    name TEXT NOT NULL,
    website TEXT,
    redirect_uris TEXT NOT NULL,                -- one a line
    scopes TEXT NOT NULL,                       -- space separated
    own INTEGER NOT NULL DEFAULT 0,             -- made by our command line
    created_at INTEGER NOT NULL
);

-- Authorization codes: short-lived, one use.
CREATE TABLE grants (
    code_hash BLOB PRIMARY KEY,
    app_id INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    challenge TEXT,                             -- PKCE S256
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    app_id INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    account_id INTEGER REFERENCES users ON DELETE CASCADE,  -- NULL: app token
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
);
CREATE INDEX tokens_by_account ON tokens (account_id) WHERE account_id IS NOT NULL;

-- Posts and boosts. A boost is a row with reblog_of_id; its uri is the id of the Announce.
CREATE TABLE statuses (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    url TEXT,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    local INTEGER NOT NULL,                     -- whether the author lives here
    content TEXT NOT NULL DEFAULT '',           -- clean HTML
    text TEXT NOT NULL DEFAULT '',              -- what a local author typed
    spoiler_text TEXT NOT NULL DEFAULT '',
    sensitive INTEGER NOT NULL DEFAULT 0,
    language TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private', 'direct')),
    in_reply_to_id INTEGER REFERENCES statuses ON DELETE SET NULL,
    in_reply_to_uri TEXT,                       -- also when we do not hold the parent
    in_reply_to_account_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    reblog_of_id INTEGER REFERENCES statuses ON DELETE CASCADE,
    conversation TEXT,                          -- uri shared by the whole thread
    application_id INTEGER REFERENCES apps ON DELETE SET NULL,
    replies_count INTEGER NOT NULL DEFAULT 0,
    reblogs_count INTEGER NOT NULL DEFAULT 0,
    favourites_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    edited_at INTEGER
);
CREATE INDEX statuses_by_account ON statuses (account_id, id);
CREATE INDEX statuses_by_parent ON statuses (in_reply_to_id, id) WHERE in_reply_to_id IS NOT NULL;
CREATE INDEX statuses_by_missing_parent ON statuses (in_reply_to_uri) WHERE in_reply_to_id IS NULL AND in_reply_to_uri IS NOT NULL;
CREATE UNIQUE INDEX statuses_by_reblog ON statuses (reblog_of_id, account_id) WHERE reblog_of_id IS NOT NULL;
CREATE INDEX statuses_public ON statuses (id) WHERE visibility = 'public' AND reblog_of_id IS NULL;
CREATE INDEX statuses_public_by_place ON statuses (local, id) WHERE visibility = 'public' AND reblog_of_id IS NULL;
CREATE INDEX statuses_by_url ON statuses (url) WHERE url IS NOT NULL;
CREATE INDEX statuses_by_conversation ON statuses (conversation, id) WHERE conversation IS NOT NULL;

-- Former versions of edited posts; the present one is the status itself.
CREATE TABLE status_edits (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    text TEXT NOT NULL,
    spoiler_text TEXT NOT NULL,
    sensitive INTEGER NOT NULL,
    media TEXT NOT NULL DEFAULT '[]',           -- [{"id","description"}]
    PRIMARY KEY (status_id, created_at)
) WITHOUT ROWID;

CREATE TABLE mentions (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    silent INTEGER NOT NULL DEFAULT 0,          -- addressed without being named: may read, is not notified
    PRIMARY KEY (status_id, account_id)
) WITHOUT ROWID;
CREATE INDEX mentions_by_account ON mentions (account_id, status_id);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,                  -- normalised
    display_name TEXT NOT NULL
);
CREATE TABLE status_tags (
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    PRIMARY KEY (tag_id, status_id)
) WITHOUT ROWID;
CREATE INDEX status_tags_by_status ON status_tags (status_id, tag_id);

CREATE TABLE media (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER REFERENCES statuses ON DELETE SET NULL,
    position INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL CHECK (kind IN ('image', 'gifv', 'video', 'audio', 'unknown')),
    mime TEXT NOT NULL,
    file TEXT,                                  -- name in the media folder; NULL: not here (remote)
    thumbnail TEXT,
    remote_url TEXT,
    description TEXT,
    blurhash TEXT,
    focus_x REAL,
    focus_y REAL,
    width INTEGER,
    height INTEGER,
    small_width INTEGER,
    small_height INTEGER,
    size INTEGER,
    created_at INTEGER NOT NULL
);
CREATE INDEX media_by_status ON media (status_id, position) WHERE status_id IS NOT NULL;
CREATE INDEX media_unattached ON media (created_at) WHERE status_id IS NULL;
CREATE INDEX media_by_account ON media (account_id);

-- One file of other people's pictures that we keep for a while; clients see only our copy.
CREATE TABLE media_cache (
    url TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    mime TEXT NOT NULL,
    size INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX media_cache_by_use ON media_cache (used_at);

-- Follows and follow requests.
CREATE TABLE follows (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,  -- who follows
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    uri TEXT NOT NULL UNIQUE,                   -- id of the Follow activity
    accepted INTEGER NOT NULL,
    show_reblogs INTEGER NOT NULL DEFAULT 1,
    notify INTEGER NOT NULL DEFAULT 0,
    languages TEXT,                             -- JSON list; NULL: all
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, target_id)
);
CREATE INDEX follows_by_target ON follows (target_id, accepted, id);
CREATE INDEX follows_by_account ON follows (account_id, accepted, id);

CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    uri TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, target_id)
);
CREATE INDEX blocks_by_target ON blocks (target_id, account_id);

CREATE TABLE mutes (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    notifications INTEGER NOT NULL DEFAULT 1,   -- whether notifications are muted too
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, target_id)
);
CREATE INDEX mutes_by_target ON mutes (target_id);

CREATE TABLE favourites (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    uri TEXT NOT NULL UNIQUE,                   -- id of the Like
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, status_id)
);
CREATE INDEX favourites_by_status ON favourites (status_id, id);
CREATE INDEX favourites_by_account ON favourites (account_id, id);

CREATE TABLE bookmarks (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, status_id)
);
CREATE INDEX bookmarks_by_account ON bookmarks (account_id, id);
CREATE INDEX bookmarks_by_status ON bookmarks (status_id);

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,      -- who is told
    kind TEXT NOT NULL,                                                      -- Mastodon's notification types
    from_account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL
);
CREATE INDEX notifications_by_account ON notifications (account_id, id);
CREATE UNIQUE INDEX notifications_once ON notifications (account_id, kind, from_account_id, coalesce(status_id, 0));
CREATE INDEX notifications_by_status ON notifications (status_id) WHERE status_id IS NOT NULL;
CREATE INDEX notifications_by_sender ON notifications (from_account_id);

-- Each local account's home, newest 800 kept.
CREATE TABLE home_timeline (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    author_id INTEGER NOT NULL,                 -- of the entry: for a boost, who boosted
    PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;
CREATE INDEX home_timeline_by_status ON home_timeline (status_id);
CREATE INDEX home_timeline_by_author ON home_timeline (account_id, author_id);

CREATE TABLE markers (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    timeline TEXT NOT NULL,
    last_read_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, timeline)
) WITHOUT ROWID;

-- Answers to repeated POST /statuses with the same Idempotency-Key, for an hour.
CREATE TABLE idempotency_keys (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    key TEXT NOT NULL,
    status_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) WITHOUT ROWID;

-- Outgoing activities: the body once, one delivery row per inbox.
CREATE TABLE activities (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,  -- who signs
    kind TEXT NOT NULL,                         -- Create, Follow, …
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- order within a lane; never used again, for new rows are found by it
    activity_id INTEGER NOT NULL REFERENCES activities ON DELETE CASCADE,
    inbox TEXT NOT NULL,
    origin TEXT NOT NULL,                       -- scheme://host[:port] of the inbox
    lane TEXT NOT NULL,                         -- one in flight per lane, first in first out; the origin unless a policy says otherwise
    state TEXT NOT NULL CHECK (state IN ('unplanned', 'ready', 'dropped')),
    not_before INTEGER NOT NULL,                -- of a dropped row: when it was dropped
    priority INTEGER NOT NULL,                  -- lower goes first among lanes: 0 mentioned, 1 followers, 2 actor Update and Delete
    variant INTEGER,                            -- which body variant of the plan; NULL: the activity itself
    drop_reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (activity_id, inbox)
);
CREATE INDEX deliveries_by_lane ON deliveries (lane, id) WHERE state = 'ready';
CREATE INDEX deliveries_dropped ON deliveries (not_before) WHERE state = 'dropped';
CREATE INDEX deliveries_unplanned ON deliveries (activity_id) WHERE state = 'unplanned';
CREATE INDEX deliveries_by_age ON deliveries (created_at);

-- Other servers, by origin: how deliveries to them go.
CREATE TABLE peers (
    origin TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    fails INTEGER NOT NULL DEFAULT 0,           -- in a row; 0 = healthy
    failing_since INTEGER,
    failed_days INTEGER NOT NULL DEFAULT 0,     -- distinct days with a failure since failing_since
    last_failed_at INTEGER,
    retry_at INTEGER,                           -- nothing is sent before
    revived_at INTEGER,                         -- when it showed a sign of life while it was failing
    refused INTEGER NOT NULL DEFAULT 0,         -- answers in a row that were final for one item (4xx)
    last_ok_at INTEGER,
    last_error TEXT,
    latency_ms INTEGER,
    scheme TEXT,                                -- 'cavage' or 'rfc9421', whichever was confirmed
    scheme_at INTEGER
) WITHOUT ROWID;
CREATE INDEX peers_by_host ON peers (host);
CREATE INDEX peers_revived ON peers (revived_at) WHERE revived_at IS NOT NULL;

-- Received activities: committed before the 202, worked off by the inbox worker, kept (without body) to recognise repeats.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- order of arrival; never used again, for new rows are found by it
    dedupe TEXT NOT NULL UNIQUE,                -- the activity's id, or a hash where that proves nothing (no id, forwarded, unverified)
    actor_uri TEXT NOT NULL,                    -- as the body claims; equals the signer once verified, unless forwarded
    signer_uri TEXT,                            -- owner of the key that signed; NULL: not verified yet
    recipient_id INTEGER,                       -- whose personal inbox; NULL: the shared one
    body TEXT,                                  -- NULL once done
    request TEXT,                               -- signed request parts of a row that still must be verified
    source_ip TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unverified', 'ready', 'done', 'parked')),
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    received_at INTEGER NOT NULL
);
CREATE INDEX inbox_ready ON inbox (signer_uri, id) WHERE state = 'ready';
CREATE INDEX inbox_unverified ON inbox (source_ip) WHERE state = 'unverified';
CREATE INDEX inbox_by_age ON inbox (received_at) WHERE state IN ('done', 'parked');

-- Objects that were deleted, so that a late Create or Update does not bring them back.
CREATE TABLE tombstones (
    uri TEXT PRIMARY KEY,
    actor_uri TEXT NOT NULL,
    deleted_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tombstones_by_age ON tombstones (deleted_at);

-- Activities that were undone before they arrived.
CREATE TABLE undone (
    activity_uri TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    undone_at INTEGER NOT NULL,
    PRIMARY KEY (activity_uri, actor_uri)
) WITHOUT ROWID;
CREATE INDEX undone_by_age ON undone (undone_at);

CREATE TABLE plugins (
    id TEXT PRIMARY KEY,                        -- reverse DNS, from the manifest
    version TEXT NOT NULL,
    manifest TEXT NOT NULL,                     -- JSON
    wasm BLOB NOT NULL,                         -- the component
    sha256 TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    sort_order INTEGER NOT NULL,
    config TEXT NOT NULL DEFAULT '{}',
    installed_at INTEGER NOT NULL
);

-- What was rejected or changed, by whom, and why.
CREATE TABLE moderation_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,                       -- 'plugin:<id>' or 'account:<id>'
    action TEXT NOT NULL,                       -- reject, hold, change, fail, …
    direction TEXT NOT NULL,                    -- inbound, outbound, local
    actor_uri TEXT NOT NULL,
    object_uri TEXT,
    reason TEXT NOT NULL,
    excerpt TEXT NOT NULL DEFAULT ''
);
CREATE INDEX moderation_log_by_age ON moderation_log (at);
