-- What stands before the series in a unit's document numbers (机关代字). Several units may have the same.

ALTER TABLE units ADD COLUMN short_name text CHECK (char_length(short_name) BETWEEN 1 AND 8);
