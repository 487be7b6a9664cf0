-- What follows activity: suspension, expiry, termination, replacement, and the user's duty after the end (art. 23);
-- terms by mode, frequency and what is given in turn (art. 21); documents that say what they are.

ALTER TABLE agreements
    ADD COLUMN policy_pack text NOT NULL DEFAULT 'xicheng-2014/1',
    -- What the pack says of the agreement's life, as it was when it was drafted.
    ADD COLUMN mending_term boolean NOT NULL DEFAULT false,
    ADD COLUMN termination_filed boolean NOT NULL DEFAULT true,
    ADD COLUMN disposals text[] NOT NULL DEFAULT '{DESTROYED,KEPT}'
        CHECK (disposals <@ '{DESTROYED,KEPT}'),
    ADD COLUMN delivery_mode text CHECK (delivery_mode IN ('INTERFACE', 'BATCH', 'FILE', 'AS_AGREED')),
    ADD COLUMN frequency text NOT NULL DEFAULT '',
    ADD COLUMN give_back jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(give_back) = 'array'),
    ADD COLUMN disposal_days int NOT NULL DEFAULT 30 CHECK (disposal_days BETWEEN 1 AND 365),
    ADD COLUMN replaces uuid REFERENCES agreements,
    ADD COLUMN replacement_kind text CHECK (replacement_kind IN ('AMENDMENT', 'RENEWAL')),
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN suspended_by text,
    ADD COLUMN suspension_grounds text,
    ADD COLUMN mend_until date,
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN terminated_by text,
    ADD COLUMN termination_grounds text,
    ADD COLUMN negotiation text,
    ADD COLUMN filing_required boolean,
    ADD COLUMN filed_at timestamptz,
    ADD COLUMN replaced_by uuid REFERENCES agreements,
    ADD COLUMN duty_due date,
    ADD COLUMN duty_overdue_at timestamptz,
    ADD COLUMN disposal text CHECK (disposal IN ('DESTROYED', 'KEPT')),
    ADD COLUMN disposal_statement text,
    ADD COLUMN attested_by text,
    ADD COLUMN attested_at timestamptz;

-- Those of 0001 that know three states only.
ALTER TABLE agreements
    DROP CONSTRAINT agreements_state_check,
    DROP CONSTRAINT agreements_check2,
    ADD CONSTRAINT agreements_state_check CHECK (state IN ('AWAITING_SIGNATURES', 'ACTIVE', 'SUSPENDED',
        'CANCELLED', 'EXPIRED', 'TERMINATED', 'REPLACED')),
    ADD CHECK ((state NOT IN ('AWAITING_SIGNATURES', 'CANCELLED')) = (activated_at IS NOT NULL)),
    ADD CHECK ((replaces IS NULL) = (replacement_kind IS NULL)),
    ADD CHECK (num_nulls(suspended_at, suspended_by, suspension_grounds)
        = CASE state WHEN 'SUSPENDED' THEN 0 ELSE 3 END),
    ADD CHECK (mend_until IS NULL OR state = 'SUSPENDED'),
    ADD CHECK ((state IN ('EXPIRED', 'TERMINATED', 'REPLACED')) = (ended_at IS NOT NULL)),
    ADD CHECK (num_nulls(terminated_by, termination_grounds, negotiation, filing_required)
        = CASE state WHEN 'TERMINATED' THEN 0 ELSE 4 END),
    ADD CHECK (filed_at IS NULL OR filing_required),
    ADD CHECK ((state = 'REPLACED') = (replaced_by IS NOT NULL)),
    ADD CHECK ((state IN ('EXPIRED', 'TERMINATED')) = (duty_due IS NOT NULL)),
    ADD CHECK (duty_overdue_at IS NULL OR duty_due IS NOT NULL),
    ADD CHECK (num_nulls(disposal, disposal_statement, attested_by, attested_at) IN (0, 4)),
    ADD CHECK (attested_at IS NULL OR duty_due IS NOT NULL),
    ADD CHECK (disposal = ANY (disposals));

