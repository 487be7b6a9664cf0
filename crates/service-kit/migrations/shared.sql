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
