-- Uploads: the files of users. Their bytes are in the object store, in pieces whose names follow from `received`.
set local lock_timeout = '2s';

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

-- What lists and quotes show of a message that has files and no text; null without a file.
create function files_line(of_id bigint) returns text language sql stable as $$
    select case
        when count(*) = 0 then null
        when count(*) = 1 then case min(f.kind)
            when 'image' then 'Photo' when 'video' then 'Video' when 'audio' then 'Audio'
            else left(min(f.name), 200) end
        when min(f.kind) = max(f.kind) and min(f.kind) in ('image', 'video')
            then count(*) || case min(f.kind) when 'image' then ' photos' else ' videos' end
        else count(*) || ' files' end
    from (
        select a.name, coalesce(u.kind, 'file') as kind
        from attachments a left join uploads u on u.id = a.upload_id where a.message_id = of_id
    ) f
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
    (select thread_json(t) from threads t where t.id = m.id) as thread,
    case when m.body = '' and m.deleted_at is null then files_line(m.id) end as files_line,
    case when replied.body = '' and replied.deleted_at is null then files_line(replied.id) end
        as reply_files_line
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id
left join thread_messages reply on reply.message_id = m.id;

-- As in 0050_drafts.sql, with the files of a message without a text.
create or replace function reply_json(of_id bigint) returns json language sql stable as $$
    select json_build_object('id', m.id, 'position', m.position, 'sender', sender_json(sender), 'body', m.body,
        'preview', case when m.body = '' and m.deleted_at is null then files_line(m.id) end,
        'deletedAt', m.deleted_at)
    from messages m join users sender on sender.id = m.sender_id where m.id = of_id
$$;

-- As in 0044_previews.sql, with the files of a message without a text.
create or replace view conversation_summaries as
select u.id as caller_id, c.id, c.private, c.title, m.role, c.seq,
    coalesce(last.created_at, c.created_at) as active_at,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at,
        'role', m.role,
        'peer', case when c.kind = 'direct' then user_json(peer) end,
        'readPosition', coalesce(
            counted_position(m.read_position, m.unread_after, m.unread_marked_at), c.position),
        'unread', coalesce(counts.unread, 0),
        'unreadInThreads', coalesce(counts.unread_in_threads, 0),
        'mentions', coalesce(counts.mentions, 0),
        'lastMessage', case when last.id is not null then json_build_object(
            'id', last.id, 'position', last.position, 'sender', sender_json(last_sender),
            'kind', last.kind, 'body', preview_text(last.body), 'createdAt', last.created_at,
            'preview', case when last.body = '' and last.deleted_at is null then files_line(last.id) end,
            'deletedAt', last.deleted_at) end
    ) as json,
    c.id <> 0 or c.position > 0 as is_listed
from users u
cross join conversations c
left join memberships m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
left join lateral (
    select n.unread, n.unread_in_threads, n.mentions from unread_memberships n
    where n.conversation_id = c.id and n.user_id = u.id
) counts on m.user_id is not null
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;

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
