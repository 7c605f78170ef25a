-- Texts are compared as people compare them: regardless of case, composition and width. The database folds
-- both sides of every comparison with these functions, and the program folds nothing, so that there is one
-- way to do it.
--
-- The index of the messages is built in this file, while others may read but not send: about half a minute
-- for a million messages. A large installation makes it beforehand, beside the running servers: create
-- the function `fold_text` by hand as below, and then
--     create index concurrently messages_body_folded_trgm on messages
--         using gin (fold_text(body) gin_trgm_ops) with (gin_pending_list_limit = 16384);
-- This file finds both, and takes a moment.
set local lock_timeout = '2s';

-- The text as it is compared: Unicode's compatibility caseless matching (D146), NFKC with the case folded
-- and without characters that show nothing. `lower` does not fold all that Unicode folds: ß is ss, the
-- final sigma a sigma, the iota below a letter an iota. İ is i, with which people search for it. Folding
-- a folded text changes nothing. Not `strict`: Postgres could not inline it then.
create or replace function fold_text(text text) returns text
language sql immutable parallel safe
return case
    when octet_length(text) = char_length(text) then lower(text)
    -- Most texts outside ASCII have none of the characters that are folded otherwise than by `lower`.
    when text !~ '[\u00AD\u00DF\u0130\u0307\u0345\u034F\u037A\u03C2\u03F2\u03F9\u061C\u115F\u1160\u180B-\u180F\u1C80-\u1C88\u1E9E\u1F80-\u1FFC\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\U0001D400-\U0001D7FF]' and text is nfkc normalized
    then normalize(lower(text), nfc)
    else normalize(replace(replace(translate(lower(normalize(text, nfkd)),
        U&'\03C2\0345\1C80\1C81\1C82\1C83\1C84\1C85\1C86\1C87\1C88'
        -- What is shown as nothing (`Default_Ignorable_Code_Point`) has no counterpart, and goes.
        || U&'\00AD\034F\061C\180B\180C\180D\180E\180F\200B\200C\200D\200E\200F\202A\202B\202C\202D\202E\2060\2061\2062\2063\2064\2065\2066\2067\2068\2069\206A\206B\206C\206D\206E\206F\115F\1160\FE00\FE01\FE02\FE03\FE04\FE05\FE06\FE07\FE08\FE09\FE0A\FE0B\FE0C\FE0D\FE0E\FE0F\FEFF',
        'σιвдосттъѣꙋ'), 'ß', 'ss'), U&'i\0307', 'i'), nfc)
end;

-- A pattern for `like` that matches the query anywhere in a folded text, or everything without a query.
-- Folded first: a wide percent sign is one after that.
create function contains_pattern(query text) returns text
language sql immutable parallel safe
return '%' || regexp_replace(fold_text(btrim(coalesce(query, ''))), '([\\%_])', '\\\1', 'g') || '%';

-- What makes an e-mail address one of a kind. Its length is limited, as an index needs.
create function email_key(email text) returns text
language sql immutable parallel safe
return left(fold_text(email), 254);

-- Users. Two accounts may have had addresses that are one now: both keep it, the first one by right, and
-- whoever of them signs in with it is told apart by the password.
alter table users add column email_is_duplicate boolean not null default false;
update users u set email_is_duplicate = true
from (
    select id, row_number() over (partition by email_key(email) order by id) as n
    from users where email is not null
) d
where d.id = u.id and d.n > 1;
drop index users_email_key;
create unique index users_email_key on users (email_key(email)) where not email_is_duplicate;
create index users_email_folded on users (email_key(email));
drop index users_name_trgm;
create index users_name_trgm on users using gin (fold_text(name) gin_trgm_ops);

-- Names as the program would store them today: composed, in one line, without what is invisible, turns
-- the line round or piles up accents. `otherwise` takes the place of a name that shows nothing.
create function pg_temp.cleaned(line text, max_length int) returns text
language sql immutable
return rtrim(left(btrim(regexp_replace(regexp_replace(regexp_replace(
        normalize(translate(normalize(regexp_replace(line, '\s+', ' ', 'g'), nfkc), U&'\00AD\034F\061C\180B\180C\180D\180E\180F\200B\200E\200F\202A\202B\202C\202D\202E\2060\2061\2062\2063\2064\2065\2066\2067\2068\2069\206A\206B\206C\206D\206E\206F\115F\1160\FE00\FE01\FE02\FE03\FE04\FE05\FE06\FE07\FE08\FE09\FE0A\FE0B\FE0C\FE0D\FE0E\FEFF', ''), nfkc),
        '[\u0001-\u001F\u007F-\u009F]', '', 'g'),
        '([\u0300-\u036F\u0483-\u0489\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20F0]{4})[\u0300-\u036F\u0483-\u0489\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20F0]+', '\1', 'g'),
        '[ \u2800]+', ' ', 'g')), max_length));
create function pg_temp.clean_line(line text, max_length int, otherwise text) returns text
language sql immutable
return case when translate(pg_temp.cleaned(line, max_length), U&' \200C\200D\FE0F', '') <> ''
    then pg_temp.cleaned(line, max_length) else otherwise end;
update users set name = pg_temp.clean_line(name, 80, username)
where name <> pg_temp.clean_line(name, 80, username);
update conversations set title = pg_temp.clean_line(title, 120, 'Untitled')
where title <> pg_temp.clean_line(title, 120, 'Untitled');

