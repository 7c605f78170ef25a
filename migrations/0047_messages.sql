-- no-transaction
-- The messages of one sender in a conversation: own messages do not count as unread (0046_unread.sql).
create index concurrently messages_sender on messages (conversation_id, sender_id, position);
