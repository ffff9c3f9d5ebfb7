-- The schema after all migrations. Read this; write migrations.

CREATE TABLE absences (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    gone INTEGER NOT NULL,                      -- 410 or a Tombstone: frozen; else 404
    hits INTEGER NOT NULL,                      -- how often in a row
    first_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL                    -- when to ask again
);

CREATE INDEX absences_by_next ON absences (next_at);

CREATE TABLE account_notes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    comment TEXT NOT NULL,
    PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;

CREATE INDEX account_notes_by_target ON account_notes (target_id);

CREATE VIRTUAL TABLE account_search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "ascii"
);

CREATE TABLE 'account_search_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'account_search_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'account_search_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'account_search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TRIGGER account_search_forget AFTER DELETE ON accounts BEGIN
    DELETE FROM account_search WHERE rowid = old.id;
END;

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
, sensitized_at INTEGER);

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

CREATE INDEX activities_by_uri ON activities (uri);

CREATE TABLE activity_variants (
    activity_id INTEGER NOT NULL REFERENCES activities ON DELETE CASCADE,
    number INTEGER NOT NULL,                    -- from 1
    payload TEXT NOT NULL,
    PRIMARY KEY (activity_id, number)
) WITHOUT ROWID;

CREATE TABLE actor_judgements (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'rejected')),
    document TEXT,                              -- JSON, while it waits: keys are read before anything is judged
    plugin_id TEXT,
    reason TEXT,
    at INTEGER NOT NULL
);

CREATE TABLE announcement_dismissals (
    announcement_id INTEGER NOT NULL REFERENCES announcements ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (announcement_id, account_id)
) WITHOUT ROWID;

CREATE INDEX announcement_dismissals_by_account ON announcement_dismissals (account_id);

CREATE TABLE announcement_reactions (
    id INTEGER PRIMARY KEY,
    announcement_id INTEGER NOT NULL REFERENCES announcements ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,                         -- one Unicode emoji, or a shortcode of ours
    emoji_id INTEGER REFERENCES custom_emojis ON DELETE CASCADE,
    UNIQUE (announcement_id, account_id, name)
);

CREATE INDEX announcement_reactions_by_account ON announcement_reactions (account_id);

CREATE INDEX announcement_reactions_by_emoji ON announcement_reactions (emoji_id) WHERE emoji_id IS NOT NULL;

CREATE TABLE announcements (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,                         -- as it was typed
    markdown INTEGER NOT NULL DEFAULT 0,        -- whether that is Markdown
    content TEXT NOT NULL,                      -- clean HTML
    starts_at INTEGER,
    ends_at INTEGER,                            -- not shown afterwards
    all_day INTEGER NOT NULL DEFAULT 0,
    publish_at INTEGER,                         -- NULL with published_at NULL: a draft
    published_at INTEGER,                       -- NULL: not shown
    updated_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    mentions TEXT NOT NULL DEFAULT '[]',        -- JSON list of account ids
    statuses TEXT NOT NULL DEFAULT '[]',        -- JSON list of ids of posts that it links to
    tags TEXT NOT NULL DEFAULT '[]'             -- JSON list of names as typed
);

CREATE INDEX announcements_due ON announcements (publish_at) WHERE published_at IS NULL AND publish_at IS NOT NULL;

CREATE INDEX announcements_ending ON announcements (ends_at) WHERE published_at IS NOT NULL AND ends_at IS NOT NULL;

CREATE TABLE appeals (
    warning_id INTEGER PRIMARY KEY REFERENCES warnings ON DELETE CASCADE,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    approved INTEGER,                           -- NULL: nobody has decided
    decided_at INTEGER,
    decided_by_id INTEGER REFERENCES accounts ON DELETE SET NULL
);

CREATE INDEX appeals_by_judge ON appeals (decided_by_id) WHERE decided_by_id IS NOT NULL;

CREATE INDEX appeals_open ON appeals (warning_id) WHERE approved IS NULL;

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

