-- Written explanations of what cannot be listed (art. 16(2)). The constraints repeat the state machine's invariants.

CREATE TABLE explanations (
    id uuid PRIMARY KEY,
    unit_id text NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    reasons text NOT NULL CHECK (reasons <> ''),
    basis text NOT NULL,
    written_by text[] NOT NULL CHECK (cardinality(written_by) > 0),
    state text NOT NULL CHECK (state IN ('DRAFT', 'FILED', 'WITHDRAWN')),
    filed_at timestamptz,
    withdrawn_at timestamptz,
    withdraw_reason text CHECK (withdraw_reason <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    CHECK (state <> 'DRAFT' OR filed_at IS NULL),
    CHECK (state <> 'FILED' OR filed_at IS NOT NULL),
    CHECK ((state = 'WITHDRAWN') = (withdrawn_at IS NOT NULL)),
    CHECK ((withdrawn_at IS NULL) = (withdraw_reason IS NULL))
);
CREATE INDEX explanations_unit ON explanations (unit_id, id);

GRANT SELECT, INSERT, UPDATE ON explanations TO govshare_catalog;
