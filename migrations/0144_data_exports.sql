-- The file of an export is opened once.
set local lock_timeout = '2s';

-- When the file was asked for: once for each.
alter table data_exports add column opened_at timestamptz;
