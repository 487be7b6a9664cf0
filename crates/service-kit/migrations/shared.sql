-- What every service keeps beside its own tables; run before its migrations, each time, in its schema.

-- Rows that were committed with a change and wait to be sent: audit events and commands to other services.
CREATE TABLE IF NOT EXISTS outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text NOT NULL,
    payload bytea NOT NULL,
    disclosure bytea NOT NULL,
    -- A relay owns the row until then.
    lease_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
-- Since when it waits, for operators.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS create_time timestamptz NOT NULL DEFAULT now();

-- Replies of mutating calls, for repeats with the same request_id (AIP-155).
CREATE TABLE IF NOT EXISTS idempotency (
    unit text NOT NULL,
    subject text NOT NULL,
    method text NOT NULL,
    request_id uuid NOT NULL,
    request_hash bytea NOT NULL,
    reply bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (unit, subject, method, request_id)
);
CREATE INDEX IF NOT EXISTS idempotency_create_time ON idempotency USING brin (create_time);

GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, idempotency TO {role};

-- What waits for somebody, kept with the records it belongs to; one row for each role that may do it.
CREATE TABLE IF NOT EXISTS tasks (
    aggregate text NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    -- Empty: whoever has the role in the district.
    unit text NOT NULL,
    roles text[] NOT NULL,
    -- Four eyes: who may not do it.
    not_for text[] NOT NULL,
    case_id text NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    subject text NOT NULL,
    article text NOT NULL,
    -- Asia/Shanghai, inclusive; 'infinity' where no term runs, so that these come last.
    due date NOT NULL,
    provisional boolean NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (aggregate, kind, role)
);
DO $$ BEGIN
    IF (SELECT atttypid = 'text'::regtype FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attname = 'not_for') THEN
        ALTER TABLE tasks ALTER COLUMN not_for TYPE text[] USING array_remove(ARRAY[not_for], '');
    END IF;
END $$;
CREATE INDEX IF NOT EXISTS tasks_of_unit ON tasks (unit, role, due, aggregate, kind);

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO {role};

-- Files that belong to records: they are added and read, never changed (art. 20).
CREATE TABLE IF NOT EXISTS attachments (
    id uuid PRIMARY KEY,
    resource text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes int NOT NULL,
    sha256 bytea NOT NULL,
    -- Of the person who added it.
    unit text NOT NULL,
    create_time timestamptz NOT NULL,
    content bytea NOT NULL
);
-- Uncompressed, so that pieces are read by their place.
ALTER TABLE attachments ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS attachments_of_resource ON attachments (resource, id);

GRANT SELECT, INSERT ON attachments TO {role};

-- Last document number of each unit, series and year; its row is locked until the document is committed.
CREATE TABLE IF NOT EXISTS document_numbers (
    unit text NOT NULL,
    series text NOT NULL,
    year int NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (unit, series, year)
);

GRANT SELECT, INSERT, UPDATE ON document_numbers TO {role};

-- Holiday notices that the info office loaded at run time, as this service has learnt of them (art. 36).
CREATE TABLE IF NOT EXISTS learnt_holiday_notices (
    year int PRIMARY KEY,
    version bigint NOT NULL,
    -- The [[year]] table of the calendar, as loaded.
    notice text NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON learnt_holiday_notices TO {role};
