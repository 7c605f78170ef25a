-- What is shown of the last message of a conversation is cut between two characters as people count them, which
-- the server does (`clip_preview`): it needs to see what follows the 200th code point. 64 more are enough for every
-- emoji and every letter with its accents. A node of the version before prints all of them.
set local lock_timeout = '2s';

create function preview_text(body text) returns text
language sql immutable parallel safe
return left(body, 264);

-- As in 0036_threads.sql, but for the text of the last message.
create or replace view conversation_summaries as
select u.id as caller_id, c.id, c.private, c.title, m.role, c.seq,
    coalesce(last.created_at, c.created_at) as active_at,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at,
        'role', m.role,
        'peer', case when c.kind = 'direct' then user_json(peer) end,
        'readPosition', coalesce(
            counted_position(m.read_position, m.unread_after, m.unread_marked_at), c.position),
        'unread', coalesce(counts.unread, 0),
        'unreadInThreads', coalesce(counts.unread_in_threads, 0),
        'mentions', coalesce(counts.mentions, 0),
        'lastMessage', case when last.id is not null then json_build_object(
            'id', last.id, 'position', last.position, 'sender', sender_json(last_sender),
            'kind', last.kind, 'body', preview_text(last.body), 'createdAt', last.created_at,
            'deletedAt', last.deleted_at) end
    ) as json,
    c.id <> 0 or c.position > 0 as is_listed
from users u
cross join conversations c
left join memberships m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
left join lateral (
    select n.unread, n.unread_in_threads, n.mentions from unread_memberships n
    where n.conversation_id = c.id and n.user_id = u.id
) counts on m.user_id is not null
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;
