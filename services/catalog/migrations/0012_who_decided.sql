-- Who handed in an edition, and who made an archiving mark: neither approves it. Rows from before do not say.

ALTER TABLE regulations ADD COLUMN submitted_by text CHECK (submitted_by <> '');
ALTER TABLE archive_records ADD COLUMN archived_by text CHECK (archived_by <> '');
