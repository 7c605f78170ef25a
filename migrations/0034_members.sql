-- A member may mark messages as unread again. What others see as read stays: `read_position` never moves
-- back. The counts of the member begin at the mark instead.
set local lock_timeout = '2s';

-- The position before the first message that counts as unread again, and the read position at which the
-- mark was set. The mark holds while that is the read position: whatever moves it, a send too, ends the
-- mark without knowing of it. Null: no mark.
alter table members add column unread_after bigint, add column unread_marked_at bigint;

-- The same for the announcements, whose positions are in `users`.
alter table users
    add column announcements_unread_after bigint,
    add column announcements_unread_marked_at bigint;

-- The position after which messages count as unread for a member.
create function counted_position(read_position bigint, unread_after bigint, unread_marked_at bigint)
returns bigint language sql immutable parallel safe
return case when unread_marked_at = read_position then unread_after else read_position end;

-- As in 0015_announcements.sql, with the marks. Plain columns, as that file says.
create or replace view memberships as
select m.conversation_id, m.user_id, m.role, m.read_position, m.delivered_position, m.left_at,
    m.unread_after, m.unread_marked_at
from members m
union all
select 0::bigint, u.id, case u.role when 'admin' then 'admin' else 'member' end,
    u.announcements_read, u.announcements_delivered, null::timestamptz,
    u.announcements_unread_after, u.announcements_unread_marked_at
from users u;

-- As in 0024_unread_counts.sql, from the counted position.
create or replace view unread_memberships as
select m.conversation_id, m.user_id, c.kind,
    c.position - counted_position(m.read_position, m.unread_after, m.unread_marked_at) - (
        select count(*) from messages d
        where d.conversation_id = c.id and d.deleted_at is not null
            and d.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
    ) as unread,
    (
        select count(*) from mentions
        where mentions.user_id = m.user_id and mentions.conversation_id = c.id
            and mentions.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
    ) as mentions
from memberships m join conversations c on c.id = m.conversation_id
where m.left_at is null
    and c.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at);

-- As in 0024_unread_counts.sql, from the counted position.
create or replace view conversation_summaries as
select u.id as caller_id, c.id, c.private, c.title, m.role, c.seq,
    coalesce(last.created_at, c.created_at) as active_at,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at,
        'role', m.role,
        'peer', case when c.kind = 'direct' then user_json(peer) end,
        'readPosition', coalesce(counted.position, c.position),
        'unread', case when counted.position < c.position then c.position - counted.position - (
            select count(*) from messages d
            where d.conversation_id = c.id and d.position > counted.position and d.deleted_at is not null
        ) else 0 end,
        'mentions', case when counted.position < c.position then (
            select count(*) from mentions
            where mentions.user_id = u.id and mentions.conversation_id = c.id
                and mentions.position > counted.position
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
left join lateral (
    select counted_position(m.read_position, m.unread_after, m.unread_marked_at) as position
) counted on true
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;
