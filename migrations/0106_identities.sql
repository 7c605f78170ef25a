-- no-transaction
create index concurrently sessions_provider_session on sessions (provider_session)
    where provider_session is not null and revoked_at is null;