CREATE TABLE async_refreshes (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    result_count INTEGER                        -- NULL: still running
);

CREATE TABLE audiences (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    group_uri TEXT NOT NULL
);

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

CREATE INDEX backfills_done ON backfills (done_at) WHERE done_at IS NOT NULL;

CREATE INDEX backfills_due ON backfills (due_at) WHERE due_at IS NOT NULL;

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

CREATE TABLE block_lists (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    applied_at INTEGER,                         -- NULL: only looked at
    fetched_at INTEGER,
    last_error TEXT,
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

CREATE TABLE bot_acts (
    id INTEGER PRIMARY KEY,
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'react', 'follow')),
    at INTEGER NOT NULL
);

CREATE INDEX bot_acts_by_time ON bot_acts (plugin_id, kind, at);

CREATE TABLE bot_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,       -- seq; never used again
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    kind TEXT NOT NULL,                         -- mention, reply, …, as in the contract; timer
    account_id INTEGER REFERENCES accounts ON DELETE CASCADE,   -- who did it
    status_id INTEGER REFERENCES statuses ON DELETE CASCADE,    -- the post that it is about
    name TEXT NOT NULL DEFAULT '',              -- an id, the name of a timer or of something extra
    payload BLOB NOT NULL DEFAULT x'',          -- of a timer; JSON of something extra
    depth INTEGER NOT NULL DEFAULT 0,           -- how many bots answered each other up to here
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL,
    last_error TEXT,
    created_at INTEGER NOT NULL
);

CREATE INDEX bot_events_by_account ON bot_events (account_id) WHERE account_id IS NOT NULL;

CREATE INDEX bot_events_by_bot ON bot_events (plugin_id, state, id);

CREATE INDEX bot_events_by_status ON bot_events (status_id) WHERE status_id IS NOT NULL;

CREATE TABLE bot_posts (
    status_id INTEGER PRIMARY KEY,              -- also of one that is gone
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    uri TEXT NOT NULL,
    depth INTEGER NOT NULL,
    idem TEXT,
    created_at INTEGER NOT NULL
);

CREATE INDEX bot_posts_by_age ON bot_posts (created_at);

CREATE UNIQUE INDEX bot_posts_by_idem ON bot_posts (plugin_id, idem) WHERE idem IS NOT NULL;

CREATE TABLE bot_timers (
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    name TEXT NOT NULL,
    cron TEXT,                                  -- five fields; NULL: set by the bot itself
    jitter INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL,
    payload BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (plugin_id, name)
) WITHOUT ROWID;

CREATE INDEX bot_timers_by_time ON bot_timers (at);

CREATE TABLE bot_told (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    PRIMARY KEY (status_id, plugin_id)
) WITHOUT ROWID;

CREATE TABLE bot_writers (
    plugin_id TEXT NOT NULL REFERENCES bots ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    PRIMARY KEY (plugin_id, account_id)
) WITHOUT ROWID;

CREATE INDEX bot_writers_by_account ON bot_writers (account_id);

