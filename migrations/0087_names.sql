-- People and conversations are found by their names without accents: `capek` finds Čapek, `lodz` finds Łódź. Messages
-- are searched as before: their index would have to be built again.
--
-- `users_name_trgm` serves running servers of the earlier version, and is dropped by a later release.
set local lock_timeout = '2s';

-- The name as it is found: folded as texts are (0048_text.sql), without the combining marks of Latin, Greek and
-- Cyrillic, and with what people write for letters that Unicode does not decompose. й stays a letter of its own. The
-- program has the same rules for names in memory: `crates/model/src/accents.rs`.
create function fold_name(text text) returns text
language sql immutable parallel safe
return case
    when octet_length(text) = char_length(text) then fold_text(text)
    else translate(replace(replace(replace(normalize(regexp_replace(
        replace(normalize(fold_text(text), nfd), U&'\0438\0306', 'й'),
        '([a-z\u00B5-\u02AF\u0370-\u0482\u048A-\u052F\u1C80-\u1C8F\u1D00-\u1DBF\u1E00-\u1FFF\u2C60-\u2C7F\uA640-\uA66E\uA680-\uA69D\uA722-\uA7FF\uAB30-\uAB6F])[\u0300-\u036F\u0483-\u0489\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20F0\uFE20-\uFE2F]+',
        '\1', 'g'), nfc), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
        'ðđøłħŧŋƀɓƈɖɗəǝɛƒɠǥɨƙƚɲɔɵƥɍƭʉʋƴƶ‘’ʹʻʼ‐–',
        'ddolhtnbbcddeeefggiklnooprtuvyz''''''''''--')
end;

-- As `contains_pattern` (0040_text.sql), for a name that `fold_name` has folded.
create function name_pattern(query text) returns text
language sql immutable parallel safe
return '%' || regexp_replace(btrim(fold_name(coalesce(query, ''))), '([\\%_])', '\\\1', 'g') || '%';

create index users_found_name_trgm on users using gin (fold_name(name) gin_trgm_ops);

-- Who may be meant by a folded name that has typing errors: people whose names have a word with some of its trigrams,
-- and all but a few of its letters. `most_missing` is the number of errors: each spoils one letter at most. Which of
-- them are meant is decided by the program (`crates/chat/src/text/typing_errors.rs`).
create function people_nearly_named(sought text, most_missing int)
returns table (id bigint, username text, name text)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set jit = off
as $$
begin
    -- Two letters that were exchanged leave one of the six trigrams of a word of five letters.
    perform set_config('pg_trgm.word_similarity_threshold', '0.15', true);
    return query
    select u.id, u.username, fold_name(u.name) from users u
    where (u.username %> sought or fold_name(u.name) %> sought)
        and (char_length(translate(sought, u.username, '')) <= most_missing
            or char_length(translate(sought, fold_name(u.name), '')) <= most_missing)
        -- As in the list of users: who is gone from every app is left out.
        and not (u.password_hash is null
            and exists (select from app_users a where a.user_id = u.id and a.ended_at is not null)
            and not exists (select from app_users a where a.user_id = u.id and a.ended_at is null))
    -- Letters that were exchanged leave few trigrams, and all of the letters.
    order by greatest(word_similarity(sought, u.username), word_similarity(sought, fold_name(u.name))) desc,
        least(char_length(translate(sought, u.username, '')), char_length(translate(sought, fold_name(u.name), ''))),
        u.username
    limit 1000;
end $$;

-- As `find_places` finds places, those that may be meant by a folded name with typing errors.
create function places_nearly_named(caller_id bigint, sought text, most_missing int)
returns table (place text, id bigint, username text, name text)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off set enable_mergejoin = off
set jit = off
as $$
begin
    return query
    with own as materialized (
        select c.id, peer.id as peer_id, coalesce(peer.username, '') as username,
            fold_name(coalesce(c.title, peer.name)) as name
        from memberships k
        join conversations c on c.id = k.conversation_id
        left join users peer on c.kind = 'direct'
            and peer.id = case when c.low_user_id = caller_id then c.high_user_id else c.low_user_id end
        where k.user_id = caller_id and k.left_at is null and (c.id <> 0 or c.position > 0)
    )
    (
        select 'conversation', o.id, o.username, o.name from own o
        where char_length(translate(sought, o.username, '')) <= most_missing
            or char_length(translate(sought, o.name, '')) <= most_missing
        limit 1000
    )
    union all
    (
        select 'channel', c.id, '', fold_name(c.title) from conversations c
        where not c.private and char_length(translate(sought, fold_name(c.title), '')) <= most_missing
            and not exists (select from own o where o.id = c.id)
        limit 1000
    )
    union all
    select 'person', n.id, n.username, n.name from people_nearly_named(sought, most_missing) n
    where not exists (select from own o where o.peer_id = n.id);
end $$;

-- As in 0033_find.sql, by names without accents. A query that has accents finds what is written with them first.
create or replace function find_places(caller_id bigint, query text, max_places bigint)
returns table (place text, id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set max_parallel_workers_per_gather = 0
set jit = off
as $$
declare
    as_written constant text := contains_pattern(query);
    anywhere constant text := name_pattern(query);
    has_accents constant boolean := anywhere <> as_written;
    at_start constant text := substr(anywhere, 2);
    at_word constant text := '% ' || at_start;
    -- Fewer than three characters have no trigram: of them, the beginnings of names are looked up.
    in_name constant text := case when char_length(at_start) > 3 then anywhere else at_start end;
    is_empty constant boolean := at_start = '%';
begin
    return query
    with own as materialized (
        select c.id, c.kind, peer.id as peer_id, peer.username, coalesce(c.title, peer.name) as written,
            fold_name(coalesce(c.title, peer.name)) as name, coalesce(last.created_at, c.created_at) as used_at
        from memberships k
        join conversations c on c.id = k.conversation_id
        left join messages last on last.conversation_id = c.id and last.position = c.position
        left join users peer on c.kind = 'direct'
            and peer.id = case when c.low_user_id = caller_id then c.high_user_id else c.low_user_id end
        where k.user_id = caller_id and k.left_at is null and (c.id <> 0 or c.position > 0)
    ), favorite as materialized (
        select f.conversation_id, f.person_id from favorites f where f.user_id = caller_id
    ), found as (
        select 'conversation' as place, o.id, o.username, o.written, o.name,
            2 / (1 + greatest(0, extract(epoch from now() - o.used_at)) / 604800.0) + case when exists (
                select from favorite f where f.conversation_id = o.id or f.person_id = o.peer_id
            ) then 1.5 else 0 end as used
        from own o where o.name like anywhere or o.username like at_start
        union all
        (
            select 'channel', c.id, null, c.title, fold_name(c.title), 0
            from conversations c
            where not c.private and not is_empty and fold_name(c.title) like anywhere
                and not exists (
                    select from members m where m.conversation_id = c.id and m.user_id = caller_id and m.left_at is null
                )
            order by (has_accents and fold_text(c.title) like as_written) desc, c.member_count desc, c.id
            limit max_places * 5
        )
        union all
        (
            select 'person', u.id, u.username, u.name, fold_name(u.name),
                case when exists (select from favorite f where f.person_id = u.id) then 1.5 else 0 end
            from users u
            where not is_empty
                and (
                    u.username like at_start or fold_name(u.name) like at_start or fold_name(u.name) like at_word
                    or u.username like in_name or fold_name(u.name) like in_name
                )
                and not exists (select from own o where o.peer_id = u.id)
                -- As in the list of users: who is gone from every app is left out.
                and not (u.password_hash is null
                    and exists (select from app_users a where a.user_id = u.id and a.ended_at is not null)
                    and not exists (select from app_users a where a.user_id = u.id and a.ended_at is null))
            order by (has_accents and fold_text(u.name) like as_written) desc,
                (u.username like at_start or fold_name(u.name) like at_start) desc, u.username
            limit max_places * 5
        )
    )
    select f.place, f.id from found f
    order by (has_accents and fold_text(f.written) like as_written) desc,
        case when is_empty then 0
            when f.name like at_start or f.username like at_start then 3
            when f.name like at_word then 2
            else 1 end + f.used desc, f.place <> 'conversation', f.name, f.id
    limit max_places;
end $$;
