-- Nothing of a deleted person comes back by a request that was running, and the erasure of a big account goes on where it
-- was.
set local lock_timeout = '2s';

-- Nobody gives a deleted account a name, an address or a role again: no directory, no import, and no node of the version
-- before, which knows nothing of deletions.
create or replace function keep_deleted() returns trigger language plpgsql as $$
begin
    new.username := old.username;
    new.name := old.name;
    new.email := null;
    new.avatar_url := null;
    new.password_hash := null;
    new.role := 'member';
    new.last_seen_at := null;
    -- A setting that was being changed would open the account to others again.
    new.addable_by := 'nobody';
    new.presence_choice := 'online';
    new.email_verified_at := null;
    new.awaits_email := false;
    new.shares_email := false;
    new.sign_in_notes := false;
    -- When the person read, by a request that was running.
    new.announcements_moved_at := null;
    new.favorites_changed_at := null;
    new.announcements_unread_after := null;
    new.announcements_unread_marked_at := null;
    new.blocked_at := old.blocked_at;
    new.deleted_at := old.deleted_at;
    return new;
end $$;

-- Nobody who was deleted follows a thread or is mentioned: the first reply to a kept message would have its sender follow,
-- and a direct conversation still has both members. Also against nodes of the version before.
create function leave_out_deleted() returns trigger language plpgsql as $$
begin
    if exists (select from users u where u.id = new.user_id and u.deleted_at is not null) then
        return null;
    end if;
    return new;
end $$;
create trigger thread_followers_not_deleted before insert on thread_followers for each row
    execute function leave_out_deleted();
create trigger mentions_not_deleted before insert on mentions for each row
    execute function leave_out_deleted();

-- Up to which of the user's messages the erasure has come; 0 at the beginning.
alter table deletions add column after_message_id bigint not null default 0;

-- The columns that name users: those that refer to `users`, and those that have one by their name. Those of a table that is
-- added later are found by themselves.
create or replace function user_columns() returns table (table_name text, column_name text) language sql stable as $$
    select c.table_name::text, c.column_name::text
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.data_type = 'bigint'
        and (
            c.column_name ~ '(^|_)(user|sender|owner|person|creator|actor|author|target)_id$' or c.column_name ~ '_by$'
            or exists (
                select from pg_constraint f
                join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any(f.conkey)
                where f.contype = 'f' and f.confrelid = 'users'::regclass
                    and f.conrelid = format('%I.%I', c.table_schema, c.table_name)::regclass
                    and a.attname = c.column_name
            )
        )
    order by 1, 2
$$;
