-- The unit that is not told of a record yet: of a reported violation, the one that it is about (art. 34).
ALTER TABLE records ADD COLUMN withheld_from text;
UPDATE records SET withheld_from = document ->> 'unit' WHERE kind = 'violation' AND state = 'REPORTED';

-- The feed is counted anew from its beginning: an answer given anew, an agreement that replaces another and the data of a
-- recorded update were counted as further ones, a self-evaluation by the day on which it was accepted.
UPDATE feed_cursor SET position = 0;
DELETE FROM unit_indicators;
DELETE FROM unit_period_indicators;
DELETE FROM standing_records;
