-- Access requests (art. 26). The constraints repeat the state machine's invariants.

CREATE SEQUENCE case_numbers;

CREATE TABLE access_requests (
    id uuid PRIMARY KEY,
    case_number text NOT NULL UNIQUE,
    applicant text NOT NULL,
    provider text NOT NULL,
    entry_id uuid NOT NULL,
    entry_title text NOT NULL,
    purpose text NOT NULL,
    basis text NOT NULL,
    items text[] NOT NULL,
    delivery text NOT NULL,
    use_until date,
    state text NOT NULL CHECK (state IN
        ('DRAFT', 'SUBMITTED', 'ANSWER_PROPOSED', 'CONSENTED', 'REFUSED', 'WITHDRAWN', 'AGREED')),
    drafted_by text NOT NULL,
    -- Receipt: all or nothing, never before submission.
    entry_version int,
    received_at timestamptz,
    answer_due date,
    answer_due_provisional boolean,
    policy_pack text,
    policy_pack_version int,
    -- Proposal and answer.
    answer_kind text CHECK (answer_kind IN ('CONSENT', 'REFUSAL')),
    answer_reasons text,
    proposed_by text,
    proposed_at timestamptz,
    answered_by text,
    answered_at timestamptz,
    overdue_at timestamptz,
    withdrawn_at timestamptz,
    agreement_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CHECK (applicant <> provider OR state = 'DRAFT'),
    CHECK ((state = 'DRAFT') = (received_at IS NULL)),
    CHECK (num_nulls(entry_version, received_at, answer_due, answer_due_provisional, policy_pack,
                     policy_pack_version) IN (0, 6)),
    CHECK (num_nulls(answer_kind, answer_reasons, proposed_by, proposed_at) IN (0, 4)),
    CHECK (state NOT IN ('ANSWER_PROPOSED', 'CONSENTED', 'REFUSED', 'AGREED') OR proposed_at IS NOT NULL),
    CHECK ((state IN ('CONSENTED', 'REFUSED', 'AGREED')) = (answered_at IS NOT NULL)),
    CHECK (answered_by <> proposed_by),
    CHECK (state <> 'REFUSED' OR answer_reasons <> ''),
    CHECK ((state = 'AGREED') = (agreement_id IS NOT NULL)),
    CHECK ((state = 'WITHDRAWN') = (withdrawn_at IS NOT NULL))
);

CREATE INDEX access_requests_applicant ON access_requests (applicant, id);
CREATE INDEX access_requests_provider ON access_requests (provider, id);
-- What the sweeper looks at: open, not yet marked. Closed cases leave it.
CREATE INDEX access_requests_open ON access_requests (answer_due)
    WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED') AND overdue_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON access_requests TO govshare_access_request;
GRANT USAGE ON SEQUENCE case_numbers TO govshare_access_request;
