-- What authors elsewhere allow others to do with a post, and what it takes to be allowed.
-- Spec: https://docs.gotosocial.org/en/latest/federation/interaction_controls/

-- Of posts of other servers that say it; without a row everybody may do everything.
CREATE TABLE interaction_policies (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    rules TEXT NOT NULL                         -- JSON: per deed the addresses of those who may at once, and after asking
);

-- Deeds of people here that the author of a post elsewhere has to agree to.
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

-- Authorizations that people here gave.
CREATE TABLE interaction_stamps (
    id INTEGER PRIMARY KEY,
    deed TEXT NOT NULL CHECK (deed IN ('like', 'reply', 'announce')),
    status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE,
    interaction_uri TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (status_id, interaction_uri)
);

-- The group in which a post was written (FEP-1b12), so that answers go there, too.
CREATE TABLE audiences (
    status_id INTEGER PRIMARY KEY REFERENCES statuses ON DELETE CASCADE,
    group_uri TEXT NOT NULL
);
