-- Texts are folded further for comparing: the four letters i of Turkish are one (i, ı, İ, I), and a run of white
-- space is one space, so that a search finds what is written over two lines. The names of hosts in e-mail addresses
-- have one form. `fold_case` is `fold_text` as it was: what must be one of a kind is compared by it, as before.
--
-- The index of the messages, where 0032_search.sql has not dropped it, is built in this file, as 0023_text.sql
-- describes it. `message_search` is filled again behind the sends, while searches read what is missing from
-- `messages`.
set local lock_timeout = '2s';

-- As `fold_text` in 0023_text.sql.
create function fold_case(text text) returns text
language sql immutable parallel safe
return case
    when octet_length(text) = char_length(text) then lower(text)
    when text !~ '[\u00AD\u00DF\u0130\u0307\u0345\u034F\u037A\u03C2\u03F2\u03F9\u061C\u115F\u1160\u180B-\u180F\u1C80-\u1C88\u1E9E\u1F80-\u1FFC\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\U0001D400-\U0001D7FF]' and text is nfkc normalized
    then normalize(lower(text), nfc)
    else normalize(replace(replace(translate(lower(normalize(text, nfkd)),
        U&'\03C2\0345\1C80\1C81\1C82\1C83\1C84\1C85\1C86\1C87\1C88'
        || U&'\00AD\034F\061C\180B\180C\180D\180E\180F\200B\200C\200D\200E\200F\202A\202B\202C\202D\202E\2060\2061\2062\2063\2064\2065\2066\2067\2068\2069\206A\206B\206C\206D\206E\206F\115F\1160\FE00\FE01\FE02\FE03\FE04\FE05\FE06\FE07\FE08\FE09\FE0A\FE0B\FE0C\FE0D\FE0E\FE0F\FEFF',
        'σιвдосттъѣꙋ'), 'ß', 'ss'), U&'i\0307', 'i'), nfc)
end;

-- The text as it is searched. A database with the locale of Turkey makes ı of I, which is an i here, too. Selectors
-- from U+E0100 choose a picture of an ideograph. `~` is asked first, because few texts need what follows.
create or replace function fold_text(text text) returns text
language sql immutable parallel safe
return case
    when text ~ '[\u0009-\u000D\u0085\u0131\u1680\u2028\u2029\U000E0100-\U000E01EF]|[ \u00A0\u2000-\u200F\u202A-\u202F\u205F-\u206F\u3000\uFEFF]{2}'
    then regexp_replace(regexp_replace(translate(fold_case(text), 'ı', 'i'), '[\U000E0100-\U000E01EF]+', '', 'g'),
        '[\u0009-\u000D \u0085\u1680\u2028\u2029]+', ' ', 'g')
    else translate(fold_case(text), 'ı', 'i')
end;

-- As in 0023_text.sql. White space around the query does not count, whichever it is.
create or replace function contains_pattern(query text) returns text
language sql immutable parallel safe
return '%' || regexp_replace(btrim(fold_text(coalesce(query, ''))), '([\\%_])', '\\\1', 'g') || '%';

-- The label of a host in letters, of what follows `xn--` (Punycode, RFC 3492, 6.2). Null for what is none.
create function decode_punycode(encoded text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
    letters text[] := '{}';
    rest text := lower(encoded);
    code_point bigint := 128;
    index bigint := 0;
    bias bigint := 72;
    old_index bigint;
    weight bigint;
    threshold bigint;
    digit bigint;
    delta bigint;
    count bigint;
    k bigint;
begin
    -- A label has at most 63 characters.
    if rest !~ '^[a-z0-9-]{1,59}$' then
        return null;
    end if;
    if strpos(rest, '-') > 0 then
        letters := array_remove(string_to_array(regexp_replace(rest, '-[^-]*$', ''), null), '');
        rest := regexp_replace(rest, '^.*-', '');
    end if;
    while rest <> '' loop
        old_index := index;
        weight := 1;
        k := 36;
        loop
            if rest = '' or weight > 2147483647 or index > 2147483647 then
                return null;
            end if;
            digit := ascii(rest) - case when rest ~ '^[a-z]' then 97 else 22 end;
            rest := substr(rest, 2);
            index := index + digit * weight;
            threshold := least(26, greatest(1, k - bias));
            exit when digit < threshold;
            weight := weight * (36 - threshold);
            k := k + 36;
        end loop;
        count := cardinality(letters) + 1;
        delta := (index - old_index) / case when old_index = 0 then 700 else 2 end;
        delta := delta + delta / count;
        k := 0;
        while delta > 455 loop
            delta := delta / 35;
            k := k + 36;
        end loop;
        bias := k + 36 * delta / (delta + 38);
        code_point := code_point + index / count;
        index := index % count;
        if code_point > 1114111 or code_point between 55296 and 57343 then
            return null;
        end if;
        letters := letters[1:index] || chr(code_point::int) || letters[index + 1:];
        index := index + 1;
    end loop;
    return array_to_string(letters, '');
end $$;

-- An e-mail address whose host is written in letters: `me@xn--mnchen-3ya.de` is `me@münchen.de`.
create function with_unicode_host(email text) returns text
language sql immutable parallel safe
return regexp_replace(email, '[^@]*$', '') || (
    select string_agg(
        case when label ~* '^xn--' then coalesce(decode_punycode(substr(label, 5)), label) else label end, '.' order by n)
    from unnest(string_to_array(substring(email from '[^@]*$'), '.')) with ordinality l(label, n)
);

-- As in 0023_text.sql.
create or replace function email_key(email text) returns text
language sql immutable parallel safe
return left(fold_case(case when email ~* '@.*xn--' then with_unicode_host(email) else email end), 254);

-- Two accounts whose addresses are one now keep them, as in 0023_text.sql.
drop index users_email_key, users_email_folded;
update users u set email_is_duplicate = true
from (
    select id, row_number() over (partition by email_key(email) order by email_is_duplicate, id) as n
    from users where email is not null
) d
where d.id = u.id and d.n > 1 and not u.email_is_duplicate;
create unique index users_email_key on users (email_key(email)) where not email_is_duplicate;
create index users_email_folded on users (email_key(email));
drop index users_name_trgm;
create index users_name_trgm on users using gin (fold_text(name) gin_trgm_ops);

do $$
begin
    if to_regclass('messages_body_trgm') is not null then
        drop index messages_body_trgm;
        create index messages_body_trgm on messages
            using gin (fold_text(body) gin_trgm_ops) with (gin_pending_list_limit = 16384);
    end if;
    if to_regclass('search_progress') is not null then
        execute 'delete from search_progress';
    end if;
end $$;
