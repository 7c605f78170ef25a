-- Mentions of many: `@all` (also `@everyone`, `@channel`) and `@here`, which the code calls wildcards.
--
-- `@all` in the main line is one row, whatever the number of members: they are counted by their memberships. Those whom
-- another wildcard means cannot be found later, so that each of them has a row: who was online for `@here`, and who
-- followed the thread for a wildcard in a reply that is in a thread only.
set local lock_timeout = '2s';

create table wildcard_mentions (
    message_id bigint not null constraint wildcard_mentions_message_fkey references messages on delete cascade,
    who text not null constraint wildcard_mentions_who_known check (who in ('all', 'here')),
    -- Of the message, which does not change.
    conversation_id bigint not null,
    position bigint not null,
    sender_id bigint not null,
    -- The change that made it, which is the message or a later edit: who joined after it is not mentioned. And its
    -- time, for the announcements, which have no memberships.
    seq bigint not null,
    written_at timestamptz not null default now(),
    -- Whether it means all members, without rows of `wildcard_recipients`.
    means_members boolean not null,
    constraint wildcard_mentions_pkey primary key (message_id, who)
);
create index wildcard_mentions_position on wildcard_mentions (conversation_id, position);
-- For a search, which would read those of `@here` with them.
create index wildcard_mentions_members on wildcard_mentions (conversation_id, position) where means_members;

create table wildcard_recipients (
    -- Of `users`, without a constraint, which would look up and lock each of thousands.
    user_id bigint not null,
    conversation_id bigint not null,
    position bigint not null,
    who text not null,
    message_id bigint not null,
    constraint wildcard_recipients_mention_fkey foreign key (message_id, who)
        references wildcard_mentions on delete cascade,
    constraint wildcard_recipients_pkey primary key (user_id, conversation_id, position, who)
);
create index wildcard_recipients_message_id on wildcard_recipients (message_id, who);

-- As in 0034_members.sql, with the beginning of the membership.
create or replace view memberships as
select m.conversation_id, m.user_id, m.role, m.read_position, m.delivered_position, m.left_at,
    m.unread_after, m.unread_marked_at, m.joined_seq, m.joined_at
from members m
union all
select 0::bigint, u.id, case u.role when 'admin' then 'admin' else 'member' end,
    u.announcements_read, u.announcements_delivered, null::timestamptz,
    u.announcements_unread_after, u.announcements_unread_marked_at, 0::bigint, u.created_at
from users u;

-- Whether a wildcard that means the members means a membership: not the sender's, and not one that began later.
create function wildcard_means(w wildcard_mentions, user_id bigint, joined_seq bigint, joined_at timestamptz)
returns boolean language sql immutable
return w.means_members and w.sender_id <> user_id and w.seq > joined_seq
    and (w.conversation_id <> 0 or w.written_at > joined_at);

-- The wildcards that a text has for a sender: `all`, `here`. `written` is what stands after each `@`. A member whose
-- username is one of the words is meant by it, as in `mentioned_members` (0023_text.sql). Others than administrators
-- of the conversation have none in channels, nor where there are more than so many members: their words are text.
-- `may_mention_all` (`crates/model/src/conversation.rs`) says the same to the page.
create function granted_wildcards(
    of_conversation_id bigint, of_sender_id bigint, written text[], max_members bigint
) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct case w.word when 'here' then 'here' else 'all' end), '{}')
    from (select t.name, rtrim(t.name, '._-') as word from unnest(written) t(name)) w
    where w.word in ('all', 'channel', 'everyone', 'here')
        and exists (
            select from memberships m join conversations c on c.id = m.conversation_id
            where m.conversation_id = of_conversation_id and m.user_id = of_sender_id and m.left_at is null
                and (m.role <> 'member' or c.kind in ('direct', 'group') and c.member_count <= max_members)
        )
        and not exists (
            select from generate_series(char_length(w.word), char_length(w.name)) n
            join users u on u.username = left(w.name, n)
            join memberships m
                on m.conversation_id = of_conversation_id and m.user_id = u.id and m.left_at is null
        )
$$;

