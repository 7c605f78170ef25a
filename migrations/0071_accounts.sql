-- What proves who somebody is changes while they sign in: a version tells. Links end with the role of whoever has made
-- them. A user's uses of an invitation are one.
set local lock_timeout = '2s';

-- Counts changes of the password, blocks, and ends of all sessions. A sign-in that has looked at the password before
-- opens no session.
alter table users add column credentials_version bigint not null default 0;

-- The administrator; null for the operator.
alter table password_resets add column created_by bigint
    constraint password_resets_creator_fkey references users on delete cascade;
create index password_resets_creator on password_resets (created_by);

create table invitation_uses (
    invitation_id bigint not null constraint invitation_uses_invitation_fkey references invitations on delete cascade,
    user_id bigint not null constraint invitation_uses_user_fkey references users on delete cascade,
    used_at timestamptz not null default now(),
    constraint invitation_uses_pkey primary key (invitation_id, user_id)
);
create index invitation_uses_user on invitation_uses (user_id);

create index invitations_first_admin on invitations (id) where is_of_first_admin and revoked_at is null;

-- Administrators who can sign in. One is lasting unless the claim of a token makes the role, which the next token takes.
create view administrators as
select u.id as user_id,
    not exists (select from app_users a where a.user_id = u.id and a.admin_by_claim) as is_lasting
from users u
where u.role = 'admin' and u.blocked_at is null and (u.password_hash is not null or exists (
    select from app_users a where a.user_id = u.id and a.ended_at is null));

-- The links of an administrator end when they are none any more, and do not come back with the role. Those of the first
-- administrator end with any who has a password.
create function end_links_of_administrators() returns trigger language plpgsql as $$
begin
    if new.role <> 'admin' or new.blocked_at is not null then
        if tg_op = 'UPDATE' then
            update invitations set revoked_at = now() where created_by = new.id and revoked_at is null;
            delete from password_resets where created_by = new.id;
        end if;
    elsif new.password_hash is not null then
        update invitations set revoked_at = now() where is_of_first_admin and revoked_at is null;
    end if;
    return null;
end
$$;
create trigger users_administrators_changed after update of role, blocked_at, password_hash on users
    for each row when (
        (old.role, old.blocked_at, old.password_hash) is distinct from (new.role, new.blocked_at, new.password_hash)
        and 'admin' in (old.role, new.role))
    execute function end_links_of_administrators();
create trigger users_administrators_made after insert on users
    for each row when (new.role = 'admin')
    execute function end_links_of_administrators();
