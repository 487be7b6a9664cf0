-- Indicators of the units (art. 32), computed from the audit feed and from nothing else: emptied, with the cursor
-- at 0, they fill themselves again.

-- The events below this position are counted.
CREATE TABLE feed_cursor (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    position bigint NOT NULL CHECK (position >= 0)
);
INSERT INTO feed_cursor (position) VALUES (0);

CREATE TABLE unit_indicators (
    unit text NOT NULL,
    indicator text NOT NULL,
    value bigint NOT NULL CHECK (value >= 0),
    PRIMARY KEY (unit, indicator)
);

-- The records that an indicator numbers by what they are now, e.g. published, however often they became it.
CREATE TABLE standing_records (
    indicator text NOT NULL,
    record text NOT NULL,
    unit text NOT NULL,
    PRIMARY KEY (indicator, record)
);

GRANT SELECT, UPDATE (position) ON feed_cursor TO govshare_evaluation;
GRANT SELECT, INSERT, UPDATE (value) ON unit_indicators TO govshare_evaluation;
GRANT SELECT, INSERT, DELETE ON standing_records TO govshare_evaluation;
