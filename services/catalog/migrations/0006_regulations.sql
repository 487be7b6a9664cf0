-- Technical schemes, management measures, implementing rules and procedures (art. 8, 12, 17, 35).

CREATE TABLE regulations (
    id uuid PRIMARY KEY,
    unit_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN
        ('TECHNICAL_SCHEME', 'MANAGEMENT_MEASURES', 'IMPLEMENTING_RULES', 'PROCEDURE')),
    shared_database_id text REFERENCES shared_databases,
    -- Number of the edition in force.
    in_force int CHECK (in_force > 0),
    -- The pending edition: all or nothing.
    pending_number int,
    pending_title text CHECK (pending_title <> ''),
    pending_text text CHECK (pending_text <> ''),
    written_by text[] CHECK (cardinality(written_by) > 0),
    stage text CHECK (stage IN ('DRAFT', 'SUBMITTED', 'RETURNED')),
    return_reasons text CHECK (return_reasons <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    CHECK ((kind IN ('TECHNICAL_SCHEME', 'MANAGEMENT_MEASURES')) = (shared_database_id IS NOT NULL)),
    CHECK (num_nulls(pending_number, pending_title, pending_text, written_by, stage) IN (0, 5)),
    CHECK (in_force IS NOT NULL OR stage IS NOT NULL),
    CHECK (pending_number = COALESCE(in_force, 0) + 1),
    CHECK ((return_reasons IS NOT NULL) = (stage IS NOT DISTINCT FROM 'RETURNED')),
    CHECK (kind <> 'PROCEDURE' OR stage IS NOT DISTINCT FROM 'DRAFT' OR stage IS NULL)
);
CREATE INDEX regulations_unit ON regulations (unit_id, id);
CREATE INDEX regulations_database ON regulations (shared_database_id, id) WHERE shared_database_id IS NOT NULL;

-- Editions as they came into force, which never change.
CREATE TABLE regulation_editions (
    regulation_id uuid NOT NULL REFERENCES regulations,
    number int NOT NULL CHECK (number > 0),
    title text NOT NULL,
    text text NOT NULL,
    in_force_at timestamptz NOT NULL,
    PRIMARY KEY (regulation_id, number)
);

GRANT SELECT, INSERT, UPDATE ON regulations TO govshare_catalog;
GRANT SELECT, INSERT ON regulation_editions TO govshare_catalog;
