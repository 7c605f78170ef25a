-- Browsers and programs in which a sign-in asks for no code for some days, as one was shown there. They end with the second
-- factor.
create table remembered_devices (
    id bigint generated always as identity constraint remembered_devices_pkey primary key,
    user_id bigint not null constraint remembered_devices_factor_fkey references two_factors on delete cascade,
    secret_hash bytea not null constraint remembered_devices_hash_key unique
        constraint remembered_devices_hash_length check (octet_length(secret_hash) = 32),
    -- `users.credentials_version` when the code was shown: another password, a block and a sign-out everywhere end them, by
    -- nodes of the version before, too.
    credentials_version bigint not null,
    user_agent text,
    address text,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index remembered_devices_user on remembered_devices (user_id, id);
