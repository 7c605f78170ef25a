-- Trigrams index every part of a text, in any script (pg_trgm, a trusted extension of Postgres).
create extension if not exists pg_trgm;

create table users (
    id bigint generated always as identity primary key,
    username text not null
        constraint users_username_format check (username ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
    name text not null
        constraint users_name_length check (char_length(name) between 1 and 80),
    email text
        constraint users_email_length check (char_length(email) between 3 and 254),
    avatar_url text
        constraint users_avatar_url_length check (char_length(avatar_url) <= 2000),
    role text not null default 'member'
        constraint users_role_known check (role in ('admin', 'member')),
    -- The presence that the user has chosen. Whether the user is connected is memory of the nodes.
    presence_choice text not null default 'online'
        constraint users_presence_choice_known check (presence_choice in ('online', 'away', 'invisible')),
    -- An Argon2id hash. Null for users of an external issuer, who cannot sign in with a password.
    password_hash text,
    last_seen_at timestamptz,
    created_at timestamptz not null default now(),
    -- A blocked user cannot authenticate. Their messages stay.
    blocked_at timestamptz,
    -- The id of the newest announcement that this user has received, 0 for none.
    announced_up_to bigint not null default 0
);

create unique index users_username_key on users (username);
create unique index users_email_key on users (lower(email));
create index users_username_trgm on users using gin (username gin_trgm_ops);
create index users_name_trgm on users using gin (lower(name) gin_trgm_ops);

-- Users of other systems: the `iss` and `sub` of the tokens that name them (RFC 7519, 4.1). A subject
-- is never read as an id of ours.
create table identities (
    issuer text not null,
    subject text not null,
    user_id bigint not null constraint identities_user_fkey references users on delete cascade,
    primary key (issuer, subject)
);
create index identities_user_id on identities (user_id);
