-- Leads that the text does not name wait for the working group (art. 12(十九)).

ALTER TABLE shared_databases
    ADD COLUMN proposed_leads jsonb CHECK (jsonb_typeof(proposed_leads) = 'array'),
    ADD COLUMN proposed_basis text,
    ADD COLUMN proposed_by text,
    ADD COLUMN return_reasons text CHECK (return_reasons <> ''),
    ADD CHECK (num_nulls(proposed_leads, proposed_basis, proposed_by) IN (0, 3)),
    ADD CHECK (return_reasons IS NULL OR proposed_by IS NOT NULL);
