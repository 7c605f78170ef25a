-- Whoever is blocked can't get in; what they said stays.
alter table users add column blocked_at timestamptz;
