-- When the undone activity itself arrived; NULL: not yet.
ALTER TABLE undone ADD COLUMN met_at INTEGER;

-- Actors whose server did not find them when asked. Spec: rule P7
CREATE TABLE absences (
    account_id INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    gone INTEGER NOT NULL,                      -- 410 or a Tombstone: frozen; else 404
    hits INTEGER NOT NULL,                      -- how often in a row
    first_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL                    -- when to ask again
);

CREATE INDEX absences_by_next ON absences (next_at);

-- People elsewhere feature tags, too.
CREATE TABLE featured_tags_of_all (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
    UNIQUE (account_id, tag_id)
);

INSERT INTO featured_tags_of_all SELECT id, account_id, tag_id FROM featured_tags;

DROP TABLE featured_tags;

ALTER TABLE featured_tags_of_all RENAME TO featured_tags;

CREATE INDEX featured_tags_by_tag ON featured_tags (tag_id);

CREATE TRIGGER featured_tags_leave_with_their_user AFTER DELETE ON users BEGIN
    DELETE FROM featured_tags WHERE account_id = old.account_id;
END;
