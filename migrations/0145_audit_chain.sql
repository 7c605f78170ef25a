-- The chain of the audit log goes forward only, and loses nothing that is younger than a day: whoever has the role of the
-- server, and not that of the owner, cannot cut it. An upgrade may be under way: nodes of the version before call
-- `sweep_audit_entries`, too, with the days of their setting, which are never fewer than one.
set local lock_timeout = '2s';

create function guard_audit_chain() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.head_position >= old.head_position
        and (new.head_position > old.head_position or new.head_hash = old.head_hash)
        and ((new.anchor_position, new.anchor_hash) = (old.anchor_position, old.anchor_hash)
            or new.anchor_position > old.anchor_position
                and exists (select from audit_entries e
                    where e.position = new.anchor_position and e.hash = new.anchor_hash)
                and not exists (select from audit_entries e
                    where e.position > old.anchor_position and e.position <= new.anchor_position
                        and e.occurred_at >= now() - interval '1 day'))
    then
        return new;
    end if;
    raise exception 'the chain of the audit log goes forward only' using errcode = 'restrict_violation';
end $$;
create trigger audit_chain_guard before update or delete on audit_chain
    for each row execute function guard_audit_chain();
create trigger audit_chain_guard_all before truncate on audit_chain
    for each statement execute function guard_audit_chain();

-- As before, and entries of the last day are never removed.
create or replace function sweep_audit_entries(kept_days integer, how_many bigint)
returns table (removed bigint, anchor_position bigint, anchor_hash bytea) language plpgsql as $$
declare
    chain audit_chain;
    last bigint;
begin
    select * into chain from audit_chain for update;
    -- A chain loses its beginning only: the first entry that is kept keeps all after it.
    select min(e.position) - 1 into last from audit_entries e
    where e.position > chain.anchor_position and e.position <= chain.anchor_position + how_many
        and e.occurred_at >= now() - make_interval(days => greatest(kept_days, 1));
    last := coalesce(last, least(chain.head_position, chain.anchor_position + how_many));
    if last > chain.anchor_position then
        update audit_chain c set anchor_position = last, anchor_hash = e.hash
        from audit_entries e where e.position = last;
        delete from audit_entries e where e.position <= last;
        get diagnostics removed = row_count;
    else
        removed := 0;
    end if;
    select c.anchor_position, c.anchor_hash into anchor_position, anchor_hash from audit_chain c;
    return next;
end $$;