CREATE TABLE bots (
    plugin_id TEXT PRIMARY KEY,                 -- stays when the plugin is uninstalled: the account does, too
    account_id INTEGER NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE,
    events TEXT NOT NULL,                       -- JSON: kinds of events that it wants; empty: all
    cursor INTEGER NOT NULL DEFAULT 0,          -- the last event that it dealt with
    missed INTEGER NOT NULL DEFAULT 0,          -- events that found its mailbox full
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE canonical_email_blocks (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE                   -- SHA-256 of the canonical address, hex
);

CREATE TABLE cards (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,                   -- the link as it stands in posts, without fragment
    page TEXT,                                  -- where it led: the canonical address
    title TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'link' CHECK (kind IN ('link', 'photo', 'video', 'rich')),
    language TEXT,
    author_name TEXT NOT NULL DEFAULT '',
    author_url TEXT NOT NULL DEFAULT '',
    author_id INTEGER REFERENCES accounts ON DELETE SET NULL,  -- fediverse:creator, when that account allows this site
    claimed_id INTEGER REFERENCES accounts ON DELETE SET NULL, -- fediverse:creator, whether allowed or not
    provider_name TEXT NOT NULL DEFAULT '',
    provider_url TEXT NOT NULL DEFAULT '',
    html TEXT NOT NULL DEFAULT '',              -- one iframe, made by us
    embed_url TEXT NOT NULL DEFAULT '',
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    image TEXT,                                 -- of the other server; clients see our copy
    image_description TEXT NOT NULL DEFAULT '',
    published_at INTEGER,
    fetched_at INTEGER,                         -- NULL: never with success; then nothing is shown
    due_at INTEGER,                             -- when to fetch it (again); NULL: not asked for
    attempts INTEGER NOT NULL DEFAULT 0,        -- failures in a row
    trendable INTEGER,                          -- NULL: nobody reviewed it
    reviewed_at INTEGER
);

CREATE INDEX cards_by_author ON cards (author_id) WHERE author_id IS NOT NULL;

CREATE INDEX cards_by_claim ON cards (claimed_id) WHERE claimed_id IS NOT NULL;

CREATE INDEX cards_due ON cards (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE collection_items (
    id INTEGER PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,      -- who is recommended
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'revoked')),
    created_at INTEGER NOT NULL,
    UNIQUE (collection_id, account_id)
);

CREATE INDEX collection_items_by_account ON collection_items (account_id, state);

CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,      -- whose it is; local
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',       -- plain text
    language TEXT,
    tag_id INTEGER REFERENCES tags ON DELETE SET NULL,
    sensitive INTEGER NOT NULL DEFAULT 0,
    discoverable INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

CREATE INDEX collections_by_account ON collections (account_id, id);

CREATE INDEX collections_by_tag ON collections (tag_id) WHERE tag_id IS NOT NULL;

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

CREATE TABLE custom_emojis (
    id INTEGER PRIMARY KEY,
    shortcode TEXT NOT NULL,
    domain TEXT,                                -- of its server's handles; NULL: ours
    file TEXT,                                  -- ours: name in the media folder
    static_file TEXT,                           -- ours: its first frame
    remote_url TEXT,                            -- theirs
    category TEXT,
    visible_in_picker INTEGER NOT NULL DEFAULT 1,
    disabled INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL
);

CREATE UNIQUE INDEX custom_emojis_by_name ON custom_emojis (shortcode, coalesce(domain, ''));

CREATE INDEX custom_emojis_ours ON custom_emojis (shortcode) WHERE domain IS NULL;

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

CREATE INDEX deliveries_by_origin ON deliveries (origin, state);

CREATE INDEX deliveries_dropped ON deliveries (not_before) WHERE state = 'dropped';

CREATE INDEX deliveries_unplanned ON deliveries (activity_id) WHERE state = 'unplanned';

CREATE TABLE departures (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    told INTEGER NOT NULL DEFAULT 0,            -- whether other servers were told
    emptied INTEGER NOT NULL DEFAULT 0,         -- whether all that was theirs is gone
    began_at INTEGER NOT NULL
);

CREATE TABLE domain_allows (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
);

CREATE TABLE domain_blocks (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,                -- lower case, punycode; its subdomains too
    severity TEXT NOT NULL CHECK (severity IN ('noop', 'silence', 'suspend')),
    reject_media INTEGER NOT NULL,
    reject_reports INTEGER NOT NULL,
    obfuscate INTEGER NOT NULL,                 -- whether the public list hides part of the name
    private_comment TEXT,
    public_comment TEXT,
    created_at INTEGER NOT NULL,
    applied_at INTEGER NOT NULL                 -- accounts that it silenced or suspended carry this time
);

CREATE TABLE email_domain_block_uses (
    block_id INTEGER NOT NULL REFERENCES email_domain_blocks ON DELETE CASCADE,
    day INTEGER NOT NULL,                       -- midnight UTC
    ip TEXT NOT NULL,
    uses INTEGER NOT NULL,
    PRIMARY KEY (block_id, day, ip)
) WITHOUT ROWID;

