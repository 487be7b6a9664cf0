-- Data versions, tickets and deliveries (art. 5, 25, 26). The constraints repeat the invariants of the domain.

-- The last version number of each entry; its row lock makes the numbers 1, 2, 3 ... without gaps.
CREATE TABLE version_numbers (
    entry_id uuid PRIMARY KEY,
    last_version int NOT NULL CHECK (last_version > 0)
);

-- The id is also the key of the object that holds the bytes.
CREATE TABLE data_versions (
    id uuid PRIMARY KEY,
    entry_id uuid NOT NULL,
    provider text NOT NULL,
    version int NOT NULL CHECK (version > 0),
    file_name text NOT NULL CHECK (char_length(file_name) BETWEEN 1 AND 255 AND file_name !~ '[/\\]'),
    media_type text NOT NULL CHECK (char_length(media_type) BETWEEN 3 AND 100),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    published_at timestamptz NOT NULL,
    UNIQUE (entry_id, version)
);

CREATE TABLE tickets (
    -- SHA-256 of the ticket, which itself is never stored.
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    agreement_id uuid NOT NULL,
    case_id uuid NOT NULL,
    data_version_id uuid NOT NULL REFERENCES data_versions,
    applicant text NOT NULL,
    provider text NOT NULL,
    -- Who was given it; goes with the row.
    holder text NOT NULL,
    issued_at timestamptz NOT NULL,
    expire_at timestamptz NOT NULL,
    redeemed_at timestamptz,
    CHECK (applicant <> provider),
    CHECK (expire_at > issued_at AND expire_at <= issued_at + interval '5 minutes'),
    CHECK (redeemed_at < expire_at)
);

CREATE INDEX tickets_expire ON tickets (expire_at);

CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    data_version_id uuid NOT NULL REFERENCES data_versions,
    applicant text NOT NULL,
    provider text NOT NULL,
    size_bytes bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('STARTED', 'COMPLETED', 'BROKEN')),
    sent_bytes bigint NOT NULL CHECK (sent_bytes BETWEEN 0 AND size_bytes),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Last sign of life of the replica that delivers, real time.
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    version bigint NOT NULL,
    CHECK (applicant <> provider),
    CHECK ((state = 'STARTED') = (ended_at IS NULL)),
    CHECK (state = 'STARTED' OR (state = 'COMPLETED') = (sent_bytes = size_bytes))
);

CREATE INDEX deliveries_applicant ON deliveries (applicant, id);
CREATE INDEX deliveries_provider ON deliveries (provider, id);
CREATE INDEX deliveries_case ON deliveries (case_id, id);
-- What the sweeper looks at; ended deliveries leave it.
CREATE INDEX deliveries_running ON deliveries (seen_at) WHERE state = 'STARTED';

GRANT SELECT, INSERT, UPDATE (last_version) ON version_numbers TO govshare_exchange;
GRANT SELECT, INSERT ON data_versions TO govshare_exchange;
GRANT SELECT, INSERT, UPDATE (redeemed_at), DELETE ON tickets TO govshare_exchange;
GRANT SELECT, INSERT, UPDATE (state, sent_bytes, ended_at, seen_at, version) ON deliveries TO govshare_exchange;
