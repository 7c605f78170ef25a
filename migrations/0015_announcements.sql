-- Announcements become the messages of one conversation, to which everybody belongs without a row in
-- `members`. Its id is 0, which is fixed so that no query and no cache is needed to know it; the ids of
-- other conversations begin at 1.
set local lock_timeout = '2s';

-- The new constraints are validated by 0017_conversations.sql.
alter table conversations
    alter column created_by drop not null,
    drop constraint conversations_kind_known,
    add constraint conversations_kind_known
        check (kind in ('direct', 'group', 'channel', 'announcements')) not valid,
    add constraint conversations_announcements_id check ((kind = 'announcements') = (id = 0)) not valid,
    -- Nobody has created the announcements.
    add constraint conversations_created_by_kind
        check ((kind = 'announcements') = (created_by is null)) not valid;

-- Nobody counts its members: `member_count` stays 0.
insert into conversations (id, kind, title, private)
overriding system value values (0, 'announcements', 'Announcements', true);

-- The announcements so far become messages, in their order.
insert into messages (conversation_id, position, created_seq, seq, sender_id, kind, body, client_id, created_at)
select 0, n, n + 1, n + 1, sent_by, kind, body, client_id, sent_at
from (select *, row_number() over (order by id) as n from announcements) a;
update conversations set (position, seq) = (select count(*), 1 + count(*) from announcements) where id = 0;

-- The position of the newest announcement. Users who register start there: what was announced before
-- is not unread for them.
create function announcements_position() returns bigint language sql stable
return coalesce((select position from conversations where id = 0), 0);

-- The positions up to which a user has read the announcements, and up to which a socket of theirs has
-- received them. They take the place of a row in `members`. The default of the existing rows is the
-- present position, which Postgres stores once.
alter table users
    add column announcements_read bigint not null default announcements_position(),
    add column announcements_delivered bigint not null default announcements_position();

-- Those who have not received all: everything after `announced_up_to`, and since they registered.
update users u set announcements_read = k.known, announcements_delivered = k.known
from (
    select u.id, (
        select count(*) from announcements a where a.id <= u.announced_up_to or a.sent_at < u.created_at
    ) as known
    from users u where u.announced_up_to < (select max(id) from announcements)
) k where k.id = u.id and k.known < u.announcements_read;
alter table users drop column announced_up_to;

-- What an announcement has beside its message. The id of an announcement is that of its message.
create table announcement_reaches (
    message_id bigint primary key
        constraint announcement_reaches_message_fkey references messages on delete cascade,
    -- The number of users that it was sent to.
    reach bigint not null
);
insert into announcement_reaches (message_id, reach)
select m.id, a.reach
from (select reach, row_number() over (order by id) as n from announcements) a
join messages m on m.conversation_id = 0 and m.position = a.n;
drop view announcement_json;
drop table announcements;

create view announcement_json as
select r.message_id as id, m.conversation_id, m.position, m.deleted_at,
    json_build_object(
        'id', m.id, 'body', m.body, 'kind', m.kind, 'sentBy', m.sender_id,
        'senderName', sender.name, 'reach', r.reach, 'sentAt', m.created_at
    ) as json
from announcement_reaches r
join messages m on m.id = r.message_id
join users sender on sender.id = m.sender_id;

-- The number of users that an announcement is for: all others who are not blocked. Reads all users, so
-- the settings of `send_messages`, which calls it, are no good for it.
create function announcement_reach(of_sender_id bigint) returns bigint language sql stable
set enable_seqscan = on
begin atomic
    select count(*) from users where id <> of_sender_id and blocked_at is null;
end;

-- Who belongs to which conversation: the rule for all. Everybody belongs to the announcements, in which
-- administrators have the role `admin` and write. Former members are those with a `left_at`.
--
-- Both halves are plain scans of one table, without a condition: only so does a join with the view
-- look up the rows that it needs by index (`is_safe_append_member` in Postgres' planner).
create view memberships as
select m.conversation_id, m.user_id, m.role, m.read_position, m.delivered_position, m.left_at
from members m
union all
select 0::bigint, u.id, case u.role when 'admin' then 'admin' else 'member' end,
    u.announcements_read, u.announcements_delivered, null::timestamptz
from users u;

-- As in 0011_json.sql, by memberships. Lists leave out the announcements while there are none
-- (`is_listed`).
create or replace view conversation_summaries as
select u.id as caller_id, c.id, c.private, c.title, m.role, c.seq,
    coalesce(last.created_at, c.created_at) as active_at,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at,
        'role', m.role,
        'peer', case when c.kind = 'direct' then user_json(peer) end,
        'readPosition', coalesce(m.read_position, c.position),
        'unread', c.position - coalesce(m.read_position, c.position),
        'mentions', case when m.read_position < c.position then (
            select count(*) from mentions
            where mentions.user_id = u.id and mentions.conversation_id = c.id
                and mentions.position > m.read_position
        ) else 0 end,
        'lastMessage', case when last.id is not null then json_build_object(
            'id', last.id, 'position', last.position, 'sender', sender_json(last_sender),
            'kind', last.kind, 'body', left(last.body, 200), 'createdAt', last.created_at,
            'deletedAt', last.deleted_at) end
    ) as json,
    c.id <> 0 or c.position > 0 as is_listed
from users u
cross join conversations c
left join memberships m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;

-- As in 0011_json.sql, by memberships.
create or replace view visible_conversations as
select c.id as conversation_id, u.id as user_id
from conversations c
cross join users u
left join memberships m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
where not c.private or m.user_id is not null;

-- As in 0005_messages.sql, by memberships: an announcement may mention anybody.
create or replace function mentioned_members(of_conversation_id bigint, of_sender_id bigint, usernames text[])
returns setof bigint language sql stable
begin atomic
    select u.id from users u
    join memberships m on m.conversation_id = of_conversation_id and m.user_id = u.id and m.left_at is null
    where u.username = any(usernames) and u.id <> of_sender_id;
end;

-- As in 0013_search.sql, by memberships.
--
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
