-- A session is one sign-in on one device. A program holds refresh tokens, a browser holds a cookie;
-- both are random values, and the database stores their SHA-256 only.
create table sessions (
    id bigint generated always as identity primary key,
    user_id bigint not null constraint sessions_user_fkey references users on delete cascade,
    -- Null for the session of a program.
    cookie_hash bytea,
    user_agent text,
    address text,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create unique index sessions_cookie_key on sessions (cookie_hash);
create index sessions_user_id on sessions (user_id) where revoked_at is null;

-- All refresh tokens of a session: they rotate, so at most one is unused. A used token that is
-- presented again was stolen, and revokes the session (RFC 9700, 4.14.2).
create table refresh_tokens (
    token_hash bytea primary key,
    session_id bigint not null constraint refresh_tokens_session_fkey references sessions on delete cascade,
    created_at timestamptz not null default now(),
    used_at timestamptz
);
create index refresh_tokens_session_id on refresh_tokens (session_id);
