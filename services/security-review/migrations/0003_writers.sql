-- Who wrote the version under review besides its drafter (art. 16).

ALTER TABLE reviews ADD COLUMN also_written_by jsonb NOT NULL DEFAULT '[]';
