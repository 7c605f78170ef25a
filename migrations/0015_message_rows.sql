-- Who may look at what: members at their conversations, and anybody at an open channel.
create view visible_conversations as
select c.id as conversation_id, u.id as user_id
from conversations c
cross join users u
left join members m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
where not c.private or m.user_id is not null;

-- A message as the program reads it: plain columns, since to print and parse JSON takes most of the
-- time of a page. What few messages have is a list in JSON, and null for all others, so that those
-- cost one look into an index.
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
