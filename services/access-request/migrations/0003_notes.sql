-- Notes between the parties of a case (art. 26): added and read, never changed.

CREATE TABLE case_notes (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES access_requests,
    number int NOT NULL,
    unit text NOT NULL,
    part text NOT NULL,
    body text NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT note_number_in_case UNIQUE (case_id, number),
    CONSTRAINT note_number_bounded CHECK (number BETWEEN 1 AND 1000),
    CONSTRAINT note_part_known CHECK (part IN ('APPLICANT', 'PROVIDER', 'INFO_OFFICE', 'WORKING_GROUP')),
    CONSTRAINT note_says_something CHECK (body <> '')
);

GRANT SELECT, INSERT ON case_notes TO govshare_access_request;