-- Gives messages these wildcards, a list for each message and null for none, in the transaction that writes them.
-- Those that a message has already stay as they are. `online` has the members who are online, and perhaps others.
create function add_wildcard_mentions(message_ids bigint[], granted_lists jsonb[], online bigint[])
returns void language plpgsql
set enable_seqscan = off
as $$
begin
    with added as materialized (
        insert into wildcard_mentions (message_id, who, conversation_id, position, sender_id, seq, means_members)
        select m.id, g.who, m.conversation_id, m.position, m.sender_id, m.seq, g.who = 'all' and not exists (
            select from thread_messages r where r.message_id = m.id and r.threads_position is not null
        )
        from unnest(message_ids, granted_lists) s(id, granted)
        cross join jsonb_array_elements_text(s.granted) g(who)
        join messages m on m.id = s.id
        on conflict do nothing
        returning message_id, who, conversation_id, position, sender_id, means_members
    ), of_threads as materialized (
        select a.*, r.thread_id from added a join thread_messages r on r.message_id = a.message_id
        where r.threads_position is not null
    )
    insert into wildcard_recipients (user_id, conversation_id, position, who, message_id)
    select m.user_id, a.conversation_id, a.position, a.who, a.message_id
    from added a
    -- For each mention by itself (`offset 0`): of all memberships, those of one conversation are read.
    cross join lateral (
        select k.user_id from memberships k
        where k.conversation_id = a.conversation_id and k.left_at is null and k.user_id <> a.sender_id
            and k.user_id in (select unnest(online))
        offset 0
    ) m
    where not a.means_members and a.message_id not in (select t.message_id from of_threads t)
    union all
    select m.user_id, a.conversation_id, a.position, a.who, a.message_id
    from of_threads a
    join thread_followers f on f.thread_id = a.thread_id and f.is_following
    cross join lateral (
        select k.user_id from memberships k
        where k.conversation_id = a.conversation_id and k.user_id = f.user_id and k.left_at is null
        offset 0
    ) m
    where m.user_id <> a.sender_id and (a.who = 'all' or m.user_id in (select unnest(online)));
end $$;

-- Those of these users whom the wildcards of a message mean; of all users without a list.
create function wildcard_users(of_message_id bigint, among bigint[])
returns setof bigint language sql stable as $$
    select r.user_id from wildcard_recipients r
    where r.message_id = of_message_id and (among is null or r.user_id in (select unnest(among)))
    union
    select m.user_id from wildcard_mentions w
    cross join lateral (
        select k.user_id, k.joined_seq, k.joined_at from memberships k
        where k.conversation_id = w.conversation_id and k.left_at is null
            and (among is null or k.user_id in (select unnest(among)))
        offset 0
    ) m
    where w.message_id = of_message_id and wildcard_means(w, m.user_id, m.joined_seq, m.joined_at)
$$;

-- As in 0046_unread.sql, with wildcards. A message counts once, however often it mentions somebody.
create or replace view unread_memberships as
select n.conversation_id, n.user_id, n.kind, n.unread_of_all - n.unread_in_threads as unread,
    n.mentions, n.unread_in_threads
