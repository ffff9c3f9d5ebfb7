-- What happened to activities, for whoever asks why something did not arrive; and relays.

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
CREATE INDEX events_by_object ON events (object) WHERE object IS NOT NULL;
CREATE INDEX events_by_actor ON events (actor) WHERE actor IS NOT NULL;
CREATE INDEX events_by_peer ON events (peer, id);

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

CREATE INDEX activities_by_uri ON activities (uri);
