-- The written procedures of articles 7, 8, 28, 32, 33 and 34. The document is the record with its state, which alone
-- says what belongs to it; the columns repeat what is searched and swept.

CREATE TABLE records (
    kind text NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL,
    -- The state as units see it that do not prepare the next step, and the unit that does.
    outer_state text NOT NULL,
    preparing text,
    -- Last day of a term that runs and was not marked as missed.
    due date,
    overdue_at timestamptz,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (kind, id),
    CHECK (due IS NULL OR overdue_at IS NULL),
    CHECK (CASE kind
        WHEN 'feedback' THEN state IN
            ('SUBMITTED', 'VERIFYING', 'ANSWER_PROPOSED', 'ANSWERED', 'FILED', 'WITHDRAWN')
        WHEN 'self-evaluation' THEN state IN ('DRAFT', 'SUBMITTED', 'ACCEPTED')
        WHEN 'yearly-evaluation' THEN state IN ('COMPUTED', 'FROZEN', 'REPORTED')
        WHEN 'inspection' THEN state IN ('NOTIFIED', 'FOUND', 'STATED', 'CLOSED')
        WHEN 'violation' THEN state IN
            ('REPORTED', 'INVESTIGATING', 'HEARD', 'UNFOUNDED', 'FOUND', 'REFERRED', 'SANCTIONED', 'CLOSED')
        WHEN 'plan' THEN state IN ('DRAFT', 'SUBMITTED', 'ISSUED', 'REPLACED')
        ELSE false END)
);

-- What the sweeper looks at: terms that run. Answered and marked records leave it.
CREATE INDEX records_due ON records (kind, due) WHERE due IS NOT NULL;

-- The units whose members may read a record.
CREATE TABLE record_parties (
    kind text NOT NULL,
    unit text NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (kind, unit, id),
    FOREIGN KEY (kind, id) REFERENCES records
);

-- Cases as the audit feed names them, for records that refer to one.
CREATE TABLE known_cases (
    case_id uuid PRIMARY KEY,
    applicant text NOT NULL,
    provider text NOT NULL
);

-- What is counted for a unit in a year (2026) and in a month (2026-03) of Shanghai; of standing records the changes,
-- so that their number at the end of a period is the sum of all periods to it.
CREATE TABLE unit_period_indicators (
    unit text NOT NULL,
    period text NOT NULL CHECK (period ~ '^[0-9]{4}(-[0-9]{2})?$'),
    indicator text NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (unit, period, indicator)
);

-- What the register calls the units, as the feed says.
CREATE TABLE unit_names (
    unit text PRIMARY KEY,
    name text NOT NULL
);

-- The feed is counted anew from its beginning: the numbers by period were not kept before.
UPDATE feed_cursor SET position = 0;
DELETE FROM unit_indicators;
DELETE FROM standing_records;

GRANT SELECT, INSERT, UPDATE ON records TO govshare_evaluation;
GRANT SELECT, INSERT ON record_parties TO govshare_evaluation;
GRANT SELECT, INSERT, UPDATE (provider) ON known_cases TO govshare_evaluation;
GRANT SELECT, INSERT, UPDATE (name) ON unit_names TO govshare_evaluation;
GRANT SELECT, INSERT, UPDATE (value) ON unit_period_indicators TO govshare_evaluation;
