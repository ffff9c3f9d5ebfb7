-- What only films and sounds have: {"duration","frame_rate","bitrate","colors"}; NULL for pictures.
ALTER TABLE media ADD COLUMN details TEXT;

-- Uploads that are still to be made into something that everybody can play.
CREATE TABLE media_work (
    media_id INTEGER PRIMARY KEY REFERENCES media ON DELETE CASCADE,
    source TEXT NOT NULL,                       -- name in the folder of waiting uploads
    attempts INTEGER NOT NULL DEFAULT 0,        -- begun so often; a file that kills us is not begun for ever
    failed TEXT                                 -- why nothing can be made of it; NULL: still to do
);

-- Background work that a client may ask after: the newest of each account.
CREATE TABLE async_refreshes (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    result_count INTEGER                        -- NULL: still running
);
