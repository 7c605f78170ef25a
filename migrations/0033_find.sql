-- Places by name, as somebody types it: conversations of the caller, public channels that they have not
-- joined, and people with whom they have no direct conversation. The best first: names that begin with the
-- query, then words of names that do, then the rest; favorites and what was used last come before others.
-- Without a query it is what was used last.
create function find_places(caller_id bigint, query text, max_places bigint)
returns table (place text, id bigint)
language plpgsql stable
-- Planned once for each connection, because planning takes longer than the query: one index look-up for each
-- row, and the trigram indexes for the names of users.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set max_parallel_workers_per_gather = 0
set jit = off
as $$
declare
    anywhere constant text := contains_pattern(query);
    at_start constant text := substr(anywhere, 2);
    at_word constant text := '% ' || at_start;
    -- Fewer than three characters have no trigram: of them, the beginnings of names are looked up.
    in_name constant text := case when char_length(at_start) > 3 then anywhere else at_start end;
    is_empty constant boolean := at_start = '%';
begin
    return query
    with own as materialized (
        select c.id, c.kind, peer.id as peer_id, peer.username, fold_text(coalesce(c.title, peer.name)) as name,
            coalesce(last.created_at, c.created_at) as used_at
        from memberships k
        join conversations c on c.id = k.conversation_id
        left join messages last on last.conversation_id = c.id and last.position = c.position
        left join users peer on c.kind = 'direct'
            and peer.id = case when c.low_user_id = caller_id then c.high_user_id else c.low_user_id end
        where k.user_id = caller_id and k.left_at is null and (c.id <> 0 or c.position > 0)
    ), favorite as materialized (
        select f.conversation_id, f.person_id from favorites f where f.user_id = caller_id
    ), found as (
        select 'conversation' as place, o.id, o.username, o.name,
            2 / (1 + greatest(0, extract(epoch from now() - o.used_at)) / 604800.0) + case when exists (
                select from favorite f where f.conversation_id = o.id or f.person_id = o.peer_id
            ) then 1.5 else 0 end as used
        from own o where o.name like anywhere or o.username like at_start
        union all
        (
            select 'channel', c.id, null, fold_text(c.title), 0
            from conversations c
            where not c.private and not is_empty and fold_text(c.title) like anywhere
                and not exists (
                    select from members m where m.conversation_id = c.id and m.user_id = caller_id and m.left_at is null
                )
            order by c.member_count desc, c.id limit max_places * 5
        )
        union all
        (
            select 'person', u.id, u.username, fold_text(u.name),
                case when exists (select from favorite f where f.person_id = u.id) then 1.5 else 0 end
            from users u
            where not is_empty
                and (
                    u.username like at_start or fold_text(u.name) like at_start or fold_text(u.name) like at_word
                    or u.username like in_name or fold_text(u.name) like in_name
                )
                and not exists (select from own o where o.peer_id = u.id)
                -- As in the list of users: who is gone from every app is left out.
                and not (u.password_hash is null
                    and exists (select from app_users a where a.user_id = u.id and a.ended_at is not null)
                    and not exists (select from app_users a where a.user_id = u.id and a.ended_at is null))
            order by (u.username like at_start or fold_text(u.name) like at_start) desc, u.username
            limit max_places * 5
        )
    )
    select f.place, f.id from found f
    order by case when is_empty then 0
            when f.name like at_start or f.username like at_start then 3
            when f.name like at_word then 2
            else 1 end + f.used desc, f.place <> 'conversation', f.name, f.id
    limit max_places;
end $$;
