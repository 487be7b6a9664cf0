-- Units, their signing keys, shared databases and catalogue entries (art. 2, 5, 12 to 16, 24). The constraints
-- repeat the invariants of the domain.

CREATE TABLE units (
    id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9-]{1,62}$'),
    display_name text NOT NULL CHECK (display_name <> ''),
    kind text CHECK (kind IN ('ADMINISTRATIVE_ORGAN', 'VERTICAL_ORGAN', 'DISPATCHED_ORGAN',
        'AUTHORIZED_ORGANIZATION', 'ENTRUSTED_ORGANIZATION')),
    aliases text[] NOT NULL,
    section text NOT NULL,
    contacts jsonb NOT NULL,
    credit_code text UNIQUE CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    -- The transaction that last changed the name, under which entries of the unit are searched.
    renamed_xid xid8,
    -- Without a credit code the unit is provisional, and only then may its kind be open.
    CHECK (kind IS NOT NULL OR credit_code IS NULL)
);
CREATE INDEX units_renamed ON units (renamed_xid) WHERE renamed_xid IS NOT NULL;

-- Names and aliases: each is of one unit only.
CREATE TABLE unit_names (
    name text PRIMARY KEY CHECK (name = btrim(name) AND name <> ''),
    unit_id text NOT NULL REFERENCES units
);
CREATE INDEX unit_names_unit ON unit_names (unit_id);

CREATE TABLE unit_keys (
    id text PRIMARY KEY CHECK (id = encode(sha256(public_key), 'hex')),
    unit_id text NOT NULL REFERENCES units,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    state text NOT NULL CHECK (state IN ('PENDING', 'ACTIVE', 'SUPERSEDED', 'REVOKED')),
    registered_at timestamptz NOT NULL,
    countersign_key_id text REFERENCES unit_keys,
    countersignature bytea CHECK (length(countersignature) = CASE WHEN countersign_key_id = id THEN 0 ELSE 64 END),
    countersigned_at timestamptz,
    ended_at timestamptz,
    revoke_reason text,
    version bigint NOT NULL CHECK (version > 0),
    CHECK (num_nulls(countersign_key_id, countersignature, countersigned_at) IN (0, 3)),
    CHECK (state <> 'PENDING' OR countersigned_at IS NULL),
    CHECK (state NOT IN ('ACTIVE', 'SUPERSEDED') OR countersigned_at IS NOT NULL),
    CHECK ((state IN ('SUPERSEDED', 'REVOKED')) = (ended_at IS NOT NULL)),
    CHECK ((state = 'REVOKED') = (revoke_reason IS NOT NULL))
);
CREATE UNIQUE INDEX unit_keys_active ON unit_keys (unit_id) WHERE state = 'ACTIVE';
CREATE INDEX unit_keys_unit ON unit_keys (unit_id, registered_at, id);

CREATE TABLE shared_databases (
    id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9-]{1,62}$'),
    display_name text NOT NULL CHECK (display_name <> ''),
    kind text NOT NULL CHECK (kind IN ('BASE', 'THEMATIC', 'COLLABORATIVE')),
    basis text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

CREATE TABLE shared_database_leads (
    shared_database_id text NOT NULL REFERENCES shared_databases,
    unit_id text NOT NULL REFERENCES units,
    start_date date NOT NULL,
    end_date date CHECK (end_date >= start_date),
    PRIMARY KEY (shared_database_id, unit_id, start_date)
);

CREATE TABLE entries (
    id uuid PRIMARY KEY,
    provider text NOT NULL REFERENCES units,
    -- What a row of the provider's catalogue is known by; NULL for entries drafted singly.
    source_key text CHECK (octet_length(source_key) BETWEEN 1 AND 512),
    state text NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHED', 'SUSPENDED', 'RETIRED')),
    state_reason text,
    latest int NOT NULL,
    latest_state text NOT NULL,
    -- The published version; it stays when the entry is suspended or retired.
    published int CHECK (published <= latest),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    -- The transaction that last changed what search can find of the entry; see entries/follower.rs.
    change_xid xid8,
    UNIQUE (provider, source_key),
    CHECK ((state IN ('SUSPENDED', 'RETIRED')) = (state_reason IS NOT NULL)),
    CHECK (state <> 'DRAFT' OR published IS NULL),
    CHECK (state NOT IN ('PUBLISHED', 'SUSPENDED') OR published IS NOT NULL),
    CHECK ((published IS NULL) = (change_xid IS NULL))
);
CREATE INDEX entries_provider ON entries (provider, id);
CREATE INDEX entries_latest_state ON entries (latest_state, id);
CREATE INDEX entries_published ON entries (id) WHERE published IS NOT NULL;
CREATE INDEX entries_change ON entries (change_xid, id) WHERE change_xid IS NOT NULL;

CREATE TABLE entry_versions (
    entry_id uuid NOT NULL REFERENCES entries,
    number int NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN
        ('DRAFT', 'IN_REVIEW', 'REJECTED', 'REGISTERED', 'PUBLISHED', 'SUPERSEDED')),
    title text NOT NULL,
    sharing_type text CHECK (sharing_type IN ('UNCONDITIONAL', 'CONDITIONAL', 'WITHHELD')),
    -- The encoded EntryContent and what the reviewer passes.
    content bytea NOT NULL,
    content_digest bytea NOT NULL CHECK (length(content_digest) = 32),
    drafted_by text NOT NULL,
    created_at timestamptz NOT NULL,
    review_id uuid,
    published_at timestamptz,
    PRIMARY KEY (entry_id, number),
    CHECK (state IN ('DRAFT', 'SUPERSEDED') OR review_id IS NOT NULL),
    CHECK (state <> 'DRAFT' OR review_id IS NULL),
    CHECK (state IN ('PUBLISHED', 'SUPERSEDED') OR published_at IS NULL),
    CHECK (state <> 'PUBLISHED' OR (published_at IS NOT NULL AND sharing_type IS NOT NULL)),
    CHECK (published_at IS NULL OR review_id IS NOT NULL)
);
CREATE UNIQUE INDEX entry_versions_published ON entry_versions (entry_id) WHERE state = 'PUBLISHED';

GRANT SELECT, INSERT, UPDATE ON units, unit_keys, shared_databases, entries TO govshare_catalog;
GRANT SELECT, INSERT, DELETE ON unit_names, shared_database_leads TO govshare_catalog;
-- Content never changes: a new content is a new version.
GRANT SELECT, INSERT, UPDATE (state, review_id, published_at) ON entry_versions TO govshare_catalog;
