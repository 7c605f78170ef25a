-- Files that a message names; they lie wherever their address says.
create table attachments (
    id bigint generated always as identity primary key,
    message_id bigint not null constraint attachments_message_fkey references messages on delete cascade,
    position smallint not null,
    name text not null
        constraint attachments_name_length check (char_length(name) between 1 and 255),
    url text not null
        constraint attachments_url_length check (char_length(url) between 1 and 2000)
);
create unique index attachments_position_key on attachments (message_id, position);

create or replace view message_nouns as
select m.id, m.conversation_id, m.position, m.created_seq, m.seq, m.sender_id, m.deleted_at,
    json_build_object(
        'id', m.id, 'conversationId', m.conversation_id, 'position', m.position, 'seq', m.seq,
        'sender', sender_noun(sender), 'kind', m.kind, 'body', m.body,
        'replyTo', case when replied.id is not null then json_build_object(
            'id', replied.id, 'position', replied.position, 'sender', sender_noun(replied_sender),
            'body', replied.body, 'deletedAt', replied.deleted_at) end,
        'attachments', coalesce((
            select json_agg(json_build_object('id', a.id::text, 'name', a.name, 'url', a.url)
                order by a.position)
            from attachments a where a.message_id = m.id
        ), json_build_array()),
        'reactions', coalesce((
            select json_agg(json_build_object('emoji', r.emoji, 'count', r.count, 'userIds', r.user_ids)
                order by r.first_at, r.emoji)
            from (
                select emoji, count(*) as count, min(created_at) as first_at,
                    json_agg(user_id order by created_at, user_id) as user_ids
                from reactions where message_id = m.id group by emoji
            ) r
        ), json_build_array()),
        'official', m.official,
        'clientId', m.client_id, 'createdAt', m.created_at, 'editedAt', m.edited_at,
        'deletedAt', m.deleted_at
    ) as noun
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id;
