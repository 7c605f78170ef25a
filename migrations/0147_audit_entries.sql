-- What is about somebody's own account is read by two indexes, in their order: what they did themself, and what was done to
-- them. What they have done to others is not in it.

-- The ids of a page of entries, the newest first. Only the conditions that are given are in the query, which is planned
-- for them. Those of a person are about their own account.
create or replace function find_audit_entries(
    of_person bigint, of_actor bigint, of_target bigint, of_conversation bigint, of_actions text[],
    of_network inet, since timestamptz, until timestamptz, before_at timestamptz, before_id bigint, how_many bigint
) returns setof bigint language plpgsql stable as $$
declare
    conditions text := '';
    newest constant text := ' order by occurred_at desc, id desc limit $11';
    found text;
begin
    if of_actor is not null then conditions := conditions || ' and actor_id = $2'; end if;
    if of_target is not null then conditions := conditions || ' and target_id = $3'; end if;
    if of_conversation is not null then conditions := conditions || ' and conversation_id = $4'; end if;
    if cardinality(of_actions) = 1 then
        conditions := conditions || ' and action = ($5)[1]';
    elsif of_actions is not null then
        conditions := conditions || ' and action = any($5)';
    end if;
    if of_network is not null then conditions := conditions || ' and address <<= $6'; end if;
    if since is not null then conditions := conditions || ' and occurred_at >= $7'; end if;
    if until is not null then conditions := conditions || ' and occurred_at < $8'; end if;
    if before_at is not null then conditions := conditions || ' and (occurred_at, id) < ($9, $10)'; end if;
    if of_person is null then
        found := 'select id from audit_entries where true' || conditions || newest;
    else
        found := 'select id from (
            (select id, occurred_at from audit_entries where actor_id = $1 and target_id is null'
                || conditions || newest || ') union all
            (select id, occurred_at from audit_entries where target_id = $1' || conditions || newest || ')
            ) own' || newest;
    end if;
    return query execute found using of_person, of_actor, of_target, of_conversation, of_actions, of_network,
        since, until, before_at, before_id, how_many;
end $$;
