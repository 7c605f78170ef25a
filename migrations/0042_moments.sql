-- When a member's positions, and a user's profile, announcements and favorites last changed. These changes
-- have no seq; by their times, a node that missed packets of another one, and a client that was away, find
-- them. Null: not since this migration. None of the columns of `members` has an index, so that moving a
-- position stays an update within the page.
set local lock_timeout = '2s';

alter table members add column moved_at timestamptz;
alter table users
    add column profile_changed_at timestamptz,
    add column announcements_moved_at timestamptz,
    add column favorites_changed_at timestamptz;

create index users_profile_changed_at on users (profile_changed_at) where profile_changed_at is not null;

create function note_changed_profile() returns trigger language plpgsql as $$
begin
    new.profile_changed_at := clock_timestamp();
    return new;
end $$;

create trigger users_profile_changed before update of username, name, avatar_url on users
for each row when (
    old.username is distinct from new.username or old.name is distinct from new.name
    or old.avatar_url is distinct from new.avatar_url
) execute function note_changed_profile();
