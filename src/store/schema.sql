-- The schema after all migrations. Read this; write migrations.

CREATE TABLE account_notes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    comment TEXT NOT NULL,
    PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;

CREATE INDEX account_notes_by_target ON account_notes (target_id);

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

CREATE INDEX accounts_by_domain ON accounts (domain) WHERE domain IS NOT NULL;

CREATE INDEX accounts_by_followers_uri ON accounts (followers_uri) WHERE followers_uri IS NOT NULL;

CREATE UNIQUE INDEX accounts_by_handle ON accounts (lower(username), coalesce(domain, ''));

CREATE INDEX accounts_by_url ON accounts (url);

CREATE INDEX accounts_directory ON accounts (last_status_at) WHERE discoverable = 1;

CREATE TABLE activities (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,  -- who signs
    kind TEXT NOT NULL,                         -- Create, Follow, …
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

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

CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    uri TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, target_id)
);

CREATE INDEX blocks_by_target ON blocks (target_id, account_id);

CREATE TABLE bookmarks (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, status_id)
);

CREATE INDEX bookmarks_by_account ON bookmarks (account_id, id);

CREATE INDEX bookmarks_by_status ON bookmarks (status_id);

CREATE TABLE conversation_mutes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    conversation TEXT NOT NULL,                 -- as in statuses; the post's own uri when it has none
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, conversation)
) WITHOUT ROWID;

CREATE TRIGGER conversation_lost_a_status AFTER DELETE ON conversation_statuses BEGIN
    UPDATE conversations SET last_status_id =
        (SELECT max(status_id) FROM conversation_statuses WHERE conversation_id = old.conversation_id)
        WHERE id = old.conversation_id;
    DELETE FROM conversations WHERE id = old.conversation_id AND last_status_id IS NULL;
END;

CREATE TABLE conversation_statuses (
    conversation_id INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    PRIMARY KEY (conversation_id, status_id)
) WITHOUT ROWID;

CREATE INDEX conversation_statuses_by_status ON conversation_statuses (status_id);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    thread TEXT NOT NULL,
    participants TEXT NOT NULL,                 -- JSON list of account ids in order, without the owner
    last_status_id INTEGER,
    unread INTEGER NOT NULL,
    UNIQUE (account_id, thread, participants)
);

CREATE INDEX conversations_by_account ON conversations (account_id, last_status_id);

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

CREATE INDEX deliveries_by_age ON deliveries (created_at);

CREATE INDEX deliveries_by_lane ON deliveries (lane, id) WHERE state = 'ready';

CREATE INDEX deliveries_dropped ON deliveries (not_before) WHERE state = 'dropped';

CREATE INDEX deliveries_unplanned ON deliveries (activity_id) WHERE state = 'unplanned';

CREATE TABLE endorsements (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    UNIQUE (account_id, target_id)
);

CREATE INDEX endorsements_by_account ON endorsements (account_id, id);

CREATE INDEX endorsements_by_target ON endorsements (target_id);

CREATE TABLE favourites (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    uri TEXT NOT NULL UNIQUE,                   -- id of the Like
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, status_id)
);

CREATE INDEX favourites_by_account ON favourites (account_id, id);

CREATE INDEX favourites_by_status ON favourites (status_id, id);

CREATE TABLE featured_tags (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    UNIQUE (account_id, tag_id)
);

CREATE INDEX featured_tags_by_tag ON featured_tags (tag_id);

CREATE TABLE filter_keywords (
    id INTEGER PRIMARY KEY,
    filter_id INTEGER NOT NULL REFERENCES filters ON DELETE CASCADE,
    keyword TEXT NOT NULL,
    whole_word INTEGER NOT NULL
);

CREATE INDEX filter_keywords_by_filter ON filter_keywords (filter_id, id);

CREATE TABLE filter_statuses (
    id INTEGER PRIMARY KEY,
    filter_id INTEGER NOT NULL REFERENCES filters ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    UNIQUE (filter_id, status_id)
);

