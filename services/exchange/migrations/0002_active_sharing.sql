-- What is shared actively (art. 24(一), 25) is taken without an agreement and so without a case.

ALTER TABLE tickets
    ALTER agreement_id DROP NOT NULL,
    ALTER case_id DROP NOT NULL,
    ADD CHECK ((agreement_id IS NULL) = (case_id IS NULL));

ALTER TABLE deliveries
    ALTER agreement_id DROP NOT NULL,
    ALTER case_id DROP NOT NULL,
    ADD CHECK ((agreement_id IS NULL) = (case_id IS NULL));
