-- What follows a refusal, applications without a known provider, superior bodies, supplements and extensions
-- (art. 26, 27), and holiday notices loaded at run time.

ALTER TABLE access_requests
    ALTER COLUMN provider DROP NOT NULL,
    ALTER COLUMN entry_id DROP NOT NULL,
    -- What is wanted, in words, where no entry is known.
    ADD COLUMN wanted text NOT NULL DEFAULT '',
    ADD COLUMN scenario text NOT NULL DEFAULT '',
    ADD COLUMN mode text,
    ADD COLUMN sharing_class text,
    ADD COLUMN answer_conditions text NOT NULL DEFAULT '',
    ADD COLUMN answer_material_incomplete boolean NOT NULL DEFAULT false,
    -- What was written in the present state: objection, coordination, notice, settlement.
    ADD COLUMN written jsonb NOT NULL DEFAULT '{}',
    -- What the case gathered beside its state; it only grows.
    ADD COLUMN case_file jsonb NOT NULL DEFAULT '{}',
    -- The last change that others than the provider see.
    ADD COLUMN shown_at timestamptz NOT NULL DEFAULT now();

UPDATE access_requests SET
    sharing_class = CASE WHEN received_at IS NOT NULL THEN 'ON_APPLICATION' END,
    shown_at = CASE WHEN state = 'ANSWER_PROPOSED' THEN greatest(overdue_at, received_at) ELSE updated_at END;

-- The invariants are said anew, with names.
DO $$
DECLARE
    old text;
BEGIN
    FOR old IN SELECT conname FROM pg_constraint
        WHERE conrelid = 'access_requests'::regclass AND contype = 'c'
    LOOP
        EXECUTE format('ALTER TABLE access_requests DROP CONSTRAINT %I', old);
    END LOOP;
END $$;

ALTER TABLE access_requests
    ADD CONSTRAINT state_known CHECK (state IN (
        'DRAFT', 'AT_INFO_OFFICE', 'SETTLED', 'SUBMITTED', 'ANSWER_PROPOSED', 'SUPPLEMENT_REQUESTED', 'CONSENTED',
        'REFUSED', 'OBJECTED', 'COORDINATED', 'REFUSAL_STANDS', 'WITHDRAWN', 'AGREED')),
    ADD CONSTRAINT answer_kind_known CHECK (answer_kind IN ('CONSENT', 'REFUSAL')),
    ADD CONSTRAINT mode_known CHECK (mode IN ('INTERFACE', 'BATCH', 'FILE', 'AS_AGREED')),
    ADD CONSTRAINT sharing_class_known CHECK (sharing_class IN ('ACTIVE', 'ON_APPLICATION')),
    ADD CONSTRAINT not_ones_own CHECK (applicant <> provider OR state = 'DRAFT'),
    ADD CONSTRAINT entry_or_words CHECK (entry_id IS NOT NULL OR wanted <> ''),
    ADD CONSTRAINT entry_of_a_provider CHECK (entry_id IS NULL OR provider IS NOT NULL),
    -- Receipt: all or nothing; only what a provider received has one.
    ADD CONSTRAINT receipt_whole CHECK (num_nulls(received_at, answer_due, answer_due_provisional, policy_pack,
        policy_pack_version) IN (0, 5)),
    ADD CONSTRAINT receipt_with_state CHECK (state = 'WITHDRAWN'
        OR (state IN ('DRAFT', 'AT_INFO_OFFICE', 'SETTLED')) = (received_at IS NULL)),
    ADD CONSTRAINT receipt_at_provider CHECK (received_at IS NULL OR provider IS NOT NULL),
    ADD CONSTRAINT entry_version_at_receipt CHECK (entry_version IS NULL
        OR (received_at IS NOT NULL AND entry_id IS NOT NULL)),
    ADD CONSTRAINT proposal_whole CHECK (num_nulls(answer_kind, answer_reasons, proposed_by, proposed_at) IN (0, 4)),
    ADD CONSTRAINT proposal_with_state CHECK (proposed_at IS NOT NULL OR state NOT IN
        ('ANSWER_PROPOSED', 'CONSENTED', 'REFUSED', 'OBJECTED', 'REFUSAL_STANDS', 'AGREED')),
    ADD CONSTRAINT answer_with_state CHECK ((answered_at IS NOT NULL)
        = (state IN ('CONSENTED', 'REFUSED', 'OBJECTED', 'REFUSAL_STANDS', 'AGREED'))),
    ADD CONSTRAINT consent_to_an_entry CHECK (state NOT IN ('CONSENTED', 'AGREED') OR entry_id IS NOT NULL),
    ADD CONSTRAINT objection_with_state CHECK ((written ? 'objection')
        = (state IN ('OBJECTED', 'REFUSAL_STANDS'))),
    ADD CONSTRAINT coordination_with_state CHECK ((written ? 'coordination') = (state = 'REFUSAL_STANDS')),
    ADD CONSTRAINT notice_with_state CHECK ((written ? 'notice') = (state = 'SUPPLEMENT_REQUESTED')),
    ADD CONSTRAINT settlement_with_state CHECK ((written ? 'settlement') = (state = 'SETTLED')),
    ADD CONSTRAINT agreement_with_state CHECK ((state = 'AGREED') = (agreement_id IS NOT NULL)),
    ADD CONSTRAINT withdrawal_with_state CHECK ((state = 'WITHDRAWN') = (withdrawn_at IS NOT NULL));

-- What the sweeper looks at: a clock runs, not yet marked. Closed cases leave it.
DROP INDEX access_requests_open;
CREATE INDEX access_requests_open ON access_requests (answer_due)
    WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED', 'COORDINATED') AND overdue_at IS NULL;
-- What a dry run of a pack looks at.
CREATE INDEX access_requests_running ON access_requests (id)
    WHERE state IN ('SUBMITTED', 'ANSWER_PROPOSED', 'COORDINATED');

-- The State Council's yearly notices that came after this release, as the info office loaded them.
CREATE TABLE holiday_notices (
    year int PRIMARY KEY,
    -- The [[year]] table of the calendar, as loaded.
    notice text NOT NULL,
    loaded_by text NOT NULL,
    loaded_at timestamptz NOT NULL,
    -- 1 with the first notice of the year, one more with each that replaces it: also the version of its audit events.
    version bigint NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON holiday_notices TO govshare_access_request;
