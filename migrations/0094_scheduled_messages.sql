-- no-transaction
create index concurrently scheduled_messages_due_with_files on scheduled_messages (attempt_with_files_at, id)
    where state = 'scheduled' and attempt_with_files_at is not null;
