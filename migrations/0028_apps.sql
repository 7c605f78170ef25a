-- What the app of a token and the newest of its tokens are told by.
set local lock_timeout = '2s';

-- All issuers that the configuration has had for the app at the same time as its present one. An app whose
-- issuer is renamed keeps its users: the new name stands beside the old one for a while.
alter table apps add column issuers text[] not null default '{}';
update apps set issuers = array[issuer] where issuer <> '';

-- The latest `exp` of the tokens without `iat`, in seconds. It is compared with that of other such tokens
-- only: one that is valid for years is not newer than all that come after it.
alter table app_users add column told_exp bigint;
-- A time in the future can only have been an `exp`.
update app_users set told_exp = told_at, told_at = null
where told_at > extract(epoch from now())::bigint + 60;