CREATE TABLE email_domain_blocks (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,                -- of addresses; its subdomains too
    allow_with_approval INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE endorsements (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    UNIQUE (account_id, target_id)
);

CREATE INDEX endorsements_by_account ON endorsements (account_id, id);

CREATE INDEX endorsements_by_target ON endorsements (target_id);

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,                         -- signature, filter, verb, delivery
    outcome TEXT NOT NULL,                      -- done, refused, later, dropped
    activity TEXT,                              -- id
    object TEXT,                                -- id of what it is about; NULL for deliveries, whose activity says it
    actor TEXT,                                 -- id of who did it; NULL for deliveries
    peer TEXT NOT NULL,                         -- the other server, host and port
    detail TEXT NOT NULL
);

CREATE INDEX events_by_activity ON events (activity) WHERE activity IS NOT NULL;

CREATE INDEX events_by_actor ON events (actor) WHERE actor IS NOT NULL;

CREATE INDEX events_by_object ON events (object) WHERE object IS NOT NULL;

CREATE INDEX events_by_peer ON events (peer, id);

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

CREATE TABLE "featured_tags" (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
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

CREATE TABLE follow_syncs (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,   -- whose followers here its server sees differently
    url TEXT NOT NULL,                          -- where that server lists them
    digest TEXT NOT NULL,                       -- of that list, hex
    due_at INTEGER,                             -- NULL: done
    tried_at INTEGER
);

CREATE INDEX follow_syncs_due ON follow_syncs (due_at) WHERE due_at IS NOT NULL;

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

CREATE INDEX grants_by_app ON grants (app_id);

CREATE TABLE half_sign_ins (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE held (
    id INTEGER PRIMARY KEY,                     -- of a post of ours: the id that it will have
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'rejected')),
    direction TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    object_uri TEXT,
    is_edit INTEGER NOT NULL,
    plugin_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    score INTEGER NOT NULL,
    text TEXT NOT NULL,
    spoiler_text TEXT NOT NULL,
    visibility TEXT NOT NULL,
    attachments TEXT NOT NULL,                  -- media types, JSON list
    payload TEXT NOT NULL,                      -- ours: the draft; of others: the object as it came
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    status_id INTEGER                           -- the post that came of it
, activity TEXT);

CREATE INDEX held_by_account ON held (account_id, id);

CREATE INDEX held_by_decider ON held (decided_by_id) WHERE decided_by_id IS NOT NULL;

CREATE INDEX held_by_object ON held (object_uri) WHERE object_uri IS NOT NULL;

CREATE INDEX held_by_state ON held (state, id);

CREATE UNIQUE INDEX held_once ON held (object_uri) WHERE state = 'open' AND object_uri IS NOT NULL;

CREATE TABLE held_media (
    media_id INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,
    held_id INTEGER NOT NULL REFERENCES held ON DELETE CASCADE
);

CREATE INDEX held_media_by_held ON held_media (held_id);

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

CREATE TABLE interaction_policies (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    rules TEXT NOT NULL                         -- JSON: per deed the addresses of those who may at once, and after asking
);

