-- The index of the search leaves the transaction of a send: a worker of the program fills `message_search`
-- behind the sends, and a search reads it together with what is not in it yet.
--
-- What is behind is known by the conversations' own sequence: a conversation is indexed up to a `seq`
-- (`search_progress`), and whatever happened to a message after that (sent, edited, deleted, imported) is
-- found by its `seq`. So nothing is missed after a crash, and no trigger and no queue is needed.
--
-- An existing database is filled by the worker, in parts, while the servers run: about a minute for a million
-- messages. Until then a search reads what is missing from `messages`, which is slower and complete. Running
-- servers of the earlier version search by `find_messages`, which is replaced here. The index that they
-- flush, `messages_body_trgm`, is dropped by 0032_search.sql: they log from then on that it is gone.
set local lock_timeout = '2s';

-- What the search needs of each message that is not deleted. No foreign keys: a row is written behind the
-- message, and `delete_content` and the worker delete it after the message.
create table message_search (
    message_id bigint primary key,
    conversation_id bigint not null,
    position bigint not null,
    sender_id bigint not null,
    created_at timestamptz not null,
    has_link boolean not null,
    has_file boolean not null,
    has_image boolean not null,
    -- The body, folded (0023_text.sql).
    text text not null
);

-- Finds any part of a text of three characters or more. Entries wait in the pending list, which the worker
-- flushes (`flush_pending_list`) after each part.
create index message_search_text_trgm on message_search using gin (text gin_trgm_ops)
    with (gin_pending_list_limit = 16384);
create index message_search_conversation on message_search (conversation_id, message_id);
create index message_search_sender on message_search (sender_id, message_id);
create index message_search_created_at on message_search (created_at);
create index message_search_link on message_search (message_id) where has_link;
create index message_search_file on message_search (message_id) where has_file;
create index message_search_image on message_search (message_id) where has_image;

-- The single characters and the pairs in a text of Chinese, Japanese and Korean, whose words have one or two
-- characters: fewer than a trigram.
create function search_grams(text text) returns text[]
language sql immutable parallel safe
return (
    select array_agg(distinct substr(run.texts[1], start.at, size.chars))
    from regexp_matches(text,
        '[\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF]+',
        'g') run(texts)
    cross join (values (1), (2)) size(chars)
    cross join generate_series(1, char_length(run.texts[1]) + 1 - size.chars) start(at)
);
create index message_search_grams on message_search using gin (search_grams(text))
    where text ~ '[\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF]';

-- The seq up to which a conversation is in `message_search`. No row: nothing of it is.
create table search_progress (
    conversation_id bigint primary key,
    seq bigint not null
) with (fillfactor = 70);

-- The words of all messages, for queries with a typing error: the words that are like one of the query are
-- looked up here, and then searched for. Only words of letters, of 4 to 32 characters. A word stays when its
-- last message is gone.
create table search_words (
    word text collate "C" primary key
);
create index search_words_trgm on search_words using gin (word gin_trgm_ops)
    with (gin_pending_list_limit = 4096);

-- One row, which the node that indexes locks for each part.
create table search_state (
    is_only boolean primary key default true constraint search_state_one check (is_only),
    -- When all conversations were last compared with their progress, and how many changes were behind then.
    compared_at timestamptz,
    lag bigint not null default 0
) with (fillfactor = 50);
insert into search_state default values;

-- As in 0003_conversations.sql.
create or replace function delete_content() returns trigger language plpgsql as $$
begin
    delete from messages m where m.conversation_id = old.id;
    delete from read_marks r where r.conversation_id = old.id;
    delete from message_search s where s.conversation_id = old.id;
    delete from search_progress p where p.conversation_id = old.id;
    return null;
end $$;

-- Whether a text has an address of the web (`crates/chat/src/text/links.rs` says what is one).
create function has_link(text text) returns boolean
language sql immutable parallel safe
return text ~* '(^|[^a-z0-9])https?://[[:alnum:]\[]';

