-- A group that was created without a title has the names of its members for one, and follows when one of them is
-- renamed, until somebody gives it a title.
set local lock_timeout = '2s';
alter table conversations add column named_after_members boolean not null default false;