-- A case has one first agreement that is not cancelled, one in force, and one that is to replace it.
DROP INDEX agreements_one_per_case;
CREATE UNIQUE INDEX agreements_one_per_case ON agreements (case_id)
    WHERE state <> 'CANCELLED' AND replaces IS NULL;
CREATE UNIQUE INDEX agreements_one_in_force ON agreements (case_id) WHERE state IN ('ACTIVE', 'SUSPENDED');
CREATE UNIQUE INDEX agreements_one_replacement ON agreements (case_id)
    WHERE state = 'AWAITING_SIGNATURES' AND replaces IS NOT NULL;
-- What the sweeper looks at.
CREATE INDEX agreements_in_force ON agreements (valid_until) WHERE state IN ('ACTIVE', 'SUSPENDED');
CREATE INDEX agreements_open_duties ON agreements (duty_due)
    WHERE attested_at IS NULL AND duty_overdue_at IS NULL AND duty_due IS NOT NULL;

-- What was rendered before was plain text.
ALTER TABLE documents ADD COLUMN media_type text NOT NULL DEFAULT 'text/plain; charset=utf-8';

GRANT UPDATE (suspended_at, suspended_by, suspension_grounds, mend_until, ended_at, terminated_by,
    termination_grounds, negotiation, filing_required, filed_at, replaced_by, duty_due, duty_overdue_at, disposal,
    disposal_statement, attested_by, attested_at) ON agreements TO govshare_agreement;

-- Deliveries outside the platform (art. 26(一)).
CREATE TABLE outside_deliveries (
    id uuid PRIMARY KEY,
    agreement_id uuid NOT NULL REFERENCES agreements,
    case_id uuid NOT NULL,
    applicant text NOT NULL,
    provider text NOT NULL,
    description text NOT NULL CHECK (description <> ''),
    delivered_on date NOT NULL,
    state text NOT NULL CHECK (state IN ('RECORDED', 'CONFIRMED', 'DENIED')),
    reasons text NOT NULL,
    decided_at timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CHECK ((state = 'RECORDED') = (decided_at IS NULL)),
    CHECK ((state = 'DENIED') = (reasons <> ''))
);
CREATE INDEX outside_deliveries_agreement ON outside_deliveries (agreement_id, id);
CREATE INDEX outside_deliveries_applicant ON outside_deliveries (applicant, id);
CREATE INDEX outside_deliveries_provider ON outside_deliveries (provider, id);
GRANT SELECT, INSERT, UPDATE (state, reasons, decided_at, version) ON outside_deliveries TO govshare_agreement;

-- Disclosures to third parties (art. 23).
CREATE TABLE disclosures (
    id uuid PRIMARY KEY,
    agreement_id uuid NOT NULL REFERENCES agreements,
    case_id uuid NOT NULL,
    applicant text NOT NULL,
    provider text NOT NULL,
    third_party text NOT NULL CHECK (third_party <> ''),
    scope text NOT NULL CHECK (scope <> ''),
    purpose text NOT NULL CHECK (purpose <> ''),
    state text NOT NULL CHECK (state IN ('REQUESTED', 'CONSENTED', 'REFUSED', 'MADE')),
    reasons text NOT NULL,
    answered_at timestamptz,
    disclosed_on date,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CHECK ((state = 'REQUESTED') = (answered_at IS NULL)),
    CHECK ((state = 'REFUSED') = (reasons <> '')),
    CHECK ((state = 'MADE') = (disclosed_on IS NOT NULL))
);
CREATE INDEX disclosures_agreement ON disclosures (agreement_id, id);
CREATE INDEX disclosures_applicant ON disclosures (applicant, id);
CREATE INDEX disclosures_provider ON disclosures (provider, id);
GRANT SELECT, INSERT, UPDATE (state, reasons, answered_at, disclosed_on, version) ON disclosures
    TO govshare_agreement;