-- The messages as the rows of `message_search` have them. Each column is an expression of its own, so that a
-- search pays for those that it asks for.
create view search_rows as
select m.id as message_id, m.conversation_id, m.position, m.seq, m.sender_id, m.created_at,
    m.deleted_at is not null as is_deleted,
    has_link(m.body) as has_link,
    m.kind in ('image', 'file', 'audio', 'video')
        or exists (select from attachments a where a.message_id = m.id) as has_file,
    m.kind = 'image' or exists (
        select from attachments a
        where a.message_id = m.id
            and concat(a.name, ' ', a.url) ~* '\.(png|jpe?g|gif|webp|avif|svg|bmp|heic)(\s|\?|#|$)'
    ) as has_image,
    fold_text(m.body) as text
from messages m;

-- Brings conversations up to date, at most about `max_messages` messages, the earlier changes first. Returns
-- the number of messages that it looked at, and whether all of the conversations are up to date now. One
-- statement reads them, so that the seq and the messages are of one moment.
create function index_search(of_conversation_ids bigint[], max_messages bigint)
returns table (looked_at bigint, is_done boolean)
language sql volatile
set enable_seqscan = off
begin atomic
    with behind as materialized (
        select c.id, c.seq, coalesce(p.seq, 0) as done,
            greatest(10, max_messages / greatest(1, cardinality(of_conversation_ids))) as max_rows
        from conversations c left join search_progress p on p.conversation_id = c.id
        where c.id = any(of_conversation_ids) and c.seq > coalesce(p.seq, 0)
    ), changed as materialized (
        select r.* from behind b
        cross join lateral (
            select * from search_rows r where r.conversation_id = b.id and r.seq > b.done
            order by r.seq limit b.max_rows
        ) r
    ), written as (
        insert into message_search as s (message_id, conversation_id, position, sender_id, created_at, has_link,
            has_file, has_image, text)
        select g.message_id, g.conversation_id, g.position, g.sender_id, g.created_at, g.has_link, g.has_file,
            g.has_image, g.text
        from changed g where not g.is_deleted
        on conflict (message_id) do update set text = excluded.text, has_link = excluded.has_link,
            has_file = excluded.has_file, has_image = excluded.has_image, created_at = excluded.created_at
        -- A reaction is a change of its message, too.
        where (s.text, s.has_link, s.has_file, s.has_image, s.created_at)
            is distinct from (excluded.text, excluded.has_link, excluded.has_file, excluded.has_image,
                excluded.created_at)
    ), removed as (
        delete from message_search s using changed g where g.is_deleted and s.message_id = g.message_id
    ), words as (
        insert into search_words (word)
        select distinct w.word collate "C" from changed g
        cross join lateral regexp_split_to_table(g.text, '[[:space:][:punct:]]+') w(word)
        where not g.is_deleted and char_length(w.word) between 4 and 32 and w.word !~ '[[:digit:]]'
        on conflict do nothing
    ), progress as (
        insert into search_progress as p (conversation_id, seq)
        select b.id, case when r.rows >= b.max_rows then r.last else b.seq end
        from behind b
        cross join lateral (
            select count(*) as rows, max(g.seq) as last from changed g where g.conversation_id = b.id
        ) r
        on conflict (conversation_id) do update set seq = excluded.seq
    )
    select (select count(*) from changed),
        not exists (
            select from behind b
            where (select count(*) from changed g where g.conversation_id = b.id) >= b.max_rows
        );
end;

-- The condition for which a word after `has:` or `is:` stands, over a row `s` of `message_search`; null for
-- one that is not known.
create function search_condition(feature text, caller_id bigint) returns text
language sql immutable
return case feature
    when 'link' then 's.has_link'
    when 'file' then 's.has_file'
    when 'image' then 's.has_image'
    when 'reaction' then 'exists (select from reactions r where r.message_id = s.message_id)'
    when 'unread' then format('s.sender_id <> %1$s and s.position > coalesce((select k.read_position from members k '
        'where k.conversation_id = s.conversation_id and k.user_id = %1$s), '
        '(select u.announcements_read from users u where u.id = %1$s))', caller_id)
    when 'mention' then format(
        'exists (select from mentions n where n.message_id = s.message_id and n.user_id = %s)', caller_id)
end;

