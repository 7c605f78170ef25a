-- The successor of a used refresh token is an HMAC of it under this key, so that a second use within
-- the grace gets the same successor (`refresh.rs`). The key alone is of no use without the token, of
-- which the database has a hash only. Null for a token that is unused, or that an older version used.
set local lock_timeout = '2s';
alter table refresh_tokens add column successor_key bytea;
