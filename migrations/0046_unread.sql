-- What is unread is decided by the counted position (0034_members.sql) everywhere, and one's own messages never are:
-- neither after a mark, nor the replies in threads that one has sent while something else was unread. Signatures and
-- columns stay; nodes of the version before count by the new rule as soon as this is applied. Own messages are
-- looked for among those after the mark only, by the index of positions: 30 ms of 100,000 messages.
set local lock_timeout = '2s';

-- As in 0036_threads.sql, without own messages.
create or replace view unread_memberships as
select n.conversation_id, n.user_id, n.kind, n.unread_of_all - n.unread_in_threads as unread,
    n.mentions, n.unread_in_threads
from (
    select m.conversation_id, m.user_id, c.kind,
        c.position - counted_position(m.read_position, m.unread_after, m.unread_marked_at) - (
            select count(*) from messages d
            where d.conversation_id = c.id and d.deleted_at is not null
                and d.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) - (
            -- A send reads everything, so that own messages are above the counted position by a mark only.
            select count(*) from messages o
            where o.conversation_id = c.id and o.sender_id = m.user_id and o.deleted_at is null
                and o.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                and o.position <= m.read_position
        ) - case when c.threads_position = 0 then 0 else (
            -- But for replies that are in a thread only, which read nothing else.
            select count(*) from thread_messages r join messages o on o.id = r.message_id
            where r.conversation_id = c.id and r.sender_id = m.user_id and r.deleted_at is null
                and r.threads_position is not null and o.conversation_id = c.id and o.sender_id = m.user_id
                and o.position > m.read_position
        ) end as unread_of_all,
        case when c.threads_position = 0 then 0 else c.threads_position - coalesce((
            select r.threads_position from thread_messages r
            where r.conversation_id = c.id and r.threads_position is not null
                and r.conversation_position
                    <= counted_position(m.read_position, m.unread_after, m.unread_marked_at)
            order by r.conversation_position desc limit 1
        ), 0) - (
            select count(*) from thread_messages d
            where d.conversation_id = c.id and d.deleted_at is not null and d.threads_position is not null
                and d.conversation_position
                    > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) - (
            select count(*) from thread_messages r join messages o on o.id = r.message_id
            where r.conversation_id = c.id and r.sender_id = m.user_id and r.deleted_at is null
                and r.threads_position is not null and o.conversation_id = c.id and o.sender_id = m.user_id
                and o.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) end as unread_in_threads,
        (
            select count(*) from mentions
            where mentions.user_id = m.user_id and mentions.conversation_id = c.id
                and mentions.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                and (c.threads_position = 0 or not exists (
                    select from thread_messages r
                    where r.message_id = mentions.message_id and r.threads_position is not null
                ))
        ) as mentions
    from memberships m join conversations c on c.id = m.conversation_id
    where m.left_at is null
        and c.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
) n;

-- As in 0043_search.sql, from the counted position.
create or replace function search_condition(feature text, caller_id bigint) returns text
language sql immutable
return case feature
    when 'link' then 's.has_link'
    when 'file' then 's.has_file'
    when 'image' then 's.has_image'
    when 'reaction' then 'exists (select from reactions r where r.message_id = s.message_id)'
    when 'pinned' then 'exists (select from pins p where p.message_id = s.message_id)'
    -- A reply, or the message that a thread begins with.
    when 'thread' then '(exists (select from thread_messages t where t.message_id = s.message_id) '
        'or exists (select from threads t where t.id = s.message_id))'
    when 'unread' then format('s.sender_id <> %1$s and s.position > (select '
        'counted_position(k.read_position, k.unread_after, k.unread_marked_at) from memberships k '
        'where k.conversation_id = s.conversation_id and k.user_id = %1$s)', caller_id)
    when 'mention' then format(
        'exists (select from mentions n where n.message_id = s.message_id and n.user_id = %s)', caller_id)
end;

