-- What imports need to know of an app.
set local lock_timeout = '2s';

-- An app whose ids are numbers may have had a conversation or a message 17, as we do. Imported rows keep
-- their number where it is free. Where it is not, the row got another one (it has moved), and a number up
-- to the largest of the moved ones is first looked up among the app's own. 0: none has moved.
alter table apps
    add column largest_moved_conversation bigint not null default 0,
    add column largest_moved_message bigint not null default 0;

-- Two conversations of another system may be one here: those of the same two people, which it kept once
-- for each order of the two. The table has been there since 0014 of the same release, so it is small.
alter table app_conversations drop constraint app_conversations_conversation_key;
create index app_conversations_conversation_id on app_conversations (conversation_id, app_id);
