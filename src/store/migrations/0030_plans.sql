-- What a fan-out policy made of an activity for some servers: whole bodies, which deliveries.variant names.
CREATE TABLE activity_variants (
    activity_id INTEGER NOT NULL REFERENCES activities ON DELETE CASCADE,
    number INTEGER NOT NULL,                    -- from 1
    payload TEXT NOT NULL,
    PRIMARY KEY (activity_id, number)
) WITHOUT ROWID;
