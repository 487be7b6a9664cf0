-- The classification tree and the codes of resources (art. 15); since when an entry is suspended or retired.

CREATE TABLE classification_nodes (
    code text PRIMARY KEY CHECK (code ~ '^([0-9]|[0-9]{3}|[0-9]{6,18})$'),
    parent text REFERENCES classification_nodes,
    name text NOT NULL CHECK (name <> ''),
    state text NOT NULL CHECK (state IN ('IN_USE', 'RETIRED')),
    -- Number of the resource that was coded last below the node.
    last_sequence bigint NOT NULL CHECK (last_sequence >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    CHECK ((parent IS NULL) = (length(code) = 1)),
    CHECK (parent IS NULL OR parent = left(code, CASE length(code) WHEN 3 THEN 1 WHEN 6 THEN 3 ELSE 6 END)),
    CHECK (last_sequence = 0 OR length(code) >= 6)
);
CREATE INDEX classification_nodes_parent ON classification_nodes (parent) WHERE parent IS NOT NULL;

ALTER TABLE entries
    ADD COLUMN resource_code text UNIQUE CHECK (resource_code ~ '^[0-9]{6,18}/[0-9]{6,}$'),
    ADD COLUMN state_since timestamptz;
-- What users are warned of, latest first. What was suspended or retired before tells its last change.
CREATE INDEX entries_warnings ON entries (COALESCE(state_since, updated_at), id)
    WHERE state IN ('SUSPENDED', 'RETIRED') AND published IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON classification_nodes TO govshare_catalog;
