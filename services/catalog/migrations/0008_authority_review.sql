-- The info office's review of registered versions, where the pack in force asks for it (decree 809, art. 16).

ALTER TABLE entry_versions
    DROP CONSTRAINT entry_versions_state_check,
    ADD CONSTRAINT entry_versions_state_check CHECK (state IN
        ('DRAFT', 'IN_REVIEW', 'REJECTED', 'REGISTERED', 'APPROVED', 'PUBLISHED', 'SUPERSEDED')),
    ADD COLUMN return_reasons text CHECK (return_reasons <> '');

GRANT UPDATE (return_reasons) ON entry_versions TO govshare_catalog;