CREATE INDEX filter_statuses_by_status ON filter_statuses (status_id);

CREATE TABLE filters (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    contexts TEXT NOT NULL,                     -- JSON list of home, notifications, public, thread, account
    action TEXT NOT NULL CHECK (action IN ('warn', 'hide', 'blur')),
    expires_at INTEGER
);

CREATE INDEX filters_by_account ON filters (account_id, id);

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

CREATE INDEX follows_by_account ON follows (account_id, accepted, id);

CREATE INDEX follows_by_target ON follows (target_id, accepted, id);

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

CREATE TABLE home_timeline (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    author_id INTEGER NOT NULL,                 -- of the entry: for a boost, who boosted
    PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;

CREATE INDEX home_timeline_by_author ON home_timeline (account_id, author_id);

CREATE INDEX home_timeline_by_status ON home_timeline (status_id);

CREATE TABLE idempotency_keys (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    key TEXT NOT NULL,
    status_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) WITHOUT ROWID;

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

CREATE INDEX inbox_by_age ON inbox (received_at) WHERE state IN ('done', 'parked');

CREATE INDEX inbox_ready ON inbox (signer_uri, id) WHERE state = 'ready';

CREATE INDEX inbox_unverified ON inbox (source_ip) WHERE state = 'unverified';

CREATE TABLE list_members (
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    PRIMARY KEY (list_id, account_id)
) WITHOUT ROWID;

CREATE INDEX list_members_by_account ON list_members (account_id, list_id);

CREATE TABLE list_timeline (
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    author_id INTEGER NOT NULL,                 -- of the entry: for a boost, who boosted
    PRIMARY KEY (list_id, status_id)
) WITHOUT ROWID;

CREATE INDEX list_timeline_by_author ON list_timeline (list_id, author_id);

CREATE INDEX list_timeline_by_status ON list_timeline (status_id);

CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    replies_policy TEXT NOT NULL CHECK (replies_policy IN ('followed', 'list', 'none')),
    exclusive INTEGER NOT NULL                  -- whether members are kept out of the home timeline
);

CREATE INDEX lists_by_account ON lists (account_id, id);

CREATE TABLE markers (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    timeline TEXT NOT NULL,
    last_read_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, timeline)
) WITHOUT ROWID;

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

CREATE INDEX media_by_account ON media (account_id);

CREATE INDEX media_by_status ON media (status_id, position) WHERE status_id IS NOT NULL;

CREATE INDEX media_unattached ON media (created_at) WHERE status_id IS NULL;

CREATE TABLE media_cache (
    url TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    mime TEXT NOT NULL,
    size INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX media_cache_by_use ON media_cache (used_at);

CREATE TABLE mentions (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    silent INTEGER NOT NULL DEFAULT 0,          -- addressed without being named: may read, is not notified
    PRIMARY KEY (status_id, account_id)
) WITHOUT ROWID;

CREATE INDEX mentions_by_account ON mentions (account_id, status_id);

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

CREATE TABLE notification_permissions (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    from_account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, from_account_id)
) WITHOUT ROWID;

CREATE INDEX notification_permissions_by_sender ON notification_permissions (from_account_id);

CREATE TABLE notification_policies (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    for_not_following TEXT NOT NULL DEFAULT 'accept',
    for_not_followers TEXT NOT NULL DEFAULT 'accept',
    for_new_accounts TEXT NOT NULL DEFAULT 'accept',
    for_private_mentions TEXT NOT NULL DEFAULT 'filter',
    for_limited_accounts TEXT NOT NULL DEFAULT 'filter',
    for_bots TEXT NOT NULL DEFAULT 'accept'
);

CREATE TABLE notification_requests (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    from_account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    last_status_id INTEGER REFERENCES statuses ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account_id, from_account_id)
);

CREATE INDEX notification_requests_by_account ON notification_requests (account_id, id);

CREATE INDEX notification_requests_by_sender ON notification_requests (from_account_id);

