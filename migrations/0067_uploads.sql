-- Uploads: the files of users. Their bytes are in the object store, in pieces whose names follow from `received`.

create table uploads (
    id bigint generated always as identity primary key,
    user_id bigint not null constraint uploads_user_fkey references users,
    client_id text constraint uploads_client_id_length check (char_length(client_id) between 1 and 128),
    -- As it is shown and saved, without what could mislead.
    name text not null constraint uploads_name_length check (char_length(name) between 1 and 255),
    -- What the client says that it is: only a hint.
    given_type text not null constraint uploads_given_type_length check (char_length(given_type) <= 255),
    size bigint not null constraint uploads_size check (size >= 0),
    -- Bytes that are in the object store.
    received bigint not null default 0 constraint uploads_received check (received between 0 and size),
    -- What it is by its bytes; null until all of them have been looked at.
    kind text constraint uploads_kind check (kind in ('image', 'video', 'audio', 'file')),
    content_type text,
    -- Bytes that members get; of a picture without its metadata.
    content_size bigint,
    -- Whether the content has pieces of its own, and is not what was received.
    is_stripped boolean not null default false,
    -- As the picture is shown, turned by its orientation.
    width integer,
    height integer,
    -- Milliseconds.
    duration bigint,
    -- A tiny picture as a `data:` address.
    placeholder text,
    -- `[{"url", "width", "height"}]`
    thumbnails jsonb not null default '[]',
    created_at timestamptz not null default now(),
    -- When it is swept, unless a message has it.
    expires_at timestamptz not null default now() + interval '24 hours'
);
create unique index uploads_client_id_key on uploads (user_id, client_id);
-- What a user has, for the quota.
create index uploads_user_id on uploads (user_id) include (size, received, content_size);

-- Both are null for a link. Without foreign keys, so that one file that is gone does not fail the other sends of a batch.
alter table attachments add column upload_id bigint, add column conversation_id bigint;
create index attachments_upload_id on attachments (upload_id) where upload_id is not null;
-- The files of a conversation, the newest first.
create index attachments_conversation_id on attachments (conversation_id, id) where conversation_id is not null;

create function attachment_json(a attachments) returns json language sql stable as $$
    select json_strip_nulls(json_build_object(
        'id', a.id::text, 'name', a.name, 'url', a.url, 'kind', coalesce(u.kind, 'file'),
        'contentType', u.content_type, 'size', u.content_size, 'width', u.width, 'height', u.height,
        'duration', u.duration, 'placeholder', u.placeholder, 'thumbnails', coalesce(u.thumbnails, '[]')))
    from (select a.upload_id) own left join uploads u on u.id = own.upload_id
$$;

create view upload_json as
select u.id, u.user_id, u.client_id, u.kind is not null as is_ready,
    json_build_object(
        'id', u.id::text, 'name', u.name, 'size', u.size, 'offset', u.received,
        'state', case when u.kind is not null then 'ready' when u.received = u.size then 'processing'
            else 'uploading' end,
        'kind', coalesce(u.kind, 'file'), 'contentType', u.content_type, 'contentSize', u.content_size,
        'width', u.width, 'height', u.height, 'duration', u.duration, 'placeholder', u.placeholder,
        'thumbnails', u.thumbnails, 'clientId', u.client_id, 'createdAt', u.created_at, 'expiresAt', u.expires_at
    ) as json
from uploads u;

-- Notes which attachments of a batch of messages are uploads, in the transaction of `send_messages`, whose
-- outcomes and ids it takes: the number of the send, the position of its attachment, the upload.
create function attach_uploads(
    outcomes text[], message_ids bigint[], numbers bigint[], positions bigint[], upload_ids bigint[]
) returns bigint language sql as $$
    with attached as (
        update attachments a set upload_id = u.upload_id, conversation_id = m.conversation_id
        from unnest(numbers, positions, upload_ids) u(number, position, upload_id)
        join messages m on m.id = message_ids[u.number]
        where outcomes[u.number] = 'written' and a.message_id = message_ids[u.number]
            and a.position = u.position
        returning a.id
    )
    select count(*) from attached
$$;

-- As in 0036_threads.sql, with what is known of uploads.
create or replace view message_rows as
select m.id, m.conversation_id, m.position, m.created_seq, m.seq, m.kind, m.body, m.official,
    m.client_id, m.created_at, m.edited_at, m.deleted_at,
    m.sender_id, sender.username, sender.name, sender.avatar_url,
    replied.id as reply_id, replied.position as reply_position, replied.body as reply_body,
    replied.deleted_at as reply_deleted_at, replied.sender_id as reply_sender_id,
    replied_sender.username as reply_username, replied_sender.name as reply_name,
    replied_sender.avatar_url as reply_avatar_url,
    case when exists (select from attachments where message_id = m.id) then (
        select json_agg(attachment_json(a) order by a.position)
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
    ) as pinned,
    reply.thread_id, reply.position as thread_position,
    reply.message_id is not null and reply.threads_position is null as also_to_conversation,
    (select thread_json(t) from threads t where t.id = m.id) as thread
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id
left join thread_messages reply on reply.message_id = m.id;

-- A file in the list of its conversation.
create function shared_file_json(a attachments) returns jsonb language sql stable as $$
    select attachment_json(a)::jsonb || jsonb_build_object(
        'conversationId', m.conversation_id::text, 'messageId', m.id::text, 'position', m.position,
        'threadId', reply.thread_id::text, 'sender', sender_json(sender), 'createdAt', m.created_at)
    from messages m
    join users sender on sender.id = m.sender_id
    left join thread_messages reply on reply.message_id = m.id
    where m.id = a.message_id
$$;

insert into sweeps (name) values ('uploads');

-- A message with an upload may have no text. What may be sent is decided before it is written.
alter table messages drop constraint messages_body_present;