CREATE TABLE interaction_requests (
    request_uri TEXT PRIMARY KEY,               -- id of the LikeRequest, ReplyRequest or AnnounceRequest
    deed TEXT NOT NULL CHECK (deed IN ('like', 'reply', 'announce')),
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    interaction_uri TEXT NOT NULL UNIQUE,       -- id of the Like, the answering post or the Announce
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected')),
    stamp TEXT,                                 -- id of the authorization, once there is one
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX interaction_requests_by_account ON interaction_requests (account_id);

CREATE INDEX interaction_requests_by_target ON interaction_requests (target_id);

CREATE TABLE interaction_stamps (
    id INTEGER PRIMARY KEY,
    deed TEXT NOT NULL CHECK (deed IN ('like', 'reply', 'announce')),
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    interaction_uri TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (status_id, interaction_uri)
);

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

CREATE TABLE ip_blocks (
    id INTEGER PRIMARY KEY,
    ip TEXT NOT NULL UNIQUE,                    -- CIDR
    severity TEXT NOT NULL CHECK (severity IN ('sign_up_requires_approval', 'sign_up_block', 'no_access')),
    comment TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
);

CREATE TABLE link_checks (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX link_checks_due ON link_checks (due_at);

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

CREATE TABLE listed_blocks (
    block_id INTEGER PRIMARY KEY REFERENCES domain_blocks ON DELETE CASCADE -- made by a list; all others are by hand
);

CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    replies_policy TEXT NOT NULL CHECK (replies_policy IN ('followed', 'list', 'none')),
    exclusive INTEGER NOT NULL                  -- whether members are kept out of the home timeline
);

CREATE INDEX lists_by_account ON lists (account_id, id);

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

CREATE TABLE markers (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    timeline TEXT NOT NULL,
    last_read_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, timeline)
) WITHOUT ROWID;

CREATE TRIGGER search_media_described AFTER UPDATE OF description ON media WHEN new.status_id IS NOT NULL BEGIN
    INSERT INTO search_waiting (kind, id) VALUES ('status', new.status_id) ON CONFLICT DO NOTHING;
END;

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
, details TEXT);

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

CREATE TABLE media_work (
    media_id INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,
    source TEXT NOT NULL,                       -- name in the folder of waiting uploads
    attempts INTEGER NOT NULL DEFAULT 0,        -- begun so often; a file that kills us is not begun for ever
    failed TEXT                                 -- why nothing can be made of it; NULL: still to do
);

CREATE TABLE memberships (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    invite_id INTEGER REFERENCES invites ON DELETE SET NULL,
    app_id INTEGER REFERENCES apps ON DELETE SET NULL,          -- the app that signed them up; NULL: our own page
    reason TEXT NOT NULL DEFAULT '',            -- why they want to join
    ip TEXT NOT NULL DEFAULT '',
    admitted_at INTEGER                         -- when they were both confirmed and approved
);

CREATE INDEX memberships_by_invite ON memberships (invite_id) WHERE invite_id IS NOT NULL;

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

CREATE TABLE moves (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    target_uri TEXT NOT NULL,
    tried_at INTEGER NOT NULL,
    moved_at INTEGER                            -- NULL: it was tried, and refused
);

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
, group_key TEXT, filtered INTEGER NOT NULL DEFAULT 0, subject_id INTEGER);

CREATE INDEX notifications_by_account ON notifications (account_id, id);

CREATE INDEX notifications_by_group ON notifications (account_id, group_key, id) WHERE group_key IS NOT NULL;

CREATE INDEX notifications_by_sender ON notifications (from_account_id);

CREATE INDEX notifications_by_status ON notifications (status_id) WHERE status_id IS NOT NULL;

CREATE INDEX notifications_filtered ON notifications (account_id, from_account_id) WHERE filtered;

CREATE UNIQUE INDEX notifications_once
    ON notifications (account_id, kind, from_account_id, coalesce(status_id, 0), coalesce(subject_id, 0));

CREATE TABLE one_time_codes (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret BLOB NOT NULL,                       -- 20 bytes, shared with the person's authenticator
    confirmed_at INTEGER,                       -- NULL: enrolment is under way, and nothing is asked yet
    last_step INTEGER NOT NULL DEFAULT 0,       -- the step (30 s) of the last code that was taken; none before it is taken again
    wrong INTEGER NOT NULL DEFAULT 0,           -- wrong codes since wrong_since
    wrong_since INTEGER NOT NULL DEFAULT 0
);

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

CREATE TABLE peer_capabilities (
    origin TEXT PRIMARY KEY,
    rfc9421 INTEGER NOT NULL DEFAULT 0,         -- its actors say that it reads RFC 9421 signatures
    told_at INTEGER,
    get_scheme TEXT,                            -- with which scheme a GET worked after another did not: 'cavage' or 'rfc9421'
    get_scheme_at INTEGER
) WITHOUT ROWID;

