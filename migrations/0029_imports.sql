-- What an import said of a user, and the ids of conversations and messages in every spelling.
set local lock_timeout = '2s';

-- What imports have said until now, as `{name, username, email, avatarUrl, isAdmin, isEnded, hasEnded}`;
-- `hasEnded` if it was an import that ended the user. A later import changes a user only where it says
-- something else, and nobody else has said something since. Null: no import has had the user.
alter table app_users add column imported jsonb;

-- As for users (0021): the hexadecimal digits of an ObjectId or a UUID have two cases. The tables have been
-- there since 0014 of the same release, so they are small enough to be rewritten.
alter table app_conversations add column external_key text collate "C" not null generated always as (
    case when external_id ~ '^([0-9a-fA-F]{24}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$'
        then translate(external_id, 'ABCDEF', 'abcdef')
        else external_id end
) stored;
create index app_conversations_external_key on app_conversations (app_id, external_key);
alter table app_messages add column external_key text collate "C" not null generated always as (
    case when external_id ~ '^([0-9a-fA-F]{24}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$'
        then translate(external_id, 'ABCDEF', 'abcdef')
        else external_id end
) stored;
create index app_messages_external_key on app_messages (app_id, external_key);
