-- What an app has said about its users, so that names follow the app, and a name that somebody has
-- changed here is overwritten only when the app's own value changes.
set local lock_timeout = '2s';

alter table app_users
    -- The last values, as `{name, username, email, avatarUrl}`. Null before the first.
    add column profile jsonb,
    -- When the app wrote them, in seconds: an older token changes nothing.
    add column told_at bigint,
    -- The user is an administrator because a claim says so, and is one no longer when it does not.
    add column admin_by_claim boolean not null default false;