CREATE TABLE peer_software (
    host TEXT PRIMARY KEY,
    name TEXT,                                  -- NULL: it does not say
    version TEXT,
    asked_at INTEGER NOT NULL                   -- whatever the answer was; asked again a day later
) WITHOUT ROWID;

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

CREATE TABLE pending_arrivals (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    object TEXT NOT NULL,                       -- JSON, as it came
    early TEXT NOT NULL,                        -- JSON, what the early stage said
    direction TEXT NOT NULL,
    recipient_id INTEGER REFERENCES accounts ON DELETE CASCADE,  -- whose personal inbox it came to
    created_at INTEGER NOT NULL
);

CREATE INDEX pending_arrivals_by_recipient ON pending_arrivals (recipient_id) WHERE recipient_id IS NOT NULL;

CREATE TABLE pending_posts (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    draft TEXT NOT NULL,                        -- JSON
    created_at INTEGER NOT NULL
, early TEXT NOT NULL DEFAULT '{}');

CREATE TABLE pins (
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;

CREATE INDEX pins_by_status ON pins (status_id);

CREATE TABLE plugin_choices (
    plugin_id TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    chosen_at INTEGER NOT NULL,
    PRIMARY KEY (plugin_id, account_id)
) WITHOUT ROWID;

CREATE INDEX plugin_choices_by_account ON plugin_choices (account_id);

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

CREATE TABLE plugin_kv_before (
    plugin_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (plugin_id, key)
) WITHOUT ROWID;

CREATE TABLE plugin_kv_use (
    plugin_id TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    keys INTEGER NOT NULL
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
, publisher_key TEXT NOT NULL DEFAULT '', shadow INTEGER NOT NULL DEFAULT 0, on_failure TEXT, only_if TEXT NOT NULL DEFAULT '[]', off_reason TEXT);

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

CREATE TABLE post_expiries (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
);

CREATE INDEX post_expiries_due ON post_expiries (expires_at);

CREATE TABLE private_keys (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    private_pem TEXT NOT NULL,                  -- PKCS#8
    public_pem TEXT NOT NULL
);

CREATE TABLE profile_shows (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    media INTEGER NOT NULL,
    media_replies INTEGER NOT NULL,
    featured INTEGER NOT NULL,
    attribution_domains TEXT NOT NULL           -- JSON list: sites that may name the account as an author
);

CREATE TABLE proof_keys (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    private_pem TEXT NOT NULL,                  -- PKCS#8, Ed25519
    public_multibase TEXT NOT NULL              -- as published: a Multikey
);

CREATE TABLE public_keys (
    key_id TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    pem TEXT NOT NULL,                          -- SubjectPublicKeyInfo, RSA or Ed25519
    fetched_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX public_keys_by_account ON public_keys (account_id);

CREATE TABLE publishers (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,
    trendable INTEGER,                          -- NULL: nobody reviewed it
    reviewed_at INTEGER
);

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

CREATE TABLE quote_policies (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    automatic INTEGER NOT NULL,
    manual INTEGER NOT NULL                     -- the author is asked
);

CREATE TABLE quote_preferences (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    policy TEXT NOT NULL CHECK (policy IN ('public', 'followers', 'nobody'))
);

CREATE TABLE quote_stamps (
    id INTEGER PRIMARY KEY,
    quoted_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    quoting_uri TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,                         -- taken back for good
    UNIQUE (quoted_id, quoting_uri)
);

CREATE TABLE quotes (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    quoted_id INTEGER REFERENCES statuses ON DELETE SET NULL,
    quoted_uri TEXT NOT NULL,                   -- also when we do not hold the quoted post
    quoted_account_id INTEGER REFERENCES accounts ON DELETE SET NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'revoked')),
    found INTEGER NOT NULL DEFAULT 0,           -- we held the quoted post once: without it now, it is deleted
    legacy INTEGER NOT NULL DEFAULT 0,          -- spelled as before FEP-044f; shown only when accepted
    stamp TEXT,                                 -- id of the QuoteAuthorization
    request_uri TEXT                            -- ours: id of the QuoteRequest that was sent
);

