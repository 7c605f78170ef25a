-- A second factor of users who sign in with a password: an authenticator app (TOTP, RFC 6238), and recovery codes for
-- the day on which it is lost.
set local lock_timeout = '2s';

-- When an administrator or the operator has last taken the second factor away, so that the user learns of it. Null once
-- the user has another one.
alter table users add column two_factor_reset_at timestamptz;

-- Secrets that a user may put into an app, until a code of it has come from the same session.
create table two_factor_setups (
    user_id bigint not null constraint two_factor_setups_pkey primary key
        constraint two_factor_setups_user_fkey references users on delete cascade,
    -- The session that has begun it; null for a token that was made elsewhere.
    session_id bigint,
    -- Encrypted with a key that is made of the server's secret (`accounts/two_factor_key.rs`).
    secret bytea not null,
    expires_at timestamptz not null
);

-- The users who have a second factor.
create table two_factors (
    user_id bigint not null constraint two_factors_pkey primary key
        constraint two_factors_user_fkey references users on delete cascade,
    secret bytea not null,
    -- The time step of the latest code that was used, in intervals of 30 s since 1970. Neither it nor an earlier one is
    -- taken again.
    last_step bigint not null,
    enabled_at timestamptz not null default now()
);

-- Codes that stand in for the app, each once: a used one is deleted.
create table recovery_codes (
    user_id bigint not null constraint recovery_codes_factor_fkey references two_factors on delete cascade,
    code_hash bytea not null
        constraint recovery_codes_hash_length check (octet_length(code_hash) = 32),
    constraint recovery_codes_pkey primary key (user_id, code_hash)
);

-- Sign-ins whose password was right, and that wait for a code.
create table sign_in_tickets (
    token_hash bytea not null constraint sign_in_tickets_pkey primary key
        constraint sign_in_tickets_hash_length check (octet_length(token_hash) = 32),
    user_id bigint not null constraint sign_in_tickets_factor_fkey references two_factors on delete cascade,
    -- `users.credentials_version` with the password: another password ends the ticket.
    credentials_version bigint not null,
    expires_at timestamptz not null
);
create index sign_in_tickets_user on sign_in_tickets (user_id, expires_at);
