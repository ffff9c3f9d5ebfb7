-- The grounds of the house: custom emoji, announcements, who may come in, and how many were here.

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

-- Of a custom emoji; `name` is then its shortcode, with `@domain` when it is not ours.
ALTER TABLE reactions ADD COLUMN emoji_id INTEGER REFERENCES custom_emojis ON DELETE CASCADE;
CREATE INDEX reactions_by_emoji ON reactions (emoji_id) WHERE emoji_id IS NOT NULL;

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

CREATE TABLE domain_allows (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
);

CREATE TABLE email_domain_blocks (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL UNIQUE,                -- of addresses; its subdomains too
    allow_with_approval INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

-- Who was turned away: by day, so that an operator sees whether a block is of use.
CREATE TABLE email_domain_block_uses (
    block_id INTEGER NOT NULL REFERENCES email_domain_blocks ON DELETE CASCADE,
    day INTEGER NOT NULL,                       -- midnight UTC
    ip TEXT NOT NULL,
    uses INTEGER NOT NULL,
    PRIMARY KEY (block_id, day, ip)
) WITHOUT ROWID;

CREATE TABLE ip_blocks (
    id INTEGER PRIMARY KEY,
    ip TEXT NOT NULL UNIQUE,                    -- CIDR
    severity TEXT NOT NULL CHECK (severity IN ('sign_up_requires_approval', 'sign_up_block', 'no_access')),
    comment TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
);

CREATE TABLE canonical_email_blocks (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE                   -- SHA-256 of the canonical address, hex
);

-- Who of ours was here on which day.
CREATE TABLE visits (
    day INTEGER NOT NULL,                       -- midnight UTC
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (day, account_id)
) WITHOUT ROWID;
CREATE INDEX visits_by_account ON visits (account_id);

CREATE TABLE terms_of_service (
    effective_on TEXT PRIMARY KEY,              -- 2026-12-01
    text TEXT NOT NULL,                         -- as it was typed
    published_at INTEGER NOT NULL
) WITHOUT ROWID;
