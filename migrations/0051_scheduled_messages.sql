-- Scheduled messages: a user writes them now, and a node sends them at their time.

create table scheduled_messages (
    id bigint generated always as identity,
    user_id bigint not null constraint scheduled_messages_user_fkey references users on delete cascade,
    -- Without a foreign key: if the conversation is deleted, the send fails, and the user keeps the words.
    conversation_id bigint not null,
    thread_id bigint,
    also_to_conversation boolean not null,
    reply_to_id bigint,
    -- Empty once it was sent or cancelled. The row stays as a tombstone, for devices that were away.
    body text not null constraint scheduled_messages_body_length check (char_length(body) <= 10000),
    -- Of the request that has scheduled it. The message that is sent has another, by the id of the row.
    client_id text constraint scheduled_messages_client_id_length check (char_length(client_id) between 1 and 128),
    send_at timestamptz not null,
    -- When a node tries: at `send_at`, and again after what may pass.
    attempt_at timestamptz not null,
    state text not null default 'scheduled' constraint scheduled_messages_state_known
        check (state in ('scheduled', 'failed', 'sent', 'cancelled')),
    -- Why the send was refused: code and detail of the error.
    failure jsonb,
    message_id bigint,
    -- The number of the last change in the user's personal sequence.
    seq bigint not null,
    created_at timestamptz not null default now(),
    constraint scheduled_messages_pkey primary key (id)
);
create unique index scheduled_messages_client_id_key on scheduled_messages (user_id, client_id);
create index scheduled_messages_due on scheduled_messages (attempt_at, id) where state = 'scheduled';
create index scheduled_messages_seq on scheduled_messages (user_id, seq);
create index scheduled_messages_list on scheduled_messages (user_id, send_at, id)
    where state in ('scheduled', 'failed');

-- The quoted message is for members only.
create view scheduled_message_json as
select s.id, s.user_id, s.conversation_id, s.client_id, s.send_at, s.state, s.seq,
    json_build_object(
        'id', s.id, 'conversationId', s.conversation_id, 'threadId', s.thread_id,
        'alsoToConversation', s.also_to_conversation, 'body', s.body,
        'replyTo', case when exists (
            select from memberships m where m.conversation_id = s.conversation_id and m.user_id = s.user_id
                and m.left_at is null
        ) then reply_json(s.reply_to_id) end,
        'sendAt', s.send_at, 'state', s.state, 'failure', s.failure, 'messageId', s.message_id,
        'clientId', s.client_id, 'seq', s.seq, 'createdAt', s.created_at
    ) as json
from scheduled_messages s;
