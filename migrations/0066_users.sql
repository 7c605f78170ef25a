-- no-transaction
create index concurrently users_administrators on users (id) where role = 'admin';
