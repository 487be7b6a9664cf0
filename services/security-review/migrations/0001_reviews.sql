-- Secrecy reviews of entry versions (art. 16). The constraints repeat the state machine's invariants.

CREATE TABLE reviews (
    -- UUIDv5 of entry and version: one review per version.
    id uuid PRIMARY KEY,
    entry_id uuid NOT NULL,
    entry_version int NOT NULL CHECK (entry_version > 0),
    provider text NOT NULL,
    title text NOT NULL,
    content_digest text NOT NULL CHECK (content_digest ~ '^[0-9a-f]{64}$'),
    drafted_by text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'PASSED', 'REJECTED')),
    reasons text NOT NULL,
    decided_by text,
    decided_at timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    UNIQUE (entry_id, entry_version),
    CHECK (num_nulls(decided_by, decided_at) = CASE state WHEN 'OPEN' THEN 2 ELSE 0 END),
    CHECK ((state = 'REJECTED') = (reasons <> '')),
    CHECK (decided_by <> drafted_by),
    CHECK (version = CASE state WHEN 'OPEN' THEN 1 ELSE 2 END)
);

CREATE INDEX reviews_provider ON reviews (provider, id);
-- A reviewer's work list.
CREATE INDEX reviews_open ON reviews (provider, id) WHERE state = 'OPEN';

GRANT SELECT, INSERT, UPDATE (state, reasons, decided_by, decided_at, version) ON reviews
    TO govshare_security_review;
