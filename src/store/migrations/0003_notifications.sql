-- 0003: notifications in groups and behind a policy; Web Push.

-- 'favourite-<status>-<hour>', 'follow-<hour>' and the like; NULL: stands alone, and its key is 'ungrouped-<id>'.
ALTER TABLE notifications ADD COLUMN group_key TEXT;
-- Whether the policy put it aside: hidden until its sender is accepted.
ALTER TABLE notifications ADD COLUMN filtered INTEGER NOT NULL DEFAULT 0;
CREATE INDEX notifications_by_group ON notifications (account_id, group_key, id) WHERE group_key IS NOT NULL;
CREATE INDEX notifications_filtered ON notifications (account_id, from_account_id) WHERE filtered;

-- Whose notifications somebody accepts, filters or drops. No row: the defaults.
CREATE TABLE notification_policies (
    account_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    for_not_following TEXT NOT NULL DEFAULT 'accept',
    for_not_followers TEXT NOT NULL DEFAULT 'accept',
    for_new_accounts TEXT NOT NULL DEFAULT 'accept',
    for_private_mentions TEXT NOT NULL DEFAULT 'filter',
    for_limited_accounts TEXT NOT NULL DEFAULT 'filter',
    for_bots TEXT NOT NULL DEFAULT 'accept'
);

-- Senders whose request was accepted: the policy never holds for them again.
CREATE TABLE notification_permissions (
    account_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    from_account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, from_account_id)
) WITHOUT ROWID;
CREATE INDEX notification_permissions_by_sender ON notification_permissions (from_account_id);

-- Senders of filtered mentions who wait to be accepted or dismissed.
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

-- Where apps want to be woken; one for each token.
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

-- Pushes to send; written with the notification, removed once the push service took it.
CREATE TABLE pushes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER NOT NULL REFERENCES push_subscriptions ON DELETE CASCADE,
    notification_id INTEGER NOT NULL REFERENCES notifications ON DELETE CASCADE,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);
CREATE INDEX pushes_due ON pushes (not_before, id);
CREATE INDEX pushes_by_subscription ON pushes (subscription_id);
CREATE INDEX pushes_by_notification ON pushes (notification_id);
