-- Messages have no foreign key to conversation and sender. A message is written under the lock of its
-- conversation for a member that was read under that lock, and the member has both keys. Checking them
-- again for each message took a tenth of the time of writing it (measured).
create table messages (
    id bigint generated always as identity primary key,
    conversation_id bigint not null,
    position bigint not null,
    sender_id bigint not null,
    kind text not null default 'text'
        constraint messages_kind_known
        check (kind in ('text', 'image', 'file', 'audio', 'video', 'system')),
    -- Empty once the message is deleted.
    body text not null
        constraint messages_body_length check (char_length(body) <= 10000),
    reply_to_id bigint constraint messages_reply_to_fkey references messages,
    client_id text
        constraint messages_client_id_length check (char_length(client_id) between 1 and 128),
    -- The seq of the change that made the message, and the seq of the last change to it.
    created_seq bigint not null,
    seq bigint not null,
    created_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz,
    -- Sent by an administrator in that capacity, which clients may show.
    official boolean not null default false,
    constraint messages_body_present check (deleted_at is not null or body <> '')
);
create unique index messages_position_key on messages (conversation_id, position);
create unique index messages_seq_key on messages (conversation_id, seq);
-- The idempotency key of a send. The index begins with the sender, as no other index does: the planner
-- then chooses it for a look-up by key even in a plan that was made while the table was empty.
create unique index messages_client_key on messages (sender_id, client_id, conversation_id)
    where client_id is not null;
create index messages_reply_to_id on messages (reply_to_id) where reply_to_id is not null;
-- Offset pages leave out deleted messages: a page is found by position, less the number of these.
create index messages_deleted on messages (conversation_id, position) where deleted_at is not null;
create index messages_created_at on messages (conversation_id, created_at, position);

-- The body of a message before each of its edits.
create table edits (
    id bigint generated always as identity primary key,
    message_id bigint not null constraint edits_message_fkey references messages on delete cascade,
    body text not null,
    edited_at timestamptz not null default now()
);
create index edits_message_id on edits (message_id, id);

create table mentions (
    conversation_id bigint not null,
    user_id bigint not null constraint mentions_user_fkey references users on delete cascade,
    message_id bigint not null constraint mentions_message_fkey references messages on delete cascade,
    position bigint not null,
    primary key (user_id, conversation_id, position)
);
create index mentions_message_id on mentions (message_id);

-- The users that a message mentions: current members of its conversation whose usernames it names. The
-- sender is never among them.
create function mentioned_members(of_conversation_id bigint, of_sender_id bigint, usernames text[])
returns setof bigint language sql stable
begin atomic
    select u.id from users u
    join members m on m.conversation_id = of_conversation_id and m.user_id = u.id and m.left_at is null
    where u.username = any(usernames) and u.id <> of_sender_id;
end;
