-- Two more features of a search: `is:pinned` and `is:thread`. The function keeps its signature; a node of the
-- version before asks for neither.
create or replace function search_condition(feature text, caller_id bigint) returns text
language sql immutable
return case feature
    when 'link' then 's.has_link'
    when 'file' then 's.has_file'
    when 'image' then 's.has_image'
    when 'reaction' then 'exists (select from reactions r where r.message_id = s.message_id)'
    when 'pinned' then 'exists (select from pins p where p.message_id = s.message_id)'
    -- A reply, or the message that a thread begins with.
    when 'thread' then '(exists (select from thread_messages t where t.message_id = s.message_id) '
        'or exists (select from threads t where t.id = s.message_id))'
    when 'unread' then format('s.sender_id <> %1$s and s.position > coalesce((select k.read_position from members k '
        'where k.conversation_id = s.conversation_id and k.user_id = %1$s), '
        '(select u.announcements_read from users u where u.id = %1$s))', caller_id)
    when 'mention' then format(
        'exists (select from mentions n where n.message_id = s.message_id and n.user_id = %s)', caller_id)
end;
