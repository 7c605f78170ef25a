-- The hexadecimal digits of an ObjectId or a UUID have two cases, and the id is the same in both: users are
-- found by a key in which they are lower case. `external_id` keeps the spelling in which the app named
-- the user first, and shows it to the app. The key is not unique, as two spellings may have got a user
-- each before; whoever creates users holds a lock on the key.
set local lock_timeout = '2s';

-- The table has been there since 0014 of the same release, so it is small enough to be rewritten.
alter table app_users add column external_key text collate "C" not null generated always as (
    case when external_id ~ '^([0-9a-fA-F]{24}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$'
        then translate(external_id, 'ABCDEF', 'abcdef')
        else external_id end
) stored;
create index app_users_external_key on app_users (app_id, external_key);
