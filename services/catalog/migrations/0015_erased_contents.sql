-- What a secrecy review found to be a state secret is erased; the digest of what it was stays (art. 31).

ALTER TABLE entry_versions
    ADD COLUMN erased_at timestamptz,
    ADD CHECK (erased_at IS NULL OR published_at IS NULL);

GRANT UPDATE (content, title, erased_at) ON entry_versions TO govshare_catalog;
