-- Pins, which everybody in a conversation sees, and messages that a user saves for themselves.
set local lock_timeout = '2s';

create table pins (
    -- The order of the list: the newest pin first.
    id bigint generated always as identity,
    message_id bigint not null constraint pins_message_fkey references messages on delete cascade,
    -- That of the message. Without a foreign key, as in `messages`.
    conversation_id bigint not null,
    pinned_by bigint not null constraint pins_pinned_by_fkey references users on delete cascade,
    pinned_at timestamptz not null default now(),
    constraint pins_pkey primary key (message_id)
);
create index pins_conversation_id on pins (conversation_id, id);
create index pins_pinned_by on pins (pinned_by);

create table saved_messages (
    -- The order of the list: what was saved last comes first.
    id bigint generated always as identity,
    user_id bigint not null constraint saved_messages_user_fkey references users on delete cascade,
    message_id bigint not null constraint saved_messages_message_fkey references messages on delete cascade,
    saved_at timestamptz not null default now(),
    constraint saved_messages_pkey primary key (user_id, message_id)
);
create index saved_messages_id on saved_messages (user_id, id);
create index saved_messages_message_id on saved_messages (message_id);

-- As in 0011_json.sql, with the pin of a message; null for a message without.
create or replace view message_rows as
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
    ) end as reactions,
    (
        select json_build_object('by', sender_json(pinner), 'at', p.pinned_at)
        from pins p join users pinner on pinner.id = p.pinned_by
        where p.message_id = m.id
    ) as pinned
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id;
