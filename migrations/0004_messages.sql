create table messages (
    id bigint generated always as identity primary key,
    conversation_id bigint not null constraint messages_conversation_fkey references conversations on delete cascade,
    position bigint not null,
    sender_id bigint not null constraint messages_sender_fkey references users,
    kind text not null default 'text'
        constraint messages_kind_known check (kind in ('text', 'image', 'file', 'system')),
    body text not null
        constraint messages_body_length check (char_length(body) <= 10000),
    reply_to_id bigint constraint messages_reply_to_fkey references messages,
    client_id text
        constraint messages_client_id_length check (char_length(client_id) between 1 and 128),
    -- The change that made it, and the last change to it.
    created_seq bigint not null,
    seq bigint not null,
    created_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz,
    constraint messages_body_present check (deleted_at is not null or body <> '')
);
create unique index messages_position_key on messages (conversation_id, position);
create unique index messages_seq_key on messages (conversation_id, seq);
create unique index messages_client_key on messages (conversation_id, sender_id, client_id) where client_id is not null;
create index messages_reply_to_id on messages (reply_to_id) where reply_to_id is not null;

-- What a message said before each of its edits.
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
