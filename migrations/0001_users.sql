-- Trigram indexes find any part of a name, in any script.
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
    -- What the user says of themselves; whether they are connected is not in the database.
    presence_choice text not null default 'online'
        constraint users_presence_choice_known check (presence_choice in ('online', 'away', 'invisible')),
    -- Absent for users of a foreign issuer: they never sign in here.
    password_hash text,
    last_seen_at timestamptz,
    created_at timestamptz not null default now()
);

create unique index users_username_key on users (username);
create unique index users_email_key on users (lower(email));
create index users_username_trgm on users using gin (username gin_trgm_ops);
create index users_name_trgm on users using gin (lower(name) gin_trgm_ops);

-- Users of other systems, by who vouches for them. A foreign subject is never an id of ours.
create table identities (
    issuer text not null,
    subject text not null,
    user_id bigint not null constraint identities_user_fkey references users on delete cascade,
    primary key (issuer, subject)
);
create index identities_user_id on identities (user_id);
