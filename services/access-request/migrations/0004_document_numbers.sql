-- Numbers of documents (文号) as they were given: of the application, and of the answer that stands (art. 26). That of a
-- statement on a superior body's refusal is in the case's file. Units may share a short name, so numbers may look alike.

ALTER TABLE access_requests
    ADD COLUMN document_number text NOT NULL DEFAULT '',
    ADD COLUMN answer_number text NOT NULL DEFAULT '',
    ADD CONSTRAINT number_once_handed_in CHECK (document_number = '' OR state <> 'DRAFT'),
    ADD CONSTRAINT number_of_an_answer CHECK (answer_number = '' OR answered_at IS NOT NULL);
