-- `is:thread` asks one list of messages, those in threads and those that threads begin with, so that the planner can
-- begin with it: two `exists` joined by `or` were asked for every message of a search that finds none.
set local lock_timeout = '2s';

-- As in 0046_unread.sql, but for threads.
create or replace function search_condition(feature text, caller_id bigint) returns text
language sql immutable
return case feature
    when 'link' then 's.has_link'
    when 'file' then 's.has_file'
    when 'image' then 's.has_image'
    when 'reaction' then 'exists (select from reactions r where r.message_id = s.message_id)'
    when 'pinned' then 'exists (select from pins p where p.message_id = s.message_id)'
    -- A reply, or the message that a thread begins with.
    when 'thread' then 'exists (select from ('
        'select t.message_id from thread_messages t union all select t.id from threads t'
        ') t where t.message_id = s.message_id)'
    when 'unread' then format('s.sender_id <> %1$s and s.position > (select '
        'counted_position(k.read_position, k.unread_after, k.unread_marked_at) from memberships k '
        'where k.conversation_id = s.conversation_id and k.user_id = %1$s)', caller_id)
    when 'mention' then format(
        'exists (select from mentions n where n.message_id = s.message_id and n.user_id = %s)', caller_id)
end;
