-- Single sign-on: who a user is at a provider of OpenID Connect, and what the provider's groups have given them here.
set local lock_timeout = '2s';

-- The `iss` and `sub` of ID tokens (OpenID Connect Core, 2), by which alone a provider's account is known: addresses and
-- names are given to somebody else later.
create table identities (
    id bigint generated always as identity constraint identities_pkey primary key,
    issuer text not null constraint identities_issuer_length check (char_length(issuer) between 1 and 1000),
    subject text not null constraint identities_subject_length check (octet_length(subject) between 1 and 255),
    user_id bigint not null constraint identities_user_fkey references users on delete cascade,
    -- What the provider calls its account, for its user to see.
    name text not null default '' constraint identities_name_length check (char_length(name) <= 254),
    created_at timestamptz not null default now(),
    -- The latest sign-in with it; null for one that was only linked.
    used_at timestamptz,
    -- The provider's groups have made the user an administrator. False for one who was made one by hand.
    gives_admin boolean not null default false,
    constraint identities_subject_key unique (issuer, subject)
);
create index identities_user_id on identities (user_id);

-- Memberships that a provider's groups have given. The row of one that began at another `joined_seq` says nothing any
-- more: somebody has given it by hand since.
create table identity_memberships (
    identity_id bigint not null constraint identity_memberships_identity_fkey references identities on delete cascade,
    conversation_id bigint not null
        constraint identity_memberships_conversation_fkey references conversations on delete cascade,
    joined_seq bigint not null,
    constraint identity_memberships_pkey primary key (identity_id, conversation_id)
);
create index identity_memberships_conversation_id on identity_memberships (conversation_id);

-- What may come once only: the `state` of sign-ins, and the `jti` of logout tokens. Of each the SHA-256, until it would
-- be refused for its age.
create table spent_tokens (
    token_hash bytea not null constraint spent_tokens_pkey primary key
        constraint spent_tokens_hash_length check (octet_length(token_hash) = 32),
    expires_at timestamptz not null
);
create index spent_tokens_expires_at on spent_tokens (expires_at);

-- The identity with which a session began, and the provider's id of its own session, by which it ends ours. Null for a
-- session that began with a password. It stays when the identity is deleted.
alter table sessions add column identity_id bigint, add column provider_session text;
alter table sign_in_tickets add column identity_id bigint, add column provider_session text;
create index sign_in_tickets_provider_session on sign_in_tickets (provider_session)
    where provider_session is not null;

-- Administrators who can sign in, with an identity, too. One is lasting unless the claim of a token, or a group of a
-- provider, makes the role, which the next sign-in takes.
create or replace view administrators as
select u.id as user_id,
    not exists (select from app_users a where a.user_id = u.id and a.admin_by_claim)
    and not exists (select from identities i where i.user_id = u.id and i.gives_admin) as is_lasting
from users u
where u.role = 'admin' and u.blocked_at is null and (u.password_hash is not null
    or exists (select from app_users a where a.user_id = u.id and a.ended_at is null)
    or exists (select from identities i where i.user_id = u.id));
