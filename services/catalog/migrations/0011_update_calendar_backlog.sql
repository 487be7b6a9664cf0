-- Entries that were published before there was an update calendar (art. 19). Their cycle stands in the encoded content,
-- so the service puts them on the calendar and takes them off this list.

CREATE TABLE unscheduled_entries (entry_id uuid PRIMARY KEY REFERENCES entries);

INSERT INTO unscheduled_entries (entry_id)
    SELECT id FROM entries
    WHERE published IS NOT NULL AND state <> 'RETIRED'
        AND NOT EXISTS (SELECT FROM update_schedules WHERE entry_id = entries.id);

GRANT SELECT, DELETE ON unscheduled_entries TO govshare_catalog;