-- Reactions get the one spelling of their emoji, the fully-qualified one: characters that are text by
-- default (`Emoji_Presentation=No`) have U+FE0F after them, unless a modifier follows, and others have not.
create function pg_temp.canonical_emoji(emoji text) returns text
language sql immutable
return regexp_replace(regexp_replace(translate(emoji, U&'\FE0E\FE0F', ''),
    '([\u00A9\u00AE\u203C\u2049\u2122\u2139\u2194-\u2199\u21A9-\u21AA\u2328\u23CF\u23ED-\u23EF\u23F1-\u23F2\u23F8-\u23FA\u24C2\u25AA-\u25AB\u25B6\u25C0\u25FB-\u25FC\u2600-\u2604\u260E\u2611\u2618\u261D\u2620\u2622-\u2623\u2626\u262A\u262E-\u262F\u2638-\u263A\u2640\u2642\u265F-\u2660\u2663\u2665-\u2666\u2668\u267B\u267E\u2692\u2694-\u2697\u2699\u269B-\u269C\u26A0\u26A7\u26B0-\u26B1\u26C8\u26CF\u26D1\u26D3\u26E9\u26F0-\u26F1\u26F4\u26F7-\u26F9\u2702\u2708-\u2709\u270C-\u270D\u270F\u2712\u2714\u2716\u271D\u2721\u2733-\u2734\u2744\u2747\u2763-\u2764\u27A1\u2934-\u2935\u2B05-\u2B07\u3030\u303D\u3297\u3299\U0001F170-\U0001F171\U0001F17E-\U0001F17F\U0001F202\U0001F237\U0001F321\U0001F324-\U0001F32C\U0001F336\U0001F37D\U0001F396-\U0001F397\U0001F399-\U0001F39B\U0001F39E-\U0001F39F\U0001F3CB-\U0001F3CE\U0001F3D4-\U0001F3DF\U0001F3F3\U0001F3F5\U0001F3F7\U0001F43F\U0001F441\U0001F4FD\U0001F549-\U0001F54A\U0001F56F-\U0001F570\U0001F573-\U0001F579\U0001F587\U0001F58A-\U0001F58D\U0001F590\U0001F5A5\U0001F5A8\U0001F5B1-\U0001F5B2\U0001F5BC\U0001F5C2-\U0001F5C4\U0001F5D1-\U0001F5D3\U0001F5DC-\U0001F5DE\U0001F5E1\U0001F5E3\U0001F5E8\U0001F5EF\U0001F5F3\U0001F5FA\U0001F6CB\U0001F6CD-\U0001F6CF\U0001F6E0-\U0001F6E5\U0001F6E9\U0001F6F0\U0001F6F3])(?![\U0001F3FB-\U0001F3FF])', U&'\005C1\FE0F', 'g'),
    '^([#*0-9])\u20E3$', U&'\005C1\FE0F\20E3');
with changed as (
    select message_id, emoji, user_id, created_at, pg_temp.canonical_emoji(emoji) as canonical
    from reactions
), removed as (
    delete from reactions r using changed c
    where r.message_id = c.message_id and r.emoji = c.emoji and r.user_id = c.user_id
        and c.canonical <> c.emoji
)
-- Two spellings of one reaction become one, the earlier of them.
insert into reactions (message_id, emoji, user_id, created_at)
select message_id, canonical, user_id, min(created_at) from changed
where canonical <> emoji and char_length(canonical) between 1 and 32
group by message_id, canonical, user_id
on conflict do nothing;

-- As in 0015_announcements.sql. `usernames` are what is written after each `@`, which may be longer than a
-- username: `kim_.` is the user `kim_`, or else `kim`. The longest one that a member has counts.
create or replace function mentioned_members(of_conversation_id bigint, of_sender_id bigint, usernames text[])
returns setof bigint language sql stable
begin atomic
    select distinct u.id from unnest(usernames) written(text)
    cross join lateral (
        select u.id from generate_series(
            greatest(2, char_length(rtrim(written.text, '._-'))), least(32, char_length(written.text))) n
        join users u on u.username = left(written.text, n)
        join memberships m
            on m.conversation_id = of_conversation_id and m.user_id = u.id and m.left_at is null
        order by n desc limit 1
    ) u
    where u.id <> of_sender_id;
end;

-- Messages. The index keeps its name: running servers of the earlier version flush it by that.
create index if not exists messages_body_folded_trgm on messages
    using gin (fold_text(body) gin_trgm_ops) with (gin_pending_list_limit = 16384);
drop index messages_body_trgm;
alter index messages_body_folded_trgm rename to messages_body_trgm;

-- As in 0013_search.sql and 0015_announcements.sql, with `fold_text`. Earlier servers pass a pattern that is
-- not folded.
--
-- The first way of a search: reads the newest messages one by one until a page is full, and returns their
-- ids. Returns null when the index is likely to need fewer rows, and [] when nothing matches.
--
-- Frequent words are found soon among the newest, while the index would name every message with that word
-- only to keep one page of them. Rare words are the opposite.
create or replace function find_newest_messages(
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
    folded_pattern constant text := fold_text(pattern);
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
        if message.conversation_id = any(conversation_ids) and fold_text(message.body) like folded_pattern
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
create or replace function find_messages(
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
        select k.conversation_id from memberships k
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
        where fold_text(m.body) like fold_text(pattern) and m.conversation_id = any(conversation_ids)
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
