-- A deletion takes back the mentions of many of its message, also one by a node of the version
-- before, which does not know them.
create function forget_wildcard_mentions() returns trigger language plpgsql as $$
begin
    delete from wildcard_mentions where message_id = new.id;
    return null;
end $$;
create trigger messages_wildcard_mentions after update of deleted_at on messages
for each row when (old.deleted_at is null and new.deleted_at is not null)
execute function forget_wildcard_mentions();
