-- Number (文号) and conditions as the documents say them (art. 26(一)); documents from before say none.

ALTER TABLE agreements
    ADD COLUMN document_number text NOT NULL DEFAULT '',
    ADD COLUMN conditions text NOT NULL DEFAULT '';
