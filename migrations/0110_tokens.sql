-- Tokens for programs. Each is a session, so that what ends a session ends a token, with its sockets on all nodes: by
-- nodes of the version before, too, which take no such token. They list it among the user's sessions while an upgrade
-- rolls.
set local lock_timeout = '2s';

alter table sessions add column is_token boolean not null default false;

create table api_tokens (
    session_id bigint not null constraint api_tokens_pkey primary key
        constraint api_tokens_session_fkey references sessions on delete cascade,
    -- As the session has it, for the index.
    user_id bigint not null constraint api_tokens_user_fkey references users on delete cascade,
    name text not null constraint api_tokens_name_length check (char_length(name) between 1 and 80),
    token_hash bytea not null constraint api_tokens_hash_key unique
        constraint api_tokens_hash_length check (octet_length(token_hash) = 32),
    scopes text[] not null constraint api_tokens_scopes check (
        cardinality(scopes) > 0 and scopes <@ array['read', 'write', 'manage', 'admin']),
    -- Whether the token is for the conversations of `api_token_conversations` only. It stays so when the last of them
    -- is deleted.
    is_limited boolean not null
);
create index api_tokens_user on api_tokens (user_id, session_id);

create table api_token_conversations (
    session_id bigint not null constraint api_token_conversations_token_fkey
        references api_tokens on delete cascade,
    conversation_id bigint not null constraint api_token_conversations_conversation_fkey
        references conversations on delete cascade,
    constraint api_token_conversations_pkey primary key (session_id, conversation_id)
);
create index api_token_conversations_conversation on api_token_conversations (conversation_id);
