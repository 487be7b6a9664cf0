-- The log. Rows are added and never changed; what else an event says stands in its leaf only.

CREATE TABLE events (
    -- 0, 1, 2 ... without gaps, in the order of the commits: the leaf index of a Merkle tree over the log.
    position bigint PRIMARY KEY CHECK (position >= 0),
    -- The bytes as received.
    leaf bytea NOT NULL CHECK (octet_length(leaf) BETWEEN 1 AND 65535),
    aggregate text NOT NULL CHECK (aggregate <> ''),
    aggregate_version bigint NOT NULL CHECK (aggregate_version > 0),
    case_id text CHECK (case_id <> ''),
    received_at timestamptz NOT NULL DEFAULT now(),
    -- In this order a record's versions are read backwards to the last one, and forwards as its history.
    UNIQUE (aggregate, aggregate_version)
);
CREATE INDEX events_case ON events (case_id, position) WHERE case_id IS NOT NULL;

-- Which units an event names as concerned; its key is the order in which a unit reads what it may see. Without a
-- foreign key: one statement writes both tables, and the check's row lock for each line makes that four times slower.
CREATE TABLE event_concerns (
    unit text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (unit, position)
);

-- What the salted digests of a leaf stand for. The log stays whole when rows are erased here.
CREATE TABLE disclosures (
    position bigint PRIMARY KEY,
    disclosure bytea NOT NULL
);

-- The number of events. Whoever appends holds this row until the commit, so positions appear in their order.
CREATE TABLE log_head (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    size bigint NOT NULL CHECK (size >= 0)
);
INSERT INTO log_head (size) VALUES (0);

GRANT SELECT, INSERT ON events, event_concerns TO govshare_audit;
GRANT INSERT ON disclosures TO govshare_audit;
GRANT SELECT, UPDATE (size) ON log_head TO govshare_audit;
