-- The rows that queries select. A view called `*_json` has the columns that find and order a row, and
-- `json`: the object of the public API for it. Each object is defined once, for all queries.
--
-- Ids are numbers, times are ISO 8601 with the time zone of the session.

create function user_json(u users) returns json language sql stable
return json_build_object(
    'id', u.id, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url,
    'role', u.role,
    -- The program replaces it: the presence of a user is memory of the nodes.
    'presence', 'offline', 'lastSeenAt', u.last_seen_at
);

-- The part of a user that each of their messages shows.
create function sender_json(u users) returns json language sql stable
return json_build_object('id', u.id, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url);

create view member_json as
select m.conversation_id, m.user_id, m.role, m.joined_seq, m.seq, m.joined_at, m.left_at,
    json_build_object(
        'user', user_json(u), 'role', m.role, 'readPosition', m.read_position,
        'deliveredPosition', m.delivered_position, 'joinedAt', m.joined_at
    ) as json
from members m
join users u on u.id = m.user_id;

create view conversation_json as
select c.id, c.changed_seq,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at
    ) as json
from conversations c;

-- Each conversation as each user (`caller_id`) sees it in a list. A query names one caller, and narrows
-- the view to their memberships (`role is not null`) or to open channels (`not private`); without
-- that it would be the product of all users and all conversations.
create view conversation_summaries as
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
    ) as json
from users u
cross join conversations c
left join members m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;

create view announcement_json as
select a.id, a.sent_by, a.sent_at,
    json_build_object(
        'id', a.id, 'body', a.body, 'kind', a.kind, 'sentBy', a.sent_by,
        'senderName', sender.name, 'reach', a.reach, 'sentAt', a.sent_at
    ) as json
from announcements a join users sender on sender.id = a.sent_by;

-- The conversations that a user may read: those of their memberships, and open channels.
create view visible_conversations as
select c.id as conversation_id, u.id as user_id
from conversations c
cross join users u
left join members m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
where not c.private or m.user_id is not null;

-- A message in plain columns and not as JSON: writing and parsing JSON took most of the time of a page
-- of messages (measured). Attachments and reactions, which few messages have, are JSON lists, and null
-- for a message without: such a message costs one index look-up for each.
create view message_rows as
select m.id, m.conversation_id, m.position, m.created_seq, m.seq, m.kind, m.body, m.official,
    m.client_id, m.created_at, m.edited_at, m.deleted_at,
    m.sender_id, sender.username, sender.name, sender.avatar_url,
    replied.id as reply_id, replied.position as reply_position, replied.body as reply_body,
    replied.deleted_at as reply_deleted_at, replied.sender_id as reply_sender_id,
    replied_sender.username as reply_username, replied_sender.name as reply_name,
    replied_sender.avatar_url as reply_avatar_url,
    case when exists (select from attachments where message_id = m.id) then (
        select json_agg(json_build_object('id', a.id::text, 'name', a.name, 'url', a.url)
            order by a.position)
        from attachments a where a.message_id = m.id
    ) end as attachments,
    case when exists (select from reactions where message_id = m.id) then (
        select json_agg(json_build_object('emoji', r.emoji, 'count', r.count, 'userIds', r.user_ids)
            order by r.first_at, r.emoji)
        from (
            select emoji, count(*) as count, min(created_at) as first_at,
                json_agg(user_id order by created_at, user_id) as user_ids
            from reactions where message_id = m.id group by emoji
        ) r
    ) end as reactions
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id;
