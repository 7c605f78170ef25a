-- Texts are compared without any character that shows nothing: all of Unicode's Default_Ignorable_Code_Point, of which
-- `fold_case` leaves some (U+17B4, U+1D173, U+E0001, …). They are removed first, because what stands around them is
-- then composed. `fold_case`, by which e-mail addresses are one of a kind, stays as it is.
set local lock_timeout = '2s';

-- As in 0040_text.sql, of which only the removal is new. `~` is asked first, because few texts need what follows.
create or replace function fold_text(text text) returns text
language sql immutable parallel safe
return case
    when text ~ '[\u0009-\u000D\u0085\u00AD\u0131\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]|[ \u00A0\u2000-\u200A\u202F\u205F\u3000]{2}'
    then regexp_replace(translate(fold_case(regexp_replace(text,
        '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]+',
        '', 'g')), 'ı', 'i'), '[\u0009-\u000D \u0085\u1680\u2028\u2029]+', ' ', 'g')
    else translate(fold_case(text), 'ı', 'i')
end;

drop index users_name_trgm;
create index users_name_trgm on users using gin (fold_text(name) gin_trgm_ops);

-- The index of the messages, where 0032_search.sql has not dropped it. `message_search` is filled again behind the
-- sends, while searches read what is missing from `messages`.
do $$
begin
    if to_regclass('messages_body_trgm') is not null then
        drop index messages_body_trgm;
        create index messages_body_trgm on messages
            using gin (fold_text(body) gin_trgm_ops) with (gin_pending_list_limit = 16384);
    end if;
end $$;
delete from search_progress;
