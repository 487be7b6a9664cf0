-- Defects of data versions that their provider told, and who acknowledged them (art. 22). Neither ever changes.
CREATE TABLE defects (
    id uuid PRIMARY KEY,
    data_version_id uuid NOT NULL REFERENCES data_versions,
    description text NOT NULL CHECK (char_length(description) BETWEEN 1 AND 2000),
    told_by text NOT NULL,
    told_at timestamptz NOT NULL
);

CREATE INDEX defects_of_version ON defects (data_version_id, id);

CREATE TABLE defect_acknowledgements (
    defect_id uuid NOT NULL REFERENCES defects,
    unit text NOT NULL,
    acknowledged_by text NOT NULL,
    acknowledged_at timestamptz NOT NULL,
    PRIMARY KEY (defect_id, unit)
);

GRANT SELECT, INSERT ON defects, defect_acknowledgements TO govshare_exchange;