from (
    select m.conversation_id, m.user_id, c.kind,
        c.position - counted_position(m.read_position, m.unread_after, m.unread_marked_at) - (
            select count(*) from messages d
            where d.conversation_id = c.id and d.deleted_at is not null
                and d.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) - (
            -- A send reads everything, so that own messages are above the counted position by a mark only.
            select count(*) from messages o
            where o.conversation_id = c.id and o.sender_id = m.user_id and o.deleted_at is null
                and o.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                and o.position <= m.read_position
        ) - case when c.threads_position = 0 then 0 else (
            -- But for replies that are in a thread only, which read nothing else.
            select count(*) from thread_messages r join messages o on o.id = r.message_id
            where r.conversation_id = c.id and r.sender_id = m.user_id and r.deleted_at is null
                and r.threads_position is not null and o.conversation_id = c.id and o.sender_id = m.user_id
                and o.position > m.read_position
        ) end as unread_of_all,
        case when c.threads_position = 0 then 0 else c.threads_position - coalesce((
            select r.threads_position from thread_messages r
            where r.conversation_id = c.id and r.threads_position is not null
                and r.conversation_position
                    <= counted_position(m.read_position, m.unread_after, m.unread_marked_at)
            order by r.conversation_position desc limit 1
        ), 0) - (
            select count(*) from thread_messages d
            where d.conversation_id = c.id and d.deleted_at is not null and d.threads_position is not null
                and d.conversation_position
                    > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) - (
            select count(*) from thread_messages r join messages o on o.id = r.message_id
            where r.conversation_id = c.id and r.sender_id = m.user_id and r.deleted_at is null
                and r.threads_position is not null and o.conversation_id = c.id and o.sender_id = m.user_id
                and o.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) end as unread_in_threads,
        case when exists (
            select from wildcard_mentions w
            where w.conversation_id = c.id
                and w.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
        ) then (
            select count(*) from (
                select k.position from mentions k
                    where k.user_id = m.user_id and k.conversation_id = c.id
                        and k.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                        and (c.threads_position = 0 or not exists (
                            select from thread_messages r
                            where r.message_id = k.message_id and r.threads_position is not null
                        ))
                union
                select k.position from wildcard_recipients k
                    where k.user_id = m.user_id and k.conversation_id = c.id
                        and k.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                        and (c.threads_position = 0 or not exists (
                            select from thread_messages r
                            where r.message_id = k.message_id and r.threads_position is not null
                        ))
                union
                -- None that is in a thread only.
                select w.position from wildcard_mentions w
                where w.conversation_id = c.id
                    and w.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                    and wildcard_means(w, m.user_id, m.joined_seq, m.joined_at)
            ) mentioned
        ) else (
            select count(*) from mentions
            where mentions.user_id = m.user_id and mentions.conversation_id = c.id
                and mentions.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
                and (c.threads_position = 0 or not exists (
                    select from thread_messages r
                    where r.message_id = mentions.message_id and r.threads_position is not null
                ))
        ) end as mentions
    from memberships m join conversations c on c.id = m.conversation_id
    where m.left_at is null
        and c.position > counted_position(m.read_position, m.unread_after, m.unread_marked_at)
) n;

-- As in 0036_threads.sql, with wildcards. `@all` in a reply that is in the main line, too, means those who follow.
create or replace view thread_states as
select f.thread_id, f.user_id, t.conversation_id, f.read_position, t.last_reply_at,
    case when f.is_following and t.position > f.read_position then t.position - f.read_position - (
        select count(*) from thread_messages d
        where d.thread_id = t.id and d.position > f.read_position and d.deleted_at is not null
    ) else 0 end as unread,
    case when not f.is_following or t.position <= f.read_position then 0
    -- By `limit`, because an `exists` would read all of the table for many threads.
    when (select true from wildcard_mentions w where w.conversation_id = t.conversation_id limit 1) then (
        select count(*) from (
            select k.position from mentions k join thread_messages r on r.message_id = k.message_id
            where k.user_id = f.user_id and k.conversation_id = t.conversation_id
                and r.thread_id = t.id and r.position > f.read_position
            union
            select k.position from wildcard_recipients k join thread_messages r on r.message_id = k.message_id
            where k.user_id = f.user_id and k.conversation_id = t.conversation_id
                and r.thread_id = t.id and r.position > f.read_position
            union
            select w.position from thread_messages r join wildcard_mentions w on w.message_id = r.message_id
            join memberships m on m.conversation_id = t.conversation_id and m.user_id = f.user_id and m.left_at is null
            where r.thread_id = t.id and r.position > f.read_position
                and wildcard_means(w, m.user_id, m.joined_seq, m.joined_at)
        ) mentioned
    ) else (
        select count(*) from mentions k join thread_messages r on r.message_id = k.message_id
        where k.user_id = f.user_id and k.conversation_id = t.conversation_id
            and r.thread_id = t.id and r.position > f.read_position
    ) end as mentions,
    f.is_following
from thread_followers f join threads t on t.id = f.thread_id;

-- As in 0060_search_threads.sql, with wildcards. One list of messages, so that the planner can begin with it.
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
    when 'mention' then format('exists (select from ('
        'select n.message_id from mentions n where n.user_id = %1$s '
        'union all select r.message_id from wildcard_recipients r where r.user_id = %1$s '
        'union all select w.message_id from wildcard_mentions w join memberships k '
        'on k.conversation_id = w.conversation_id and k.user_id = %1$s and k.left_at is null '
        'where wildcard_means(w, k.user_id, k.joined_seq, k.joined_at)'
        ') n where n.message_id = s.message_id)', caller_id)
end;
