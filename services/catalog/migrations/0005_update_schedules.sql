-- When the data of published entries is due to be updated (art. 19).

CREATE TABLE update_schedules (
    entry_id uuid PRIMARY KEY REFERENCES entries,
    provider text NOT NULL,
    -- Of the published version.
    title text NOT NULL,
    cycle text NOT NULL CHECK (cycle IN
        ('DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'HALF_YEARLY', 'YEARLY', 'UNSET')),
    -- First day of publication: from it the first cycle runs.
    published_on date NOT NULL,
    last_update date,
    next_due date,
    late_at timestamptz,
    version bigint NOT NULL CHECK (version >= 0),
    CHECK ((cycle = 'UNSET') = (next_due IS NULL)),
    CHECK (next_due > COALESCE(last_update, published_on)),
    CHECK (late_at IS NULL OR next_due IS NOT NULL)
);
CREATE INDEX update_schedules_due ON update_schedules (next_due, entry_id) WHERE next_due IS NOT NULL;
CREATE INDEX update_schedules_provider ON update_schedules (provider, next_due, entry_id) WHERE next_due IS NOT NULL;
CREATE INDEX update_schedules_late ON update_schedules (next_due, entry_id) WHERE late_at IS NOT NULL;
-- What the sweeper looks at: not yet marked.
CREATE INDEX update_schedules_open ON update_schedules (next_due) WHERE late_at IS NULL AND next_due IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON update_schedules TO govshare_catalog;
