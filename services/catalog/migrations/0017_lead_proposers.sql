-- Who wrote at a proposal of leads besides its last writer: none of them approves it (art. 12(十九)).

ALTER TABLE shared_databases ADD COLUMN also_proposed_by text[] NOT NULL DEFAULT '{}';
