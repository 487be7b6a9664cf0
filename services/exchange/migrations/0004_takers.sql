-- Who took a version, for those who are told of its defects (art. 22).

CREATE INDEX deliveries_version ON deliveries (data_version_id, applicant);