-- As in 0031_search.sql, which explains it, from the counted position.
create or replace function search_messages(
    caller_id bigint,
    -- Folded patterns for `like`. Each of the first matches, and none of the second.
    patterns text[], excluded_patterns text[],
    -- Words of which one is contained, as a JSON list for each.
    alternatives text[],
    -- Any of these, null for all; and none of those.
    only_conversation_ids bigint[], excluded_conversation_ids bigint[],
    only_sender_ids bigint[], excluded_sender_ids bigint[],
    -- Null for none. The second is inclusive.
    created_after timestamptz, created_from timestamptz, created_before timestamptz,
    -- For `search_condition`.
    features text[], excluded_features text[],
    -- The last message of the page before, null for the first page.
    before_id bigint, page_size bigint
)
returns bigint[]
language plpgsql stable
-- Each statement is planned for its words, and is too short for more than one process.
set plan_cache_mode = force_custom_plan
set max_parallel_workers_per_gather = 0
set jit = off
as $$
declare
    cjk constant text := '[\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF]';
    -- Rows in the first window, and in all windows before the index is asked in any case.
    window_size bigint := 1000;
    max_rows_read constant bigint := 100000;
    readable bigint[];
    -- The positions there after which messages are unread for the caller, and the messages after them.
    counted_positions bigint[];
    unread bigint;
    max_unread constant bigint := 50000;
    source text := 'message_search s';
    -- Those of the readable conversations that are not up to date in the index.
    behind bigint[];
    total bigint;
    word text;
    condition text := '';
    -- What only the index needs.
    index_condition text := '';
    -- Whether an index has the words, and whether one has the rest.
    has_index boolean := cardinality(alternatives) > 0;
    has_filter constant boolean := only_conversation_ids is not null or only_sender_ids is not null
        or created_after is not null or created_from is not null or created_before is not null
        or cardinality(features) > 0;
    of_one text := '';
    tail_ids bigint[] := '{}';
    found bigint[] := '{}';
    found_now bigint[];
    next_id bigint := coalesce(before_id, 9223372036854775807);
    rows_now bigint;
    rows_read bigint := 0;
