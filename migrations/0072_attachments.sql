-- no-transaction
-- The files of a conversation, the newest first.
create index concurrently attachments_conversation_id on attachments (conversation_id, id) where conversation_id is not null;
