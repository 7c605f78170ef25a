-- Deleted messages do not count as unread: nobody can read them. And whether others see a user's e-mail
-- address is the user's choice.
set local lock_timeout = '2s';

-- Whether everybody sees the user's e-mail address at the contracts that print addresses. Without it only
-- the user, and the app whose user it is, do.
alter table users add column shares_email boolean not null default false;

-- What members have not read, of conversations with messages above their read position: the messages above
-- it that are not deleted, and those of them that mention the member. Positions have no holes, so only the
-- deleted messages are counted (by the index `messages_deleted`). `unread` is 0 where all of them are deleted.
create view unread_memberships as
select m.conversation_id, m.user_id, c.kind,
    c.position - m.read_position - (
        select count(*) from messages d
        where d.conversation_id = c.id and d.position > m.read_position and d.deleted_at is not null
    ) as unread,
    (
        select count(*) from mentions
        where mentions.user_id = m.user_id and mentions.conversation_id = c.id
            and mentions.position > m.read_position
    ) as mentions
from memberships m join conversations c on c.id = m.conversation_id
where m.left_at is null and c.position > m.read_position;

-- As in 0015_announcements.sql, without deleted messages in `unread`.
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
        'unread', case when m.read_position < c.position then c.position - m.read_position - (
            select count(*) from messages d
            where d.conversation_id = c.id and d.position > m.read_position and d.deleted_at is not null
        ) else 0 end,
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