begin
    select array_agg(c.id), array_agg(counted.position),
        array_agg(c.id) filter (where c.seq > coalesce(p.seq, 0)), sum(c.position), sum(c.position - counted.position)
    into readable, counted_positions, behind, total, unread
    from memberships k join conversations c on c.id = k.conversation_id
    cross join lateral (
        select counted_position(k.read_position, k.unread_after, k.unread_marked_at) as position
    ) counted
    left join search_progress p on p.conversation_id = c.id
    where k.user_id = caller_id and k.left_at is null
        and (only_conversation_ids is null or c.id = any(only_conversation_ids))
        and c.id <> all(excluded_conversation_ids)
        and ('unread' <> all(features) or c.position > counted.position);
    if readable is null or total = 0 then
        return found;
    end if;

    foreach word in array patterns loop
        condition := condition || format(' and s.text like %L', word);
        word := regexp_replace(substr(word, 2, char_length(word) - 2), '\\(.)', '\1', 'g');
        if word ~ ('^' || cjk || '{1,2}$') then
            index_condition := index_condition
                || format(' and search_grams(s.text) @> array[%L] and s.text ~ %L', word, cjk);
            has_index := true;
        -- What `pg_trgm` takes trigrams of: three letters, or the beginning or end of a word. Marks, as the vowels
        -- of Devanagari, are no letters to it.
        elsif word ~ '[[:alnum:]]{3}|[^[:alnum:]][[:alnum:]]|[[:alnum:]]{2}[^[:alnum:]]' then
            has_index := true;
        end if;
    end loop;
    foreach word in array excluded_patterns loop
        condition := condition || format(' and s.text not like %L', word);
    end loop;
    foreach word in array alternatives loop
        condition := condition || format(' and s.text like any(%L::text[])', array(
            select contains_pattern(w) from jsonb_array_elements_text(word::jsonb) w));
    end loop;
    if only_sender_ids is not null then
        condition := condition || format(' and s.sender_id = any(%L::bigint[])', only_sender_ids);
    end if;
    if cardinality(excluded_sender_ids) > 0 then
        condition := condition || format(' and s.sender_id <> all(%L::bigint[])', excluded_sender_ids);
    end if;
    condition := condition || coalesce(' and s.created_at > ' || quote_literal(created_after), '')
        || coalesce(' and s.created_at >= ' || quote_literal(created_from), '')
        || coalesce(' and s.created_at < ' || quote_literal(created_before), '');
    foreach word in array features loop
        condition := condition || coalesce(' and ' || search_condition(word, caller_id), ' and false');
    end loop;
    foreach word in array excluded_features loop
        condition := condition || coalesce(' and not (' || search_condition(word, caller_id) || ')', '');
    end loop;

    if behind is not null then
        execute format('select array(
                select s.message_id from unnest($1) b(id)
                left join search_progress p on p.conversation_id = b.id
                cross join lateral (
                    select * from search_rows r where r.conversation_id = b.id and r.seq > coalesce(p.seq, 0)
                    -- One look-up for each conversation, whatever the planner expects.
                    offset 0
                ) s
                where s.message_id < $2 and not s.is_deleted %s order by s.message_id desc limit $3
            )', condition)
        into tail_ids using behind, next_id, page_size;
        -- What changed since has an old row in the index, or none.
        condition := condition || format(' and (s.conversation_id <> all(%L::bigint[])
            or (select m.seq from messages m where m.id = s.message_id)
                <= (select p.seq from search_progress p where p.conversation_id = s.conversation_id))', behind);
    end if;

    condition := format(' and s.conversation_id = any(%L::bigint[])', readable) || condition;
    if cardinality(readable) = 1 then
        of_one := format(' and s.conversation_id = %s', readable[1]);
    else
        total := greatest(total, (select reltuples::bigint from pg_class where oid = 'message_search'::regclass));
    end if;

    if 'unread' = any(features) and unread <= max_unread then
        -- There are few: they are looked up by their positions.
        source := format('unnest(%L::bigint[], %L::bigint[]) r(id, counted)
            cross join lateral (
                select m.id from messages m
                where m.conversation_id = r.id and m.position > r.counted offset 0
            ) m join message_search s on s.message_id = m.id', readable, counted_positions);
    end if;

    while page_size is not null and source = 'message_search s' loop
        -- The condition is looked at after the limit, so that the planner expects so few rows for it.
        execute format('select array_agg(s.message_id order by s.message_id desc) filter (where true %s),
                min(s.message_id), count(*)
            from (
                select * from message_search s where s.message_id < $1 %s order by s.message_id desc limit $2
            ) s', condition, of_one)
        into found_now, word, rows_now using next_id, window_size;
        found := found || coalesce(found_now, '{}');
        next_id := coalesce(word::bigint, next_id);
        rows_read := rows_read + rows_now;
        if rows_now < window_size or cardinality(found) >= page_size then
            return array(select id from unnest(found || tail_ids) id order by id desc limit page_size);
        end if;
        exit when rows_read >= max_rows_read and (has_index or has_filter);
        -- Without an index there is no other way than to go on.
        exit when (has_index or has_filter)
            and rows_read::numeric * rows_read * page_size > cardinality(found)::numeric ^ 2 * total;
        window_size := least(window_size * 3, 50000);
    end loop;

    if has_index then
        -- All that the index has, before it is sorted.
        execute format('with found as materialized (
                select s.message_id from %s where s.message_id < $1 %s %s
            )
            select array(select f.message_id from found f order by f.message_id desc limit $2)',
            source, index_condition, condition)
        into found_now using next_id, page_size;
    else
        execute format('select array(
                select s.message_id from %s where s.message_id < $1 %s
                order by s.message_id desc limit $2)', source, condition)
        into found_now using next_id, page_size;
    end if;
    return array(select id from unnest(found || found_now || tail_ids) id order by id desc limit page_size);
end $$;
