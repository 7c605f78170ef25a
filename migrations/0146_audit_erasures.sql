-- What is personal of a user is emptied in parts: an account of which the audit log has very many entries, as those of a
-- stranger who has tried its password for weeks, can be deleted, too.

-- Empties what is personal of a user in `how_many` entries at most: name, addresses and user agents of what they did, their
-- name where something was done to them, and the addresses of strangers who have tried their account. The chain stays
-- whole. An entry says how many were emptied, if any were. Returns how many: as many as were asked for means that there may
-- be more. Like whoever chains entries and removes old ones, it holds the row of the chain first.
create function erase_audit_person(person bigint, how_many bigint) returns bigint language plpgsql as $$
declare
    emptied bigint;
begin
    perform 1 from audit_chain for update;
    with ids as (
        select id from audit_entries
        where actor_id = person and num_nonnulls(actor_name, address, user_agent) > 0
            or target_id = person and (target_name is not null
                or actor_kind = 'stranger' and num_nonnulls(address, user_agent) > 0)
        limit how_many
    ), changed as (
        update audit_entries e set
            actor_name = case when own.is_own then null else e.actor_name end,
            address = case when own.is_own then null else e.address end,
            user_agent = case when own.is_own then null else e.user_agent end,
            actor_salt = case when own.is_own then null else e.actor_salt end,
            target_name = case when e.target_id = person then null else e.target_name end,
            target_salt = case when e.target_id = person then null else e.target_salt end
        from ids cross join lateral (
            select o.actor_id is not distinct from person
                or o.actor_kind = 'stranger' and o.target_id = person as is_own
            from audit_entries o where o.id = ids.id
        ) own
        where e.id = ids.id returning 1
    )
    select count(*) into emptied from changed;
    if emptied > 0 then
        insert into audit_entries (action, actor_kind, target_id, target_salt, details)
        values ('audit.erased', 'server', person, null, json_build_object('entries', emptied));
    end if;
    return emptied;
end $$;

-- All of them at once: what nodes of the version before call in a deletion, and the operator by hand.
create or replace function erase_audit_person(person bigint) returns bigint language sql as $$
    select erase_audit_person(person, 9223372036854775807)
$$;
