-- Accounts that were deleted: what of them is still to be erased, and that nothing writes them anew.
set local lock_timeout = '2s';

-- When the account was deleted. Its row stays, without anything of the person: messages, members and direct conversations
-- name it. It is blocked for good, so that nodes of the version before refuse it, too.
alter table users add column deleted_at timestamptz;

-- Nobody gives a deleted account a name, an address or a role again: no directory, no import, and no node of the version
-- before, which knows nothing of deletions.
create function keep_deleted() returns trigger language plpgsql as $$
begin
    new.username := old.username;
    new.name := old.name;
    new.email := null;
    new.avatar_url := null;
    new.password_hash := null;
    new.role := 'member';
    new.last_seen_at := null;
    new.blocked_at := old.blocked_at;
    new.deleted_at := old.deleted_at;
    return new;
end $$;
create trigger users_deleted before update on users for each row when (old.deleted_at is not null)
    execute function keep_deleted();

-- Deletions, each with what is to be done behind it. The row stays as the note of when it was asked for and done.
create table deletions (
    user_id bigint not null constraint deletions_pkey primary key
        constraint deletions_user_fkey references users on delete cascade,
    -- Whether messages, reactions and votes go, too.
    removes_messages boolean not null,
    requested_at timestamptz not null default clock_timestamp(),
    -- When a node may take it: now, after a failure, or once the node that has it must be dead.
    attempt_at timestamptz not null default clock_timestamp(),
    attempts integer not null default 0,
    -- When nothing was left to erase.
    finished_at timestamptz
);
create index deletions_attempt_at on deletions (attempt_at) where finished_at is null;

-- Words of messages that are being erased, which leave the words that a search suggests, unless others have written them.
-- Empty once the deletion is finished.
create table deletion_words (
    user_id bigint not null constraint deletion_words_deletion_fkey references deletions on delete cascade,
    word text collate "C" not null,
    constraint deletion_words_pkey primary key (user_id, word)
);

-- Users of apps whose accounts were deleted, by the SHA-256 of their id there: the app still has it in its tokens, with
-- which it would make the person anew. No row says which account it was.
create table deleted_app_users (
    app_id bigint not null constraint deleted_app_users_app_fkey references apps on delete cascade,
    key_hash bytea not null constraint deleted_app_users_hash_length check (octet_length(key_hash) = 32),
    constraint deleted_app_users_pkey primary key (app_id, key_hash)
);

create function app_user_hash(app_id bigint, external_key text) returns bytea language sql stable
return sha256(convert_to(app_id || chr(10) || external_key, 'UTF8'));

-- Also against nodes of the version before, and imports. After the insert, when the generated column is there.
create function refuse_deleted_app_user() returns trigger language plpgsql as $$
begin
    if exists (
        select from deleted_app_users d
        where d.app_id = new.app_id and d.key_hash = app_user_hash(new.app_id, new.external_key)
    ) then
        raise check_violation using message = 'this user of the app was deleted here',
            constraint = 'app_users_not_deleted', table = 'app_users';
    end if;
    return null;
end $$;
create trigger app_users_not_deleted after insert on app_users for each row
    execute function refuse_deleted_app_user();

-- The messages of a sender that are not deleted, and perhaps some that are, in the order of ids after one, without an index
-- of `messages` that every send would write: those that the search has indexed, and those of conversations that it has not
-- brought up to date.
create function messages_of_sender(of_sender_id bigint, after_id bigint, max_rows bigint)
returns table (message_id bigint, conversation_id bigint) language sql stable
-- The planner takes a third of all conversations to be behind, and would read all messages.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
    with behind as materialized (
        select c.id, coalesce(p.seq, 0) as indexed_seq from conversations c
        left join search_progress p on p.conversation_id = c.id
        where c.seq > coalesce(p.seq, 0)
    )
    select m.message_id, m.conversation_id from (
        (
            select s.message_id, s.conversation_id from message_search s
            where s.sender_id = of_sender_id and s.message_id > after_id
            order by s.message_id limit max_rows
        )
        union
        select n.id, b.id from behind b
        cross join lateral (
            select m.id from messages m
            where m.conversation_id = b.id and m.seq > b.indexed_seq
                and m.sender_id = of_sender_id and m.id > after_id and m.deleted_at is null
            offset 0
        ) n
    ) m
    order by m.message_id limit max_rows
$$;

-- The columns that name users: those that refer to `users`, and those that have one by their name. Those of a table that is
-- added later are found by themselves.
create function user_columns() returns table (table_name text, column_name text) language sql stable as $$
    select c.table_name::text, c.column_name::text
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.data_type = 'bigint'
        and (
            c.column_name ~ '(^|_)(user|sender|owner|person|creator|actor|author)_id$' or c.column_name ~ '_by$'
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

-- Where rows name a user.
create function traces_of_user(of_user_id bigint)
returns table (table_name text, column_name text, row_count bigint) language plpgsql stable as $$
#variable_conflict use_column
begin
    for table_name, column_name in select c.table_name, c.column_name from user_columns() c loop
        execute format('select count(*) from %I where %I = $1', table_name, column_name)
            into row_count using of_user_id;
        if row_count > 0 then
            return next;
        end if;
    end loop;
end $$;

-- Where one of these texts is, in every column that can have one: texts, JSON, arrays and bytes, whatever their case.
create function traces_of_texts(texts text[])
returns table (table_name text, column_name text, row_count bigint) language plpgsql stable as $$
#variable_conflict use_column
declare
    data_type text;
    is_there text;
begin
    for table_name, column_name, data_type in
        select c.table_name::text, c.column_name::text, c.data_type::text
        from information_schema.columns c
        join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
        where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
            and c.data_type not in ('bigint', 'integer', 'smallint', 'boolean', 'real', 'double precision',
                'numeric', 'timestamp with time zone')
        order by 1, 2
    loop
        is_there := case data_type
            when 'bytea' then 'position(convert_to(n, ''UTF8'') in t.%2$I) > 0'
            else 'position(lower(n) in lower(t.%2$I::text)) > 0' end;
        execute format(
            'select count(*) from %1$I t where exists (select from unnest($1) n where ' || is_there || ')',
            table_name, column_name
        ) into row_count using texts;
        if row_count > 0 then
            return next;
        end if;
    end loop;
end $$;