-- The ids of the messages that a search finds, the newest first, at most `page_size` (null: all). Only those
-- of conversations of which the caller is a member now; deleted messages never.
--
-- Frequent words are found among the newest messages, which are read first, in windows; rare ones by the
-- index. Let a share s of all n messages match. The index then leads to n * s rows, and the windows fill a
-- page of p after p / s rows: the index is asked once p / s > n * s, with s estimated from what was read. So
-- neither way reads many more than sqrt(n * p) rows.
create function search_messages(
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
    -- The caller's read positions there, and the messages after them.
    read_positions bigint[];
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
    select array_agg(c.id), array_agg(k.read_position), array_agg(c.id) filter (where c.seq > coalesce(p.seq, 0)),
        sum(c.position), sum(c.position - k.read_position)
    into readable, read_positions, behind, total, unread
    from memberships k join conversations c on c.id = k.conversation_id
    left join search_progress p on p.conversation_id = c.id
    where k.user_id = caller_id and k.left_at is null
        and (only_conversation_ids is null or c.id = any(only_conversation_ids))
        and c.id <> all(excluded_conversation_ids)
        and ('unread' <> all(features) or c.position > k.read_position);
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
        source := format('unnest(%L::bigint[], %L::bigint[]) r(id, read_position)
            cross join lateral (
                select m.id from messages m
                where m.conversation_id = r.id and m.position > r.read_position offset 0
            ) m join message_search s on s.message_id = m.id', readable, read_positions);
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

-- As in 0023_text.sql, for the messages that contain one text: running servers of the earlier version and the
-- searches with numbered pages call it.
create or replace function find_messages(
    caller_id bigint, pattern text,
    only_conversation_id bigint, only_sender_id bigint, before timestamptz, after timestamptz,
    cursor_id bigint, page_size bigint, page_offset bigint, with_total boolean
)
returns table (total bigint, ids bigint[])
language plpgsql stable
set plan_cache_mode = force_custom_plan
as $$
declare
    is_page constant boolean := not with_total and page_offset = 0;
    found bigint[];
begin
    found := search_messages(caller_id, array[fold_text(pattern)], '{}', '{}',
        case when only_conversation_id is not null then array[only_conversation_id] end, '{}',
        case when only_sender_id is not null then array[only_sender_id] end, '{}',
        after, null, before, '{}', '{}',
        case when not with_total then cursor_id end, case when is_page then page_size end);
    if with_total then
        total := cardinality(found);
    end if;
    ids := array(
        select f from unnest(found) f where cursor_id is null or f < cursor_id
        order by f desc limit page_size offset page_offset
    );
    return next;
end $$;
drop function find_newest_messages;

-- Words that are like another one, the most alike first.
create function similar_words(to_word text, max_words bigint) returns setof text
language plpgsql volatile
as $$
begin
    -- Lower than the default of 0.3: two letters that changed places leave a short word little in common.
    perform set_config('pg_trgm.similarity_threshold', '0.2', true);
    return query
    select w.word::text from search_words w
    where w.word % to_word and char_length(w.word) between char_length(to_word) - 2 and char_length(to_word) + 2
    order by similarity(w.word, to_word) desc, w.word limit max_words;
end $$;

-- Messages in the order of how well they match, the best first: by whole words, or words that begin so, and
-- all words together as they are written; then short and recent ones.
create function rank_messages(ids bigint[], words text[]) returns bigint[]
language sql stable
begin atomic
    select array(
        select m.id from messages m left join message_search s on s.message_id = m.id
        left join search_progress p on p.conversation_id = m.conversation_id
        cross join lateral (
            select case when m.seq <= p.seq and s.text is not null then s.text else fold_text(m.body) end as text
        ) b
        cross join lateral (
            select coalesce(avg(case
                when b.text ~ ('\m' || w.pattern || '\M') then 2
                when b.text ~ ('\m' || w.pattern) then 1
                else 0 end), 0) as closeness
            from (
                select regexp_replace(fold_text(word), '([^[:alnum:]])', '\\\1', 'g') as pattern
                from unnest(words) word
            ) w
        ) r
        where m.id = any(ids)
        order by r.closeness
            + case when b.text like contains_pattern(array_to_string(words, ' ')) then 1 else 0 end
            + 1 / (1 + char_length(m.body) / 200.0)
            + 1 / (1 + extract(epoch from now() - m.created_at) / 2592000.0) desc, m.id desc
    );
end;
