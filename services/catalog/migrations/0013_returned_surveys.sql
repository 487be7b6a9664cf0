-- A plan that the statistics bureau returned goes to it again, also after its items were rewritten (art. 10).

ALTER TABLE collection_plans ADD COLUMN survey_returned boolean NOT NULL DEFAULT false;
UPDATE collection_plans SET survey_returned = true WHERE state = 'RETURNED';
ALTER TABLE collection_plans ADD CHECK (state <> 'RETURNED' OR survey_returned);
