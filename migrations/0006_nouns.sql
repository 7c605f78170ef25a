-- The nouns as the program reads them: each view has the columns to find and sort a row by, and
-- `noun`, the very JSON of the public API. One definition each, whoever asks.

create function user_noun(u users) returns json language sql stable
return json_build_object(
    'id', u.id, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url,
    'role', u.role,
    -- Who is connected is not in the database: the program fills it in.
    'presence', 'offline', 'lastSeenAt', u.last_seen_at
);

create function sender_noun(u users) returns json language sql stable
return json_build_object('id', u.id, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url);

create view message_nouns as
select m.id, m.conversation_id, m.position, m.created_seq, m.seq, m.sender_id, m.deleted_at,
    json_build_object(
        'id', m.id, 'conversationId', m.conversation_id, 'position', m.position, 'seq', m.seq,
        'sender', sender_noun(sender), 'kind', m.kind, 'body', m.body,
        'replyTo', case when replied.id is not null then json_build_object(
            'id', replied.id, 'position', replied.position, 'sender', sender_noun(replied_sender),
            'body', replied.body, 'deletedAt', replied.deleted_at) end,
        'attachments', json_build_array(),
        'reactions', coalesce((
            select json_agg(json_build_object('emoji', r.emoji, 'count', r.count, 'userIds', r.user_ids)
                order by r.first_at, r.emoji)
            from (
                select emoji, count(*) as count, min(created_at) as first_at,
                    json_agg(user_id order by created_at, user_id) as user_ids
                from reactions where message_id = m.id group by emoji
            ) r
        ), json_build_array()),
        'clientId', m.client_id, 'createdAt', m.created_at, 'editedAt', m.edited_at,
        'deletedAt', m.deleted_at
    ) as noun
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id;

create view member_nouns as
select m.conversation_id, m.user_id, m.role, m.joined_seq, m.seq, m.joined_at, m.left_at,
    json_build_object(
        'user', user_noun(u), 'role', m.role, 'readPosition', m.read_position,
        'deliveredPosition', m.delivered_position, 'joinedAt', m.joined_at
    ) as noun
from members m
join users u on u.id = m.user_id;

create view conversation_nouns as
select c.id, c.changed_seq,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at
    ) as noun
from conversations c;

-- Each conversation as each user has it (`caller_id`): ask for one caller, and either for
-- memberships (`role is not null`) or for what anybody may look at (`not private`).
create view head_nouns as
select u.id as caller_id, c.id, c.private, c.title, m.role, c.seq,
    coalesce(last.created_at, c.created_at) as active_at,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at,
        'role', m.role,
        'peer', case when c.kind = 'direct' then user_noun(peer) end,
        'readPosition', coalesce(m.read_position, c.position),
        'unread', c.position - coalesce(m.read_position, c.position),
        'mentions', case when m.read_position < c.position then (
            select count(*) from mentions
            where mentions.user_id = u.id and mentions.conversation_id = c.id
                and mentions.position > m.read_position
        ) else 0 end,
        'lastMessage', case when last.id is not null then json_build_object(
            'id', last.id, 'position', last.position, 'sender', sender_noun(last_sender),
            'kind', last.kind, 'body', left(last.body, 200), 'createdAt', last.created_at,
            'deletedAt', last.deleted_at) end
    ) as noun
from users u
cross join conversations c
left join members m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;
