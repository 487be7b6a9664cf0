-- Agreements of three parties (art. 26, 31). The constraints repeat the state machine's invariants.

CREATE TABLE agreements (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    case_number text NOT NULL,
    entry_id uuid NOT NULL,
    entry_version int NOT NULL,
    applicant text NOT NULL,
    provider text NOT NULL,
    info_office text NOT NULL,
    purpose text NOT NULL CHECK (purpose <> ''),
    items text[] NOT NULL,
    delivery text NOT NULL CHECK (delivery <> ''),
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    retention text NOT NULL CHECK (retention <> ''),
    drafted_by text NOT NULL,
    state text NOT NULL CHECK (state IN ('AWAITING_SIGNATURES', 'ACTIVE', 'CANCELLED')),
    activated_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CHECK (applicant <> provider),
    CHECK (valid_from <= valid_until),
    CHECK ((state = 'ACTIVE') = (activated_at IS NOT NULL)),
    CHECK ((state = 'CANCELLED') = (cancelled_at IS NOT NULL)),
    CHECK ((state = 'CANCELLED') = (cancel_reason <> ''))
);

-- A case has one agreement; only a cancelled one makes room for another.
CREATE UNIQUE INDEX agreements_one_per_case ON agreements (case_id) WHERE state <> 'CANCELLED';
CREATE INDEX agreements_case ON agreements (case_id, id);
CREATE INDEX agreements_applicant ON agreements (applicant, id);
CREATE INDEX agreements_provider ON agreements (provider, id);

-- The bytes that are signed: written once.
CREATE TABLE documents (
    agreement_id uuid NOT NULL REFERENCES agreements,
    kind text NOT NULL CHECK (kind IN ('AGREEMENT', 'CONFIDENTIALITY')),
    signatories text[] NOT NULL CHECK (cardinality(signatories) > 0),
    sha256 text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (agreement_id, kind),
    CHECK (sha256 = encode(sha256(content), 'hex'))
);

CREATE TABLE signatures (
    agreement_id uuid NOT NULL,
    kind text NOT NULL,
    unit text NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64),
    signed_at timestamptz NOT NULL,
    -- Version of the agreement from which on the signature is part of it.
    version bigint NOT NULL,
    PRIMARY KEY (agreement_id, kind, unit),
    FOREIGN KEY (agreement_id, kind) REFERENCES documents
);

-- Active only with the signature of every party to every document (art. 26(一), 31).
CREATE FUNCTION active_is_fully_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM agreement.documents AS document, unnest(document.signatories) AS signatory
        WHERE document.agreement_id = NEW.id AND NOT EXISTS (
            SELECT FROM agreement.signatures AS signature
            WHERE signature.agreement_id = NEW.id AND signature.kind = document.kind
              AND signature.unit = signatory))
    THEN
        RAISE EXCEPTION 'agreement % is not signed by all', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER agreements_active_is_fully_signed BEFORE INSERT OR UPDATE OF state ON agreements
    FOR EACH ROW WHEN (NEW.state = 'ACTIVE') EXECUTE FUNCTION active_is_fully_signed();

GRANT SELECT, INSERT, UPDATE (state, activated_at, cancelled_at, cancel_reason, updated_at, version)
    ON agreements TO govshare_agreement;
GRANT SELECT, INSERT ON documents, signatures TO govshare_agreement;
