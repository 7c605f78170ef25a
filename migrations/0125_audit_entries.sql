-- The audit log: who did what, to whom, and from where. Rows are only added. A row is chained to those before it a moment
-- later, by one node at a time, so that nobody who writes one waits for another.
create table audit_entries (
    id bigint generated always as identity constraint audit_entries_pkey primary key,
    occurred_at timestamptz not null default clock_timestamp(),
    action text not null constraint audit_entries_action_form
        check (action ~ '^[a-z_]{1,30}\.[a-z_]{1,30}$'),
    actor_kind text not null constraint audit_entries_actor_known
        check (actor_kind in ('user', 'bot', 'operator', 'server', 'stranger')),
    -- Of a user or a bot. No column has a foreign key: an entry outlives what it is about.
    actor_id bigint,
    -- The user to whom it was done.
    target_id bigint,
    conversation_id bigint,
    session_id bigint,
    -- The contract, or `api`; null for the page and for commands.
    door text,
    -- Ids, roles and counts, as text: the bytes are chained. Never what somebody has written, and nothing personal.
    details json not null default '{}' constraint audit_entries_details_length
        check (octet_length(details::text) <= 4000),
    -- What is personal, and may be emptied. The salt, which goes with it, keeps the commitment from being guessed.
    actor_name text,
    address inet,
    user_agent text constraint audit_entries_user_agent_length check (char_length(user_agent) <= 300),
    actor_salt uuid default gen_random_uuid(),
    target_name text,
    target_salt uuid default gen_random_uuid(),
    -- The place in the chain: 1, 2, 3, ... without a hole. Null until the entry is chained.
    position bigint constraint audit_entries_position_key unique,
    actor_commitment bytea,
    target_commitment bytea,
    hash bytea,
    constraint audit_entries_chained check (
        num_nulls(position, actor_commitment, target_commitment, hash) in (0, 4))
);
create index audit_entries_unchained on audit_entries (id) where position is null;
create index audit_entries_time on audit_entries (occurred_at, id);
create index audit_entries_actor on audit_entries (actor_id, occurred_at, id) where actor_id is not null;
create index audit_entries_target on audit_entries (target_id, occurred_at, id) where target_id is not null;
create index audit_entries_conversation on audit_entries (conversation_id, occurred_at, id)
    where conversation_id is not null;
create index audit_entries_action on audit_entries (action, occurred_at, id);
create index audit_entries_address on audit_entries (address) where address is not null;

-- One row: what the chain begins after, and where it ends. Whoever chains holds it.
create table audit_chain (
    is_only boolean not null default true constraint audit_chain_pkey primary key
        constraint audit_chain_is_only check (is_only),
    -- The entry up to which all were removed for their age, and its hash. The first one follows nothing: 32 zeros.
    anchor_position bigint not null default 0,
    anchor_hash bytea not null default decode(repeat('00', 32), 'hex'),
    head_position bigint not null default 0,
    head_hash bytea not null default decode(repeat('00', 32), 'hex'),
    -- When the head was last written to the log of a server.
    reported_at timestamptz
);
insert into audit_chain default values;

-- An entry changes in two ways: it is chained once, and what is personal in it is emptied. It is removed once it is
-- behind the anchor. Whoever may switch the trigger off is found by the chain.
create function guard_audit_entries() returns trigger language plpgsql as $$
declare
    of_chain constant text[] := array['position', 'hash', 'actor_commitment', 'target_commitment'];
    of_actor constant text[] := array['actor_name', 'address', 'user_agent', 'actor_salt'];
    of_target constant text[] := array['target_name', 'target_salt'];
begin
    if tg_op = 'DELETE' then
        if old.position <= (select anchor_position from audit_chain) then
            return old;
        end if;
    elsif tg_op = 'UPDATE' then
        if old.position is null and to_jsonb(old) - of_chain = to_jsonb(new) - of_chain then
            return new;
        end if;
        if to_jsonb(old) - of_actor - of_target = to_jsonb(new) - of_actor - of_target
            and (num_nonnulls(new.actor_name, new.address, new.user_agent, new.actor_salt) = 0
                or (new.actor_name, new.address, new.user_agent, new.actor_salt)
                    is not distinct from (old.actor_name, old.address, old.user_agent, old.actor_salt))
            and (num_nonnulls(new.target_name, new.target_salt) = 0
                or (new.target_name, new.target_salt) is not distinct from (old.target_name, old.target_salt))
        then
            return new;
        end if;
    end if;
    raise exception 'the audit log is only added to' using errcode = 'restrict_violation';
end $$;
create trigger audit_entries_guard before update or delete on audit_entries
    for each row execute function guard_audit_entries();
create trigger audit_entries_guard_all before truncate on audit_entries
    for each statement execute function guard_audit_entries();

-- Removes the oldest entries of the chain that are older than some days, `how_many` at most, and moves the anchor to the
-- last of them. Returns how many, and the anchor.
create function sweep_audit_entries(kept_days integer, how_many bigint)
returns table (removed bigint, anchor_position bigint, anchor_hash bytea) language plpgsql as $$
declare
    chain audit_chain;
    last bigint;
begin
    select * into chain from audit_chain for update;
    -- A chain loses its beginning only: the first entry that is kept keeps all after it.
    select min(e.position) - 1 into last from audit_entries e
    where e.position > chain.anchor_position and e.position <= chain.anchor_position + how_many
        and e.occurred_at >= now() - make_interval(days => kept_days);
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

-- Empties what is personal of a user in all entries: name, addresses and user agents of what they did, their name where
-- something was done to them, and the addresses of strangers who have tried their account. The chain stays whole. An
-- entry says that it was done. To be called last in the transaction that deletes the account; returns how many entries
-- were emptied.
create function erase_audit_person(person bigint) returns bigint language plpgsql as $$
declare
    emptied bigint;
begin
    with ids as (
        select id from audit_entries
        where actor_id = person and actor_salt is not null or target_id = person and target_salt is not null
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
    insert into audit_entries (action, actor_kind, target_id, target_salt, details)
    values ('audit.erased', 'server', person, null, json_build_object('entries', emptied));
    return emptied;
end $$;

-- The ids of a page of entries, the newest first. Only the conditions that are given are in the query, which is planned
-- for them.
create function find_audit_entries(
    of_person bigint, of_actor bigint, of_target bigint, of_conversation bigint, of_actions text[],
    of_network inet, since timestamptz, until timestamptz, before_at timestamptz, before_id bigint, how_many bigint
) returns setof bigint language plpgsql stable as $$
declare
    found text := 'select id from audit_entries where true';
begin
    if of_person is not null then found := found || ' and (actor_id = $1 or target_id = $1)'; end if;
    if of_actor is not null then found := found || ' and actor_id = $2'; end if;
    if of_target is not null then found := found || ' and target_id = $3'; end if;
    if of_conversation is not null then found := found || ' and conversation_id = $4'; end if;
    if cardinality(of_actions) = 1 then
        found := found || ' and action = ($5)[1]';
    elsif of_actions is not null then
        found := found || ' and action = any($5)';
    end if;
    if of_network is not null then found := found || ' and address <<= $6'; end if;
    if since is not null then found := found || ' and occurred_at >= $7'; end if;
    if until is not null then found := found || ' and occurred_at < $8'; end if;
    if before_at is not null then found := found || ' and (occurred_at, id) < ($9, $10)'; end if;
    found := found || ' order by occurred_at desc, id desc limit $11';
    return query execute found using of_person, of_actor, of_target, of_conversation, of_actions, of_network,
        since, until, before_at, before_id, how_many;
end $$;

insert into sweeps (name) values ('audit_entries');
