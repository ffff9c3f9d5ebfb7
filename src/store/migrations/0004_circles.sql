-- 0004: how each reader arranges what they read, and whom.

-- Words and posts that a reader would rather not see, or only after a warning.
CREATE TABLE filters (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    contexts TEXT NOT NULL,                     -- JSON list of home, notifications, public, thread, account
    action TEXT NOT NULL CHECK (action IN ('warn', 'hide', 'blur')),
    expires_at INTEGER
);
CREATE INDEX filters_by_account ON filters (account_id, id);
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

-- Followed people sorted into timelines of their own.
CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    replies_policy TEXT NOT NULL CHECK (replies_policy IN ('followed', 'list', 'none')),
    exclusive INTEGER NOT NULL                  -- whether members are kept out of the home timeline
);
CREATE INDEX lists_by_account ON lists (account_id, id);
CREATE TABLE list_members (
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    PRIMARY KEY (list_id, account_id)
) WITHOUT ROWID;
CREATE INDEX list_members_by_account ON list_members (account_id, list_id);
-- Each list's timeline, newest 800 kept.
CREATE TABLE list_timeline (
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    author_id INTEGER NOT NULL,                 -- of the entry: for a boost, who boosted
    PRIMARY KEY (list_id, status_id)
) WITHOUT ROWID;
CREATE INDEX list_timeline_by_status ON list_timeline (status_id);
CREATE INDEX list_timeline_by_author ON list_timeline (list_id, author_id);

-- Hashtags whose public posts enter somebody's home.
CREATE TABLE tag_follows (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    UNIQUE (tag_id, account_id)
);
CREATE INDEX tag_follows_by_account ON tag_follows (account_id, id);

-- Hashtags that somebody shows on their profile.
CREATE TABLE featured_tags (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    UNIQUE (account_id, tag_id)
);
CREATE INDEX featured_tags_by_tag ON featured_tags (tag_id);

-- What people keep about each other.
CREATE TABLE account_notes (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    comment TEXT NOT NULL,
    PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;
CREATE INDEX account_notes_by_target ON account_notes (target_id);
CREATE TABLE endorsements (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    UNIQUE (account_id, target_id)
);
CREATE INDEX endorsements_by_account ON endorsements (account_id, id);
CREATE INDEX endorsements_by_target ON endorsements (target_id);
CREATE TABLE user_domain_blocks (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    domain TEXT NOT NULL,                       -- lower case, punycode
    UNIQUE (account_id, domain)
);
CREATE INDEX user_domain_blocks_by_account ON user_domain_blocks (account_id, id);
CREATE TABLE suggestion_dismissals (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;
CREATE INDEX suggestion_dismissals_by_target ON suggestion_dismissals (target_id);
CREATE INDEX accounts_directory ON accounts (last_status_at) WHERE discoverable = 1;

-- Direct posts of one thread between the same people, as each local one of them keeps it.
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
CREATE TABLE conversation_statuses (
    conversation_id INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    PRIMARY KEY (conversation_id, status_id)
) WITHOUT ROWID;
CREATE INDEX conversation_statuses_by_status ON conversation_statuses (status_id);
-- However a post goes (it may go with its author), its conversations fall back to what is left of them.
CREATE TRIGGER conversation_lost_a_status AFTER DELETE ON conversation_statuses BEGIN
    UPDATE conversations SET last_status_id =
        (SELECT max(status_id) FROM conversation_statuses WHERE conversation_id = old.conversation_id)
        WHERE id = old.conversation_id;
    DELETE FROM conversations WHERE id = old.conversation_id AND last_status_id IS NULL;
END;
