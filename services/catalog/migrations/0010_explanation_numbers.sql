-- Document numbers of filed explanations (文号, art. 16); those filed before have none.

ALTER TABLE explanations
    ADD COLUMN number text CHECK (number <> ''),
    ADD CHECK (number IS NULL OR filed_at IS NOT NULL);
