-- Restrictions from general sharing (art. 24), units' secrecy rules (art. 9), information systems with their security
-- level (art. 30). The constraints repeat the state machines' invariants.

CREATE TABLE restrictions (
    id uuid PRIMARY KEY,
    entry_id uuid NOT NULL,
    provider text NOT NULL,
    title text NOT NULL,
    basis text NOT NULL CHECK (basis IN ('LAW', 'OTHER_RULE', 'EXPLANATION')),
    words text NOT NULL CHECK (words <> ''),
    stated_by text NOT NULL,
    state text NOT NULL CHECK (state IN ('STATED', 'APPROVED', 'REJECTED', 'FILED')),
    reasons text NOT NULL,
    decided_by text,
    decided_at timestamptz,
    filed_at timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CHECK (num_nulls(decided_by, decided_at) = CASE state WHEN 'STATED' THEN 2 ELSE 0 END),
    CHECK ((state = 'REJECTED') = (reasons <> '')),
    CHECK ((state = 'FILED') = (filed_at IS NOT NULL)),
    CHECK (decided_by <> stated_by)
);
-- An entry has one restriction; only a rejected one makes room for another.
CREATE UNIQUE INDEX restrictions_one_per_entry ON restrictions (entry_id) WHERE state <> 'REJECTED';
CREATE INDEX restrictions_entry ON restrictions (entry_id, id);
CREATE INDEX restrictions_provider ON restrictions (provider, id);
CREATE INDEX restrictions_waiting ON restrictions (state, id) WHERE state IN ('STATED', 'APPROVED');
GRANT SELECT, INSERT, UPDATE (state, reasons, decided_by, decided_at, filed_at, version) ON restrictions
    TO govshare_security_review;

CREATE TABLE secrecy_rules (
    unit text PRIMARY KEY,
    title text NOT NULL CHECK (title <> ''),
    text text NOT NULL CHECK (text <> ''),
    revision int NOT NULL CHECK (revision > 0),
    filed_by text NOT NULL,
    filed_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('FILED', 'GUIDED', 'ACCEPTED')),
    guidance text NOT NULL,
    decided_at timestamptz,
    version bigint NOT NULL,
    CHECK ((state = 'FILED') = (decided_at IS NULL)),
    CHECK ((state = 'GUIDED') = (guidance <> ''))
);
GRANT SELECT, INSERT, UPDATE ON secrecy_rules TO govshare_security_review;

CREATE TABLE information_systems (
    id uuid PRIMARY KEY,
    unit text NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    level int NOT NULL CHECK (level BETWEEN 1 AND 5),
    authority_body text,
    authority_number text,
    authority_date date,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT information_systems_name UNIQUE (unit, name),
    CHECK (num_nulls(authority_body, authority_number, authority_date) IN (0, 3))
);
CREATE INDEX information_systems_unit ON information_systems (unit, id);
GRANT SELECT, INSERT, UPDATE (level, authority_body, authority_number, authority_date, updated_at, version)
    ON information_systems TO govshare_security_review;

-- Nobody lowers a level without authority (art. 30).
CREATE FUNCTION level_is_lowered_with_authority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.authority_number IS NULL THEN
        RAISE EXCEPTION 'system % is lowered without authority', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER information_systems_level BEFORE UPDATE OF level ON information_systems
    FOR EACH ROW WHEN (NEW.level < OLD.level) EXECUTE FUNCTION level_is_lowered_with_authority();
