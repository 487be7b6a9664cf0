-- Collection plans (art. 10, 17, 18). The constraints repeat the state machine's invariants.

CREATE TABLE collection_plans (
    id uuid PRIMARY KEY,
    unit_id text NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    items jsonb NOT NULL CHECK (jsonb_array_length(items) BETWEEN 1 AND 100),
    written_by text[] NOT NULL CHECK (cardinality(written_by) > 0),
    state text NOT NULL CHECK (state IN
        ('DRAFT', 'AWAITING_SURVEY_APPROVAL', 'RETURNED', 'FILED', 'WITHDRAWN')),
    -- Submission: all or nothing.
    submitted_at timestamptz,
    submitted_by text,
    findings jsonb,
    policy_pack text,
    policy_pack_version bigint,
    survey_approved_at timestamptz,
    state_reason text CHECK (state_reason <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    CHECK (num_nulls(submitted_at, submitted_by, findings, policy_pack, policy_pack_version) IN (0, 5)),
    CHECK (state <> 'DRAFT' OR submitted_at IS NULL),
    CHECK (state NOT IN ('AWAITING_SURVEY_APPROVAL', 'RETURNED', 'FILED') OR submitted_at IS NOT NULL),
    CHECK (submitted_by <> ALL (written_by)),
    CHECK (survey_approved_at IS NULL OR state = 'FILED'),
    CHECK ((state IN ('RETURNED', 'WITHDRAWN')) = (state_reason IS NOT NULL))
);
CREATE INDEX collection_plans_unit ON collection_plans (unit_id, id);

GRANT SELECT, INSERT, UPDATE ON collection_plans TO govshare_catalog;