CREATE INDEX quotes_by_account ON quotes (quoted_account_id) WHERE quoted_account_id IS NOT NULL;

CREATE INDEX quotes_by_missing ON quotes (quoted_uri) WHERE quoted_id IS NULL;

CREATE INDEX quotes_by_quoted ON quotes (quoted_id, status_id) WHERE quoted_id IS NOT NULL;

CREATE INDEX quotes_by_request ON quotes (request_uri) WHERE request_uri IS NOT NULL;

CREATE INDEX quotes_by_stamp ON quotes (stamp) WHERE stamp IS NOT NULL;

CREATE TABLE reactions (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    name TEXT NOT NULL,                         -- one Unicode emoji
    uri TEXT NOT NULL UNIQUE,                   -- id of the Like or EmojiReact
    created_at INTEGER NOT NULL, emoji_id INTEGER REFERENCES custom_emojis ON DELETE CASCADE,
    UNIQUE (status_id, account_id, name)
);

CREATE INDEX reactions_by_account ON reactions (account_id);

CREATE INDEX reactions_by_emoji ON reactions (emoji_id) WHERE emoji_id IS NOT NULL;

CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    code_hash BLOB NOT NULL,
    PRIMARY KEY (account_id, code_hash)
) WITHOUT ROWID;

CREATE TABLE relays (
    id INTEGER PRIMARY KEY,
    inbox TEXT NOT NULL UNIQUE,
    actor TEXT,                                 -- id; of Mastodon's style known once it accepted
    style TEXT NOT NULL CHECK (style IN ('mastodon', 'litepub')),
    state TEXT NOT NULL CHECK (state IN ('idle', 'pending', 'accepted', 'rejected')),
    follow_uri TEXT,                            -- id of our Follow
    tags TEXT NOT NULL DEFAULT '[]',            -- JSON list, normalised; empty: everything is taken
    per_second INTEGER NOT NULL,
    per_day INTEGER NOT NULL,
    second INTEGER NOT NULL DEFAULT 0,          -- the second that second_count counts in
    second_count INTEGER NOT NULL DEFAULT 0,
    day INTEGER NOT NULL DEFAULT 0,             -- the day (midnight UTC) that day_count counts on
    day_count INTEGER NOT NULL DEFAULT 0,       -- posts kept
    paused_until INTEGER,
    paused_why TEXT,
    created_at INTEGER NOT NULL
);

CREATE INDEX relays_by_actor ON relays (actor) WHERE actor IS NOT NULL;

CREATE TABLE reply_collections (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    uri TEXT NOT NULL                           -- where the post's server lists its answers
);

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

CREATE INDEX reports_by_account ON reports (account_id, id);

CREATE INDEX reports_by_assigned ON reports (assigned_id) WHERE assigned_id IS NOT NULL;

CREATE INDEX reports_by_closer ON reports (action_taken_by_id) WHERE action_taken_by_id IS NOT NULL;

CREATE INDEX reports_by_target ON reports (target_id, id);

CREATE INDEX reports_open ON reports (id) WHERE action_taken_at IS NULL;

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

CREATE TABLE search_waiting (
    kind TEXT NOT NULL CHECK (kind IN ('status', 'account')),
    id INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account_id);

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

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

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE status_cards (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    card_id INTEGER NOT NULL REFERENCES cards ON DELETE CASCADE
);

CREATE INDEX status_cards_by_card ON status_cards (card_id, status_id);

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

CREATE TABLE status_formats (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    content_type TEXT NOT NULL                  -- text/markdown
);

CREATE TABLE status_reviews (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    trendable INTEGER NOT NULL,
    reviewed_at INTEGER NOT NULL
);

CREATE VIRTUAL TABLE status_search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "porter ascii tokenchars '_'"
);

