-- Bots: users that are programs, which administrators make. Nobody signs in as one; it has tokens (0110_tokens.sql).
set local lock_timeout = '2s';

alter table users add column is_bot boolean not null default false;

create table bots (
    user_id bigint not null constraint bots_pkey primary key
        constraint bots_user_fkey references users on delete cascade,
    -- The administrator who answers for it; null for the operator, and when the account is gone.
    owner_id bigint constraint bots_owner_fkey references users on delete set null,
    created_at timestamptz not null default now()
);
create index bots_owner on bots (owner_id) where owner_id is not null;

-- As in 0011_json.sql, with `bot`.
create or replace function user_json(u users) returns json language sql stable
return json_build_object(
    'id', u.id, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url,
    'role', u.role,
    -- The program replaces it: the presence of a user is memory of the nodes.
    'presence', 'offline', 'lastSeenAt', u.last_seen_at, 'bot', u.is_bot
);

create or replace function sender_json(u users) returns json language sql stable
return json_build_object('id', u.id, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url,
    'bot', u.is_bot);

-- As in 0067_uploads.sql, with whether the senders are bots.
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
        as reply_files_line,
    sender.is_bot, replied_sender.is_bot as reply_is_bot
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id
left join thread_messages reply on reply.message_id = m.id;

-- Incoming webhooks: addresses with which other programs send into one conversation, each as a bot of its own.
create table webhooks (
    id bigint generated always as identity constraint webhooks_pkey primary key,
    bot_id bigint not null constraint webhooks_bot_key unique
        constraint webhooks_bot_fkey references bots on delete cascade,
    conversation_id bigint not null constraint webhooks_conversation_fkey
        references conversations on delete cascade,
    secret_hash bytea not null constraint webhooks_hash_length check (octet_length(secret_hash) = 32),
    -- Whether `@all` and `@here` in what it sends tell anybody.
    may_mention_many boolean not null,
    created_by bigint constraint webhooks_creator_fkey references users on delete set null,
    created_at timestamptz not null default now(),
    -- Behind by a minute at most.
    last_used_at timestamptz
);
create index webhooks_conversation on webhooks (conversation_id, id);
create index webhooks_creator on webhooks (created_by) where created_by is not null;
