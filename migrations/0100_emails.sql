-- E-mails that wait to be sent, addresses that wait to be proved, and what users have chosen of both. No text of a mail and
-- no secret of its link is kept: both are made when it is sent.
set local lock_timeout = '2s';

-- When the user has proved that mail to `email` reaches them: by a link that was sent there. Null for addresses of before.
alter table users add column email_verified_at timestamptz;

-- Registered at a host of `REGISTRATION_DOMAINS`: opens no session until the address is proved.
alter table users add column awaits_email boolean not null default false;

-- Whether the user gets a mail after a sign-in from a new device.
alter table users add column sign_in_notes boolean not null default true;

-- Whoever changes an address, also a node of the version before and a directory, has not proved the new one.
create function forget_email_proof() returns trigger language plpgsql as $$
begin
    if new.email_verified_at is not distinct from old.email_verified_at then
        new.email_verified_at := null;
    end if;
    return new;
end $$;
create trigger users_email_proof before update of email on users for each row
    when (old.email is distinct from new.email and old.email_verified_at is not null)
    execute function forget_email_proof();

create table emails (
    id bigint generated always as identity,
    kind text not null constraint emails_kind_known
        check (kind in ('password_reset', 'verification', 'address_change', 'invitation', 'sign_in')),
    -- Whom it is about. Null where nobody is known: the sender of a mail for a forgotten password looks for the user, so
    -- that asking for it takes as long for nobody as for somebody.
    user_id bigint constraint emails_user_fkey references users on delete cascade,
    -- The address. For a forgotten password, what was typed: an address or a username.
    recipient text not null constraint emails_recipient_length check (char_length(recipient) between 1 and 254),
    parameters jsonb not null default '{}',
    -- The secret of the link is the HMAC of this with a key of the server, so that the link of each attempt is the same.
    nonce bytea not null constraint emails_nonce_length check (octet_length(nonce) = 32),
    -- Whether the link has been made: a link that is gone by a later attempt was used, or another one took its place.
    has_link boolean not null default false,
    queued_at timestamptz not null default clock_timestamp(),
    -- When a node may take it: now, after a failure, or once the node that has it must be dead.
    attempt_at timestamptz not null default clock_timestamp(),
    attempts integer not null default 0,
    constraint emails_pkey primary key (id)
);
create index emails_attempt_at on emails (attempt_at);
create index emails_queued_at on emails (queued_at);
create index emails_recipient on emails (recipient);
create index emails_user_id on emails (user_id);

-- The address that a user is asked to prove, which may be another one than `users.email` and takes its place then. There is
-- one for a user.
create table email_verifications (
    user_id bigint not null constraint email_verifications_user_fkey references users on delete cascade,
    address text not null constraint email_verifications_address_length check (char_length(address) between 3 and 254),
    -- Null until the mail is on its way.
    token_hash bytea constraint email_verifications_token_hash_length check (octet_length(token_hash) = 32),
    expires_at timestamptz,
    constraint email_verifications_pkey primary key (user_id)
);
create unique index email_verifications_token_key on email_verifications (token_hash);

-- Whoever changes the password, is signed out everywhere or is blocked has not meant another address that a thief has asked
-- for: each of these counts `credentials_version` up, also on a node of the version before.
create function forget_asked_address() returns trigger language plpgsql as $$
begin
    delete from email_verifications where user_id = new.id and address is distinct from new.email;
    return null;
end $$;
create trigger users_asked_address after update of credentials_version on users for each row
    when (old.credentials_version is distinct from new.credentials_version)
    execute function forget_asked_address();

-- A link that went to the address before must not open the account afterwards.
create function forget_mailed_links() returns trigger language plpgsql as $$
begin
    delete from password_resets where user_id = new.id;
    return null;
end $$;
create trigger users_mailed_links after update of email on users for each row
    when (old.email is distinct from new.email)
    execute function forget_mailed_links();

insert into sweeps (name) values ('email_verifications');

-- The address that an invitation was mailed to: whoever makes an account with it and this address has proved it.
alter table invitations add column email text
    constraint invitations_email_length check (char_length(email) between 3 and 254);
