-- Threads: replies to one message, the root. A reply is a message of the conversation like any other, with
-- `position` and `seq`, so that every sequence stays whole; what makes it a reply is in a table of its own,
-- so that a message of the main line costs nothing more to write.
set local lock_timeout = '2s';

-- A conversation that is read in its main line leaves out the replies that are in threads only. They are
-- numbered without holes, as all messages are by `position`, so that what is unread in the main line stays
-- a subtraction. The number of the newest one; it changes in the transaction that writes it.
alter table conversations add column threads_position bigint not null default 0;

create table threads (
    -- The id of the root.
    id bigint constraint threads_root_fkey references messages on delete cascade,
    conversation_id bigint not null,
    -- The number of the newest reply, from 1 without holes, those included that were deleted.
    position bigint not null,
    -- The seq of the last reply or deletion.
    seq bigint not null,
    last_reply_at timestamptz not null default now(),
    constraint threads_pkey primary key (id)
);
create index threads_conversation_id on threads (conversation_id, last_reply_at);

create table thread_messages (
    message_id bigint constraint thread_messages_message_fkey references messages on delete cascade,
    thread_id bigint not null constraint thread_messages_thread_fkey references threads on delete cascade,
    -- The number of the reply in its thread.
    position bigint not null,
    -- Conversation, position and sender of the message.
    conversation_id bigint not null,
    conversation_position bigint not null,
    sender_id bigint not null,
    -- The number of the reply among those of the conversation that are in threads only. Null: it is also in
    -- the main line.
    threads_position bigint,
    -- That of the message, which is written with it.
    deleted_at timestamptz,
    constraint thread_messages_pkey primary key (message_id)
);
create unique index thread_messages_position_key on thread_messages (thread_id, position) include (sender_id);
create unique index thread_messages_conversation on thread_messages (conversation_id, conversation_position)
    include (threads_position) where threads_position is not null;
create index thread_messages_deleted on thread_messages (thread_id, position) where deleted_at is not null;
create index thread_messages_deleted_aside on thread_messages (conversation_id, conversation_position)
    where deleted_at is not null and threads_position is not null;

-- Who follows a thread, and how far they have read it. Somebody who has unfollowed keeps the row, so that
-- nothing but an own reply makes them follow again.
create table thread_followers (
    thread_id bigint not null constraint thread_followers_thread_fkey references threads on delete cascade,
    user_id bigint not null constraint thread_followers_user_fkey references users on delete cascade,
    is_following boolean not null default true,
    -- The number of the last reply that the user has read.
    read_position bigint not null,
    constraint thread_followers_pkey primary key (user_id, thread_id)
);
create index thread_followers_thread_id on thread_followers (thread_id) where is_following;

-- What a root shows of its thread. The people are those of the newest 30 replies, at most 5.
create function thread_json(t threads) returns json language sql stable
return json_build_object(
    'id', t.id, 'conversationId', t.conversation_id, 'position', t.position, 'seq', t.seq,
    'replyCount', t.position - (
        select count(*) from thread_messages d where d.thread_id = t.id and d.deleted_at is not null
    ),
    'lastReplyAt', (
        select m.created_at from thread_messages r join messages m on m.id = r.message_id
        where r.thread_id = t.id and r.deleted_at is null order by r.position desc limit 1
    ),
    'participants', coalesce((
        select json_agg(sender_json(u) order by p.last desc) from (
            select sender_id, max(position) as last from (
                select sender_id, position from thread_messages r
                where r.thread_id = t.id and r.position > t.position - 30 and r.deleted_at is null
            ) newest group by sender_id order by last desc limit 5
        ) p join users u on u.id = p.sender_id
    ), '[]')
);

-- What followers have not read of their threads. Unread is a subtraction, less the deleted replies.
create view thread_states as
select f.thread_id, f.user_id, t.conversation_id, f.read_position, t.last_reply_at,
    case when f.is_following and t.position > f.read_position then t.position - f.read_position - (
        select count(*) from thread_messages d
        where d.thread_id = t.id and d.position > f.read_position and d.deleted_at is not null
    ) else 0 end as unread,
    case when f.is_following and t.position > f.read_position then (
        select count(*) from mentions k join thread_messages r on r.message_id = k.message_id
        where k.user_id = f.user_id and k.conversation_id = t.conversation_id
            and r.thread_id = t.id and r.position > f.read_position
    ) else 0 end as mentions,
    f.is_following
from thread_followers f join threads t on t.id = f.thread_id;

-- As in 0034_members.sql: `unread` and `mentions` of the main line, and beside them what is in threads only.
create or replace view unread_memberships as
select n.conversation_id, n.user_id, n.kind, n.unread_of_all - n.unread_in_threads as unread,
    n.mentions, n.unread_in_threads
from (
    select m.conversation_id, m.user_id, c.kind,
        c.position - counted_position(m.read_position, m.unread_after, m.unread_marked_at) - (
            select count(*) from messages d
            where d.conversation_id = c.id and d.deleted_at is not null
                and d.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) as unread_of_all,
        case when c.threads_position = 0 then 0 else c.threads_position - coalesce((
            select r.threads_position from thread_messages r
            where r.conversation_id = c.id and r.threads_position is not null
                and r.conversation_position
                    <= counted_position(m.read_position, m.unread_after, m.unread_marked_at)
            order by r.conversation_position desc limit 1
        ), 0) - (
            select count(*) from thread_messages d
            where d.conversation_id = c.id and d.deleted_at is not null and d.threads_position is not null
                and d.conversation_position
                    > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) end as unread_in_threads,
        (
            select count(*) from mentions
            where mentions.user_id = m.user_id and mentions.conversation_id = c.id
                and mentions.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                and (c.threads_position = 0 or not exists (
                    select from thread_messages r
                    where r.message_id = mentions.message_id and r.threads_position is not null
                ))
        ) as mentions
    from memberships m join conversations c on c.id = m.conversation_id
    where m.left_at is null
        and c.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
) n;

-- As in 0034_members.sql, with the counts of `unread_memberships`.
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
            'kind', last.kind, 'body', left(last.body, 200), 'createdAt', last.created_at,
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

-- As in 0035_messages.sql, with the thread that a message is in, and the one that it is the root of.
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
    ) as pinned,
    reply.thread_id, reply.position as thread_position,
    reply.message_id is not null and reply.threads_position is null as also_to_conversation,
    (select thread_json(t) from threads t where t.id = m.id) as thread
from messages m
join users sender on sender.id = m.sender_id
left join messages replied on replied.id = m.reply_to_id
left join users replied_sender on replied_sender.id = replied.sender_id
left join thread_messages reply on reply.message_id = m.id;
