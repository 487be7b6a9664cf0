-- The register of collected information and its archiving marks (art. 11, 20).

CREATE TABLE archive_records (
    id uuid PRIMARY KEY,
    unit_id text NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    period_start date NOT NULL,
    period_end date NOT NULL CHECK (period_end >= period_start),
    system text NOT NULL CHECK (system <> ''),
    entry_id uuid REFERENCES entries,
    archive_due date NOT NULL CHECK (archive_due >= period_end),
    state text NOT NULL CHECK (state IN ('TO_ARCHIVE', 'ARCHIVED', 'OBJECTED', 'CONFIRMED')),
    archive_number text CHECK (archive_number <> ''),
    archive_day date,
    objection text CHECK (objection <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    CHECK ((archive_number IS NULL) = (archive_day IS NULL)),
    CHECK (state <> 'TO_ARCHIVE' OR archive_day IS NULL),
    CHECK (state NOT IN ('ARCHIVED', 'CONFIRMED') OR archive_day IS NOT NULL),
    CHECK ((state = 'OBJECTED') = (objection IS NOT NULL))
);
CREATE INDEX archive_records_unit ON archive_records (unit_id, id);
-- What the archives bureau looks for: what is late or waits for it.
CREATE INDEX archive_records_open ON archive_records (archive_due) WHERE state <> 'CONFIRMED';

GRANT SELECT, INSERT, UPDATE ON archive_records TO govshare_catalog;
