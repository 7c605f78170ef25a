-- Links by which an account is made or got back, and users whose access has changed. Of each secret in a
-- link the database has the SHA-256 only.
set local lock_timeout = '2s';

-- Links with which a forgotten password is replaced, once. A user has one: a new one takes its place.
create table password_resets (
    user_id bigint not null constraint password_resets_pkey primary key
        constraint password_resets_user_fkey references users on delete cascade,
    token_hash bytea not null
        constraint password_resets_token_hash_length check (octet_length(token_hash) = 32),
    expires_at timestamptz not null
);
create unique index password_resets_token_key on password_resets (token_hash);

-- Links with which people make their account, or join conversations with the one that they have.
create table invitations (
    id bigint generated always as identity primary key,
    token_hash bytea not null
        constraint invitations_token_hash_length check (octet_length(token_hash) = 32),
    -- The administrator; null for the operator.
    created_by bigint constraint invitations_creator_fkey references users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    -- What the administrator remembers it by.
    note text not null default ''
        constraint invitations_note_length check (char_length(note) <= 200),
    -- The role of accounts that are made with it.
    role text not null default 'member'
        constraint invitations_role_known check (role in ('admin', 'member')),
    -- It makes the first administrator, and nobody else.
    is_of_first_admin boolean not null default false,
    uses integer not null default 0,
    max_uses integer not null
        constraint invitations_max_uses_range check (max_uses between 1 and 10000),
    conversation_ids bigint[] not null default '{}'
        constraint invitations_conversations_count check (cardinality(conversation_ids) <= 50),
    constraint invitations_uses_range check (uses between 0 and max_uses)
);
create unique index invitations_token_key on invitations (token_hash);
create index invitations_creator on invitations (created_by);

-- Users who were blocked, got another role, or were signed out everywhere: when, and by which node. Nodes that
-- no bus has told look here (`accounts/access_changes.rs`).
create table access_changes (
    user_id bigint not null constraint access_changes_pkey primary key
        constraint access_changes_user_fkey references users on delete cascade,
    node_id bigint not null,
    changed_at timestamptz not null
);
create index access_changes_changed_at on access_changes (changed_at);
