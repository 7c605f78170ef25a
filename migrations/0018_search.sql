-- What many have said is found by reading the newest messages, and not by an index that names every
-- message with that word, in order to throw all but a page of them away.
drop function find_messages;

-- Reads the newest messages of a caller's conversations one by one until it has found a page; gives
-- up, with null, when the index seems to be sooner there.
create function find_newest_messages(
    places bigint[], pattern text,
    -- Nulls do not narrow it.
    only_conversation_id bigint, only_sender_id bigint, before timestamptz, after timestamptz,
    -- The message after which to go on.
    cursor_id bigint, most bigint
)
returns bigint[]
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
    words constant text := lower(pattern);
    -- So few tell how frequent the words are, even when somebody has just said much without them.
    few constant bigint := 500;
    newest constant bigint := coalesce((select max(m.id) from messages m), 0);
    place bigint;
    messages refcursor;
    message record;
    looked bigint := 0;
    found_ids bigint[] := '{}';
begin
    if only_conversation_id is null then
        open messages for
            select m.id, m.conversation_id, m.sender_id, m.created_at, m.body from messages m
            where m.id < coalesce(cursor_id, 9223372036854775807)
            order by m.id desc;
    else
        place := coalesce(
            (select m.position from messages m where m.id = cursor_id), 9223372036854775807);
        open messages for
            select m.id, m.conversation_id, m.sender_id, m.created_at, m.body from messages m
            where m.conversation_id = only_conversation_id and m.position < place
            order by m.position desc;
    end if;
    loop
        fetch messages into message;
        exit when not found;
        looked := looked + 1;
        if message.conversation_id = any(places) and lower(message.body) like words
            and (only_sender_id is null or message.sender_id = only_sender_id)
            and (before is null or message.created_at < before)
            and (after is null or message.created_at > after)
        then
            found_ids := found_ids || message.id;
            exit when cardinality(found_ids) >= most;
        end if;
        -- Of n messages the share s has the words: the index leads to n s of them, and here a page
        -- of m is found among m / s. So it is never more than the root of n m, either way.
        if looked > few and looked * looked * most > cardinality(found_ids) ^ 2 * newest then
            close messages;
            return null;
        end if;
    end loop;
    close messages;
    return found_ids;
end $$;

-- The messages that a search finds: the ids of a page of them, the newest first, and how many there
-- are, if that is asked for.
create function find_messages(
    -- Whose conversations are searched.
    caller_id bigint, pattern text,
    -- Nulls do not narrow it.
    only_conversation_id bigint, only_sender_id bigint, before timestamptz, after timestamptz,
    -- The message after which to go on.
    cursor_id bigint, most bigint, skipped bigint, counted boolean
)
returns table (total bigint, ids bigint[])
language plpgsql stable
-- Planned for each search: which index is worth reading depends on the words. A plan for any words
-- reads everything in the caller's conversations, even for a word that hardly anybody has used.
set plan_cache_mode = force_custom_plan
as $$
declare
    places bigint[] := array(
        select k.conversation_id from members k
        where k.user_id = caller_id and k.left_at is null
            and (only_conversation_id is null or k.conversation_id = only_conversation_id)
    );
begin
    if not counted and skipped = 0 then
        ids := find_newest_messages(places, pattern, only_conversation_id, only_sender_id,
            before, after, cursor_id, most);
        if ids is not null then
            return next;
            return;
        end if;
    end if;
    return query
    -- What was deleted says nothing, and so is never found.
    with found as materialized (
        select m.id from messages m
        where lower(m.body) like lower(pattern) and m.conversation_id = any(places)
        and (only_sender_id is null or m.sender_id = only_sender_id)
        and (before is null or m.created_at < before)
        and (after is null or m.created_at > after)
    )
    select case when counted then (select count(*) from found) end, array(
        select f.id from found f
        where cursor_id is null or f.id < cursor_id
        order by f.id desc limit most offset skipped
    );
end $$;
