-- The directory of an app: what the app's administrators say about its users.
set local lock_timeout = '2s';

-- The values that the directory gave last, and that were taken: an object with the fields of
-- `model::DirectoryUser` that it set. A user is changed only where the directory says something else
-- than before, so that a name which the user has chosen here stays. Null: the directory has never
-- named this user.
alter table app_users add column directory jsonb;

-- A node asks every few seconds who has ended since.
create index app_users_ended_at on app_users (ended_at) where ended_at is not null;
