-- Notices that were loaded before all services kept what they learnt of them (art. 36).

INSERT INTO learnt_holiday_notices (year, version, notice) SELECT year, version, notice FROM holiday_notices
    ON CONFLICT (year) DO NOTHING;