CREATE INDEX notification_requests_by_status ON notification_requests (last_status_id) WHERE last_status_id IS NOT NULL;

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,      -- who is told
    kind TEXT NOT NULL,                                                      -- Mastodon's notification types
    from_account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL
, group_key TEXT, filtered INTEGER NOT NULL DEFAULT 0);

CREATE INDEX notifications_by_account ON notifications (account_id, id);

CREATE INDEX notifications_by_group ON notifications (account_id, group_key, id) WHERE group_key IS NOT NULL;

CREATE INDEX notifications_by_sender ON notifications (from_account_id);

CREATE INDEX notifications_by_status ON notifications (status_id) WHERE status_id IS NOT NULL;

CREATE INDEX notifications_filtered ON notifications (account_id, from_account_id) WHERE filtered;

CREATE UNIQUE INDEX notifications_once ON notifications (account_id, kind, from_account_id, coalesce(status_id, 0));

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

CREATE TABLE pins (
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;

CREATE INDEX pins_by_status ON pins (status_id);

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

CREATE TABLE poll_options (
    poll_id INTEGER NOT NULL REFERENCES polls ON DELETE CASCADE,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,                        -- plain text
    votes_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (poll_id, position)
) WITHOUT ROWID;

CREATE TABLE poll_votes (
    poll_id INTEGER NOT NULL REFERENCES polls ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    choice INTEGER NOT NULL,                    -- position of the option
    created_at INTEGER NOT NULL,
    PRIMARY KEY (poll_id, account_id, choice)
) WITHOUT ROWID;

CREATE INDEX poll_votes_by_account ON poll_votes (account_id);

CREATE TABLE polls (
    id INTEGER PRIMARY KEY,
    status_id INTEGER NOT NULL UNIQUE REFERENCES statuses ON DELETE CASCADE,
    multiple INTEGER NOT NULL DEFAULT 0,
    hide_totals INTEGER NOT NULL DEFAULT 0,     -- until it ends
    voters_count INTEGER,                       -- NULL: its server does not say
    expires_at INTEGER,                         -- NULL: never
    ended INTEGER NOT NULL DEFAULT 0,           -- the end was dealt with: voters were told
    changed_at INTEGER,                         -- ours: first vote that other servers were not told of
    told_at INTEGER,                            -- ours: when other servers were last told the tallies
    fetched_at INTEGER                          -- remote: when we last asked
);

CREATE INDEX polls_changed ON polls (changed_at) WHERE changed_at IS NOT NULL;

CREATE INDEX polls_open ON polls (expires_at) WHERE ended = 0 AND expires_at IS NOT NULL;

CREATE TABLE private_keys (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    private_pem TEXT NOT NULL,                  -- PKCS#8
    public_pem TEXT NOT NULL
);

CREATE TABLE public_keys (
    key_id TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    pem TEXT NOT NULL,                          -- SubjectPublicKeyInfo, RSA or Ed25519
    fetched_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX public_keys_by_account ON public_keys (account_id);

CREATE TABLE push_subscriptions (
    id INTEGER PRIMARY KEY,
    token_id INTEGER NOT NULL UNIQUE REFERENCES tokens ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    token TEXT NOT NULL,                        -- the token itself: apps find by it in the message whose message it is
    endpoint TEXT NOT NULL,
    p256dh BLOB NOT NULL,                       -- the app's public key, an uncompressed P-256 point
    auth BLOB NOT NULL,                         -- 16 bytes that the app chose
    standard INTEGER NOT NULL,                  -- RFC 8291 rather than the draft 'aesgcm'
    policy TEXT NOT NULL CHECK (policy IN ('all', 'followed', 'follower', 'none')),
    alerts TEXT NOT NULL DEFAULT '{}',          -- {"mention":true}; a missing kind is off
    created_at INTEGER NOT NULL
);

CREATE INDEX push_subscriptions_by_account ON push_subscriptions (account_id);

CREATE TABLE pushes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER NOT NULL REFERENCES push_subscriptions ON DELETE CASCADE,
    notification_id INTEGER NOT NULL REFERENCES notifications ON DELETE CASCADE,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);

CREATE INDEX pushes_by_notification ON pushes (notification_id);

CREATE INDEX pushes_by_subscription ON pushes (subscription_id);

CREATE INDEX pushes_due ON pushes (not_before, id);

CREATE TABLE reactions (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    name TEXT NOT NULL,                         -- one Unicode emoji
    uri TEXT NOT NULL UNIQUE,                   -- id of the Like or EmojiReact
    created_at INTEGER NOT NULL,
    UNIQUE (status_id, account_id, name)
);

CREATE INDEX reactions_by_account ON reactions (account_id);

CREATE TABLE scheduled_media (
    media_id INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,
    scheduled_id INTEGER NOT NULL REFERENCES scheduled_statuses ON DELETE CASCADE
);

CREATE INDEX scheduled_media_by_post ON scheduled_media (scheduled_id);

CREATE TABLE scheduled_statuses (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    scheduled_at INTEGER NOT NULL,
    draft TEXT NOT NULL,                        -- what the author asked for, JSON
    idempotency_key TEXT,
    created_at INTEGER NOT NULL
);

CREATE INDEX scheduled_statuses_by_account ON scheduled_statuses (account_id, id);

CREATE INDEX scheduled_statuses_by_time ON scheduled_statuses (scheduled_at);

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE status_edits (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    text TEXT NOT NULL,
    spoiler_text TEXT NOT NULL,
    sensitive INTEGER NOT NULL,
    media TEXT NOT NULL DEFAULT '[]', poll TEXT,           -- [{"id","description"}]
    PRIMARY KEY (status_id, created_at)
) WITHOUT ROWID;

CREATE TABLE status_tags (
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    PRIMARY KEY (tag_id, status_id)
) WITHOUT ROWID;

CREATE INDEX status_tags_by_status ON status_tags (status_id, tag_id);

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

CREATE INDEX statuses_by_conversation ON statuses (conversation, id) WHERE conversation IS NOT NULL;

CREATE INDEX statuses_by_missing_parent ON statuses (in_reply_to_uri) WHERE in_reply_to_id IS NULL AND in_reply_to_uri IS NOT NULL;

CREATE INDEX statuses_by_parent ON statuses (in_reply_to_id, id) WHERE in_reply_to_id IS NOT NULL;

CREATE UNIQUE INDEX statuses_by_reblog ON statuses (reblog_of_id, account_id) WHERE reblog_of_id IS NOT NULL;

CREATE INDEX statuses_by_url ON statuses (url) WHERE url IS NOT NULL;

CREATE INDEX statuses_public ON statuses (id) WHERE visibility = 'public' AND reblog_of_id IS NULL;

CREATE INDEX statuses_public_by_place ON statuses (local, id) WHERE visibility = 'public' AND reblog_of_id IS NULL;

CREATE TABLE suggestion_dismissals (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;

CREATE INDEX suggestion_dismissals_by_target ON suggestion_dismissals (target_id);

CREATE TABLE tag_follows (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    UNIQUE (tag_id, account_id)
);

CREATE INDEX tag_follows_by_account ON tag_follows (account_id, id);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,                  -- normalised
    display_name TEXT NOT NULL
);

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

CREATE TABLE tombstones (
    uri TEXT PRIMARY KEY,
    actor_uri TEXT NOT NULL,
    deleted_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX tombstones_by_age ON tombstones (deleted_at);

CREATE TABLE undone (
    activity_uri TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    undone_at INTEGER NOT NULL,
    PRIMARY KEY (activity_uri, actor_uri)
) WITHOUT ROWID;

CREATE INDEX undone_by_age ON undone (undone_at);

CREATE TABLE user_domain_blocks (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    domain TEXT NOT NULL,                       -- lower case, punycode
    UNIQUE (account_id, domain)
);

CREATE INDEX user_domain_blocks_by_account ON user_domain_blocks (account_id, id);

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
