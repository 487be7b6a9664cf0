-- Who wrote a version besides its drafter: those who drafted the versions since the last published one (art. 16).

ALTER TABLE entry_versions ADD COLUMN also_written_by jsonb NOT NULL DEFAULT '[]';

UPDATE entry_versions AS version SET also_written_by = earlier.writers
FROM (
    SELECT later.entry_id, later.number, jsonb_agg(DISTINCT earlier.drafted_by) AS writers
    FROM entry_versions AS later
    JOIN entry_versions AS earlier ON earlier.entry_id = later.entry_id AND earlier.number < later.number
    WHERE later.published_at IS NULL AND earlier.drafted_by <> later.drafted_by
      AND NOT EXISTS (
        SELECT FROM entry_versions AS published
        WHERE published.entry_id = later.entry_id AND published.published_at IS NOT NULL
          AND published.number >= earlier.number AND published.number < later.number)
    GROUP BY later.entry_id, later.number
) AS earlier
WHERE version.entry_id = earlier.entry_id AND version.number = earlier.number;
