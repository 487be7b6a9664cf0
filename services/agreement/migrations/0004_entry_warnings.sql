-- What the catalogue says of the entry while an agreement in force rests on it (art. 16).

ALTER TABLE agreements
    ADD COLUMN warned_of text CHECK (warned_of IN ('SUSPENDED', 'RETIRED')),
    ADD COLUMN warning_reason text,
    ADD COLUMN warned_since timestamptz,
    ADD CHECK (num_nulls(warned_of, warning_reason, warned_since) IN (0, 3)),
    ADD CHECK (warned_of IS NULL OR state IN ('ACTIVE', 'SUSPENDED'));
-- What is compared with the catalogue.
CREATE INDEX agreements_resting_on_entries ON agreements (id) WHERE state IN ('ACTIVE', 'SUSPENDED');

GRANT UPDATE (warned_of, warning_reason, warned_since) ON agreements TO govshare_agreement;
