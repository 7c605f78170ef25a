-- The messages that a search finds: how many, and the ids of a page of them, the newest first.
create function find_messages(
    -- Whose conversations are searched.
    caller_id bigint, pattern text,
    -- Nulls do not narrow it.
    only_conversation_id bigint, only_sender_id bigint, before timestamptz, after timestamptz,
    -- The message after which to go on.
    cursor_id bigint, most bigint, skipped bigint
)
returns table (total bigint, ids bigint[])
language plpgsql stable
-- Planned for each search: which index is worth reading depends on the words. A plan for any words
-- reads everything in the caller's conversations, even for a word that hardly anybody has used.
set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    -- What was deleted says nothing, and so is never found.
    with found as materialized (
        select m.id, m.created_at from messages m
        where lower(m.body) like lower(pattern) and m.conversation_id = any(array(
            select k.conversation_id from members k
            where k.user_id = caller_id and k.left_at is null
                and (only_conversation_id is null or k.conversation_id = only_conversation_id)
        ))
        and (only_sender_id is null or m.sender_id = only_sender_id)
        and (before is null or m.created_at < before)
        and (after is null or m.created_at > after)
    )
    select (select count(*) from found), array(
        select f.id from found f
        where cursor_id is null
            or (f.created_at, f.id) < (select c.created_at, c.id from messages c where c.id = cursor_id)
        order by f.created_at desc, f.id desc limit most offset skipped
    );
end $$;
