-- What a page is measured with: 100,000 messages of 400 days in one group ("Long"), a channel of 10,000 people
-- ("Everybody"), and with these two 1,000 conversations of `ada`. `linus` has 300 of them, `grace` is in all but
-- the direct ones. Everything is read. The three have accounts; the other people have none.
\set ON_ERROR_STOP on
set synchronous_commit = off;
create temp table people as select id, row_number() over (order by id) as n from (
    select id from users where id in (:ada, :grace, :linus)
) them;

with made as (
    insert into users (username, name)
    select 'p' || n || '-' || :ada, initcap(
        (array['amber','basil','clara','dario','elena','felix','greta','henry','irene','jonas'])[1 + n % 10]
        || ' ' || (array['hill','brook','stone','field','wood','lake','marsh','ford','dale','moor'])[1 + n / 10 % 10]
        || ' ' || n)
    from generate_series(1, 10000) n returning id
)
insert into people select id, 3 + row_number() over (order by id) from made;
create unique index on people (n);
analyze people;

-- The first is "Long", the second "Everybody". Of the others two in seven are direct.
create temp table rooms (n int primary key, id bigint, kind text, messages int);
with made as (
    insert into conversations (kind, title, private, low_user_id, high_user_id, created_by, created_at)
    select kind, case when kind <> 'direct' then title end, private, case when kind = 'direct' then :ada end,
        case when kind = 'direct' then person end, :ada, now() - interval '401 days'
    from (
        select r.n, p.id as person,
            case when r.n = 1 then 'group' when r.n = 2 then 'channel' when r.n % 7 < 2 then 'direct'
                when r.n % 7 < 5 then 'group' else 'channel' end as kind,
            case r.n when 1 then 'Long' when 2 then 'Everybody' else 'Room ' || r.n end as title,
            r.n % 7 < 5 and r.n <> 2 as private
        from generate_series(1, 1000) r(n) join people p on p.n = r.n + 100
    ) r order by n returning id, kind
)
insert into rooms
select row_number() over (order by id), id, kind, 0 from made;
update rooms set messages = case n when 1 then 100000 when 2 then 2000 else 60 end;

insert into members (conversation_id, user_id, role, joined_seq, seq, joined_at)
select r.id, p.id, case when p.id = :ada then 'owner' else 'member' end, 1, 1, now() - interval '400 days'
from rooms r
cross join lateral (
    select :ada::bigint as id
    union select :grace where r.kind <> 'direct'
    union select :linus where r.kind <> 'direct' and r.n <= 418
    union select id from people where r.kind = 'direct' and n = r.n + 100
    union select id from people where r.kind <> 'direct' and r.n <> 2 and n between 4 + r.n % 50 and 24 + r.n % 50
    union select id from people where r.n = 2
) p;

-- They write in turns of a few messages, ten within five minutes and then none for an hour, so that groups and
-- days come as they do with people. Each fifth message has several lines.
insert into messages (conversation_id, position, created_seq, seq, sender_id, body, created_at)
select r.id, m.n, m.n + 1, m.n + 1, p.id,
    'Message ' || m.n || ': ' || repeat('words of a usual length ', 1 + m.n % 5)
        || case when m.n % 5 = 0 then repeat('and some more of them in a second line ', 3) else '' end
        || case when m.n % 20 = 0 then ' https://example.org/' || m.n else '' end
        || case when m.n % 10000 = 17 then ' needle' || m.n else '' end,
    now() - interval '10 minutes' - ((r.messages - m.n) / 10) * interval '57 minutes' - (9 - m.n % 10) * interval '30 seconds'
from rooms r cross join lateral generate_series(1, r.messages) m(n)
join people p on p.n = case r.kind when 'direct' then r.n + 100 else 4 + r.n % 50 + m.n / 3 % 20 end
order by r.n desc, m.n;
update conversations c set position = r.messages, seq = r.messages + 1,
    member_count = (select count(*) from members m where m.conversation_id = c.id)
from rooms r where r.id = c.id;
update members m set read_position = r.messages, delivered_position = r.messages from rooms r where r.id = m.conversation_id;
insert into reactions (message_id, emoji, user_id)
select m.id, '👍', p.id from messages m join rooms r on r.id = m.conversation_id join people p on p.n between 5 and 6
where r.n <= 2 and m.position % 12 = 0;
update messages m set reply_to_id = q.id from messages q, rooms r
where r.n <= 2 and m.conversation_id = r.id and m.position % 25 = 0
    and q.conversation_id = r.id and q.position = m.position - 9;

-- As the worker fills it behind the sends. The conversations share the number of messages of a part.
create procedure pg_temp.index_rooms(ids bigint[]) language plpgsql as $$
declare
    done boolean := false;
begin
    while not done loop
        select is_done into done from index_search(ids, 20000);
        commit;
        perform flush_pending_list('message_search_text_trgm');
        commit;
    end loop;
end $$;
select array_agg(id) filter (where n = 1) as first, array_agg(id) filter (where n > 1) as others from rooms \gset
call pg_temp.index_rooms(:'first');
call pg_temp.index_rooms(:'others');
vacuum analyze users, conversations, members, messages, reactions, message_search, search_words, search_progress;
select r.id as long, e.id as everybody, (select id from messages m where m.conversation_id = r.id and m.position = 10017) as old
from rooms r, rooms e where r.n = 1 and e.n = 2;