CREATE TABLE 'status_search_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'status_search_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'status_search_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'status_search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE status_tags (
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    PRIMARY KEY (tag_id, status_id)
) WITHOUT ROWID;

CREATE INDEX status_tags_by_status ON status_tags (status_id, tag_id);

CREATE TRIGGER status_search_forget AFTER DELETE ON statuses BEGIN
    DELETE FROM status_search WHERE rowid = old.id;
END;

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
, local_only INTEGER NOT NULL DEFAULT 0);

CREATE INDEX statuses_by_account ON statuses (account_id, id);

CREATE INDEX statuses_by_application ON statuses (application_id) WHERE application_id IS NOT NULL;

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

CREATE TABLE suspensions (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    origin TEXT NOT NULL CHECK (origin IN ('local', 'remote')),  -- whose moderators decided
    suspended_at INTEGER NOT NULL,
    erase_at INTEGER                            -- local people: when all that is theirs goes for good
);

CREATE INDEX suspensions_due ON suspensions (erase_at) WHERE erase_at IS NOT NULL;

CREATE TABLE tag_follows (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    UNIQUE (tag_id, account_id)
);

CREATE INDEX tag_follows_by_account ON tag_follows (account_id, id);

CREATE TABLE tag_reviews (
    tag_id INTEGER PRIMARY KEY REFERENCES tags ON DELETE CASCADE,
    trendable INTEGER,
    usable INTEGER NOT NULL DEFAULT 1,
    listable INTEGER NOT NULL DEFAULT 1,
    reviewed_at INTEGER
);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,                  -- normalised
    display_name TEXT NOT NULL
);

CREATE TABLE terms_of_service (
    effective_on TEXT PRIMARY KEY,              -- 2026-12-01
    text TEXT NOT NULL,                         -- as it was typed
    published_at INTEGER NOT NULL
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

CREATE INDEX tokens_by_app ON tokens (app_id);

CREATE TABLE tombstones (
    uri TEXT PRIMARY KEY,
    actor_uri TEXT NOT NULL,
    deleted_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX tombstones_by_age ON tombstones (deleted_at);

CREATE TABLE translations (
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    lang TEXT NOT NULL,                         -- into which it was translated
    provider TEXT NOT NULL,
    fingerprint BLOB NOT NULL,                  -- of what was translated: an edit makes it stale
    answer TEXT NOT NULL,                       -- JSON
    created_at INTEGER NOT NULL,
    PRIMARY KEY (status_id, lang, provider)
) WITHOUT ROWID;

CREATE INDEX translations_by_time ON translations (created_at);

CREATE TABLE trends (
    kind TEXT NOT NULL CHECK (kind IN ('tag', 'status', 'link')),
    id INTEGER NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE INDEX trends_by_score ON trends (kind, score DESC, id);

CREATE TABLE undone (
    activity_uri TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    undone_at INTEGER NOT NULL, met_at INTEGER,
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

CREATE TABLE user_ips (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    ip TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, ip)
) WITHOUT ROWID;

CREATE INDEX user_ips_by_ip ON user_ips (ip);

CREATE TRIGGER featured_tags_leave_with_their_user AFTER DELETE ON users BEGIN
    DELETE FROM featured_tags WHERE account_id = old.account_id;
END;

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

CREATE TABLE visits (
    day INTEGER NOT NULL,                       -- midnight UTC
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (day, account_id)
) WITHOUT ROWID;

CREATE INDEX visits_by_account ON visits (account_id);

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

CREATE INDEX warnings_by_moderator ON warnings (account_id) WHERE account_id IS NOT NULL;

CREATE INDEX warnings_by_report ON warnings (report_id) WHERE report_id IS NOT NULL;

CREATE INDEX warnings_by_target ON warnings (target_id, id);

CREATE TABLE word_lists (
    name TEXT PRIMARY KEY,
    entries TEXT NOT NULL,                      -- JSON list
    url TEXT,                                   -- from where it is fetched again every day
    fetched_at INTEGER,
    problem TEXT                                -- why the last fetch failed
) WITHOUT ROWID;
