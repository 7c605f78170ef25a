-- Finds any part of a message, in any script. A query of one or two characters has no trigram: it reads
-- the messages of the caller's conversations instead.
--
-- New entries go to the pending list of the index (`fastupdate`), which a search reads through. The server
-- flushes the list about half a second after a send (`gin_clean_pending_list`), so that no sender has to.
-- Only where that fails does the list reach its limit of 16 MB (in kB here, default 4 MB), and the send
-- that reaches it flushes it. https://www.postgresql.org/docs/current/gin.html#GIN-FAST-UPDATE
create index messages_body_trgm on messages using gin (lower(body) gin_trgm_ops)
    with (gin_pending_list_limit = 16384);

-- The first way of a search: reads the newest messages one by one until a page is full, and returns their
-- ids. Returns null when the index is likely to need fewer rows, and [] when nothing matches.
--
-- Frequent words are found soon among the newest, while the index would name every message with that word
-- only to keep one page of them. Rare words are the opposite.
create function find_newest_messages(
    conversation_ids bigint[], pattern text,
    -- Filters; null for none. The bounds are exclusive.
    only_conversation_id bigint, only_sender_id bigint, before timestamptz, after timestamptz,
    -- The last message of the page before, null for the first page.
    cursor_id bigint, page_size bigint
)
returns bigint[]
language plpgsql stable
-- One plan, an index scan from the newest, whose rows arrive as they are fetched: a sort would read
-- all of them first.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
    lower_pattern constant text := lower(pattern);
    -- The sample from which the frequency of the pattern is judged, in messages. Smaller ones misjudge
    -- it when somebody has just sent much without the words.
    min_rows_read constant bigint := 500;
    newest constant bigint := coalesce((select max(m.id) from messages m), 0);
    before_position bigint;
    messages refcursor;
    message record;
    rows_read bigint := 0;
    found_ids bigint[] := '{}';
begin
    if only_conversation_id is null then
        open messages for
            select m.id, m.conversation_id, m.sender_id, m.created_at, m.body from messages m
            where m.id < coalesce(cursor_id, 9223372036854775807)
            order by m.id desc;
    else
        before_position := coalesce(
            (select m.position from messages m where m.id = cursor_id), 9223372036854775807);
        open messages for
            select m.id, m.conversation_id, m.sender_id, m.created_at, m.body from messages m
            where m.conversation_id = only_conversation_id and m.position < before_position
            order by m.position desc;
    end if;
    loop
        fetch messages into message;
        exit when not found;
        rows_read := rows_read + 1;
        if message.conversation_id = any(conversation_ids) and lower(message.body) like lower_pattern
            and (only_sender_id is null or message.sender_id = only_sender_id)
            and (before is null or message.created_at < before)
            and (after is null or message.created_at > after)
        then
            found_ids := found_ids || message.id;
            exit when cardinality(found_ids) >= page_size;
        end if;
        -- Let a share s of all n messages match. The index then leads to n * s rows, and this loop
        -- fills a page of p after p / s rows. This loop is dearer once p / s > n * s, with s estimated
        -- by found / rows_read; so neither way reads many more than sqrt(n * p) rows.
        if rows_read > min_rows_read
            and rows_read * rows_read * page_size > cardinality(found_ids) ^ 2 * newest
        then
            close messages;
            return null;
        end if;
    end loop;
    close messages;
    return found_ids;
end $$;

-- The ids of one page of the messages that a search finds, the newest first, and with `with_total` the
-- number of all (null otherwise). Deleted messages have an empty body and so are never found.
create function find_messages(
    -- The user whose conversations are searched.
    caller_id bigint, pattern text,
    -- As for `find_newest_messages`.
    only_conversation_id bigint, only_sender_id bigint, before timestamptz, after timestamptz,
    cursor_id bigint, page_size bigint, page_offset bigint, with_total boolean
)
returns table (total bigint, ids bigint[])
language plpgsql stable
-- Planned for each call, because the better index depends on the words. A generic plan reads all
-- messages of the caller's conversations even for a word that hardly anybody has used.
set plan_cache_mode = force_custom_plan
as $$
declare
    conversation_ids bigint[] := array(
        select k.conversation_id from members k
        where k.user_id = caller_id and k.left_at is null
            and (only_conversation_id is null or k.conversation_id = only_conversation_id)
    );
begin
    if not with_total and page_offset = 0 then
        ids := find_newest_messages(conversation_ids, pattern, only_conversation_id, only_sender_id,
            before, after, cursor_id, page_size);
        if ids is not null then
            return next;
            return;
        end if;
    end if;
    return query
    with found as materialized (
        select m.id from messages m
        where lower(m.body) like lower(pattern) and m.conversation_id = any(conversation_ids)
        and (only_sender_id is null or m.sender_id = only_sender_id)
        and (before is null or m.created_at < before)
        and (after is null or m.created_at > after)
    )
    select case when with_total then (select count(*) from found) end, array(
        select f.id from found f
        where cursor_id is null or f.id < cursor_id
        order by f.id desc limit page_size offset page_offset
    );
end $$;
