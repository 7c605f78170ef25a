-- no-transaction
create index concurrently sessions_identity_id on sessions (identity_id)
    where identity_id is not null and revoked_at is null;
