-- no-transaction
create index concurrently reactions_user_id on reactions (user_id, message_id);
