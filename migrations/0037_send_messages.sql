-- As in 0016_send_messages.sql, and with replies in threads (0036_threads.sql), which only the general way
-- writes. An overload: nodes of the version before call the function without the two last parameters.
--
-- Writes a batch of sends, to any number of conversations, in the order of the arrays, and returns one
-- row for each send in the same order. One call is one transaction: a batch costs one round trip and
-- one commit.
--
-- `outcome` is one of
--   written          the message is in the tables
--   repeated         an earlier send with the same client id and content has written it: `id`
--   conflict         the client id was used for a send with other content
--   busy             another transaction has locked the conversation, and `wait_for_locks` is false
--   no_conversation  there is none, or the sender is not a member of a private one
--   not_joined       the sender is not a member of an open channel
--   not_admin        the send is an announcement, and the sender is no administrator
--   opened           the send is for an empty conversation (`opening_flags`), and this one has messages
--   no_reply         `reply_to_ids` names no message of the conversation, or a deleted one, or to a reply
--                    in a thread one that is not of the thread
--   no_thread        `thread_ids` names no message of the conversation that has or may begin a thread
-- Only `written` changes anything.
--
-- The function has the rules twice: a short way for the usual lone message, and a general way for
-- everything. A rule of one is a rule of the other; each step of the short way names its counterpart.
-- `wait_for_locks` forces the general way, by which a test compares the two. The short way exists
-- because it takes a third less time (docs/performance.md).
create function send_messages(
    wait_for_locks boolean, conversation_ids bigint[], sender_ids bigint[], kinds text[], bodies text[],
    reply_to_ids bigint[], client_ids text[], official_flags boolean[], opening_flags boolean[],
    -- One JSON list for each send, `[{"name", "url"}]` and `["username"]`; null for a send without, and
    -- null instead of the array when no send has one.
    attachment_lists jsonb[], username_lists jsonb[],
    -- The root of the thread that a send replies in, and whether it also goes to the main line of the
    -- conversation. Null instead of the arrays when no send is such a reply.
    thread_ids bigint[], to_conversation_flags boolean[]
)
returns table (
    outcome text, id bigint, message_position bigint, seq bigint, written_at timestamptz,
    -- The sender.
    username text, name text, avatar_url text,
    -- The message that this one replies to, and the attachments; null for a message without.
    reply json, attachments json,
    -- The sender's positions before the send, if it moves them over messages of others; null otherwise.
    -- Only the last send of a sender in a conversation has them.
    read_before bigint, delivered_before bigint,
    -- The ids of the mentioned members; null for a send that names no usernames.
    mentioned bigint[],
    -- Of a reply in a thread: its number there, the sender of the root, and the thread after the batch.
    thread_position bigint, root_sender_id bigint, thread json
)
language plpgsql
-- Planned once for each connection, because planning a batch takes longer than writing it. The plan has
-- to be good for tables of any size, whatever their size was when it was made: one index look-up for
-- each row, so everything else is off.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
as $$
#variable_conflict use_column
declare
    -- The conversations whose rows this transaction has locked.
    locked bigint[];
    -- One element for each send.
    outcomes text[];
    ids bigint[];
    positions bigint[];
    seqs bigint[];
    -- One element for each send too, but null unless it is the last of its sender in the conversation:
    -- the position of that message, and the positions of the sender before the batch.
    last_positions bigint[];
    read_positions bigint[];
    delivered_positions bigint[];
    -- Whether a send is a reply that goes to its thread only; null without threads.
    aside_flags boolean[];
    -- Of replies: the numbers in their threads, and among the messages that are in threads only.
    thread_positions bigint[];
    threads_positions bigint[];
    -- Short way: the position and seq of the message, and its sender with the membership.
    new_position bigint;
    new_seq bigint;
    sender record;
begin
    -- THE SHORT WAY: one send without reply, thread, attachment, mention or condition. Whatever it cannot write
    -- is left to the general way, which judges it anew and refuses it where it must.
    if cardinality(conversation_ids) = 1 and not wait_for_locks and not opening_flags[1]
        and reply_to_ids[1] is null and attachment_lists is null and username_lists is null
        and thread_ids is null
    then
        -- As step 1: the lock. No row, and so a null position, is `no_conversation` or `busy`.
        select c.position + 1, c.seq + 1 into new_position, new_seq from conversations c
        where c.id = conversation_ids[1] for no key update skip locked;

        -- As step 2: a current member, who has not used this client id here.
        select m.read_position, m.delivered_position, u.username, u.name, u.avatar_url into sender
        from members m join users u on u.id = m.user_id
        where m.conversation_id = conversation_ids[1] and m.user_id = sender_ids[1]
            and m.left_at is null and new_position is not null and not exists (
                select from messages earlier
                where earlier.sender_id = sender_ids[1] and earlier.client_id = client_ids[1]
                    -- Not an index of the conversation's messages: see step 2.
                    and earlier.conversation_id + 0 = conversation_ids[1]
            );

        if found then
            -- As steps 3, 4 and 5: message, counters, own positions.
            id := nextval('messages_id_seq');
            with sent as (
                insert into messages (id, conversation_id, position, created_seq, seq, sender_id,
                    kind, body, client_id, official)
                overriding system value
                values (id, conversation_ids[1], new_position, new_seq, new_seq, sender_ids[1],
                    kinds[1], bodies[1], client_ids[1], official_flags[1])
            ), counted as (
                update conversations c set position = new_position, seq = new_seq
                where c.id = conversation_ids[1]
            )
            update members m set read_position = new_position, delivered_position = new_position
            where m.conversation_id = conversation_ids[1] and m.user_id = sender_ids[1];

            -- As step 6: a read mark, if messages of others were unread.
            if sender.read_position < new_position - 1 then
                insert into read_marks (conversation_id, user_id, position)
                values (conversation_ids[1], sender_ids[1], new_position - 1) on conflict do nothing;
                read_before := sender.read_position;
                delivered_before := sender.delivered_position;
            end if;
            outcome := 'written';
            message_position := new_position;
            seq := new_seq;
            written_at := now();
            username := sender.username;
            name := sender.name;
            avatar_url := sender.avatar_url;
            return next;
            return;
        end if;
    end if;

    -- THE GENERAL WAY.
    -- 1. Lock the conversations, in the order of their ids, so that two calls cannot deadlock.
    -- `no key update` conflicts with other sends and changes, but not with the key share lock that a
    -- foreign key to the conversation takes.
    if wait_for_locks then
        locked := array(select c.id from conversations c where c.id = any(conversation_ids)
            order by c.id for no key update);
    else
        locked := array(select c.id from conversations c where c.id = any(conversation_ids)
            order by c.id for no key update skip locked);
    end if;

    -- 2. Judge each send, and number those that will be written. A statement of its own, so that its
    -- snapshot (read committed) has everything that was committed before the locks were taken.
    with checked as materialized (
        select a.n, a.conversation_id, a.sender_id, c.position, c.seq,
            a.thread_id is not null and not a.to_conversation as is_aside,
            coalesce(m.read_position, everybody.announcements_read) as read_position,
            coalesce(m.delivered_position, everybody.announcements_delivered) as delivered_position,
            found.id as found_id,
            case
                when c.id is null then 'no_conversation'
                when c.id <> all(locked) then 'busy'
                when everybody.role <> 'admin' then 'not_admin'
                when m.user_id is null and everybody.id is null and c.private then 'no_conversation'
                when m.user_id is null and everybody.id is null then 'not_joined'
                -- A repeated send has the content of the first one: the body before its first edit.
                -- Deletion empties the body and the attachments, so then neither is compared.
                when found.id is not null then case when found.kind = a.kind
                    and found.reply_to_id is not distinct from a.reply_to_id
                    and found.official = a.official
                    and (thread_ids is null or a.thread_id is not distinct from (
                        select r.thread_id from thread_messages r where r.message_id = found.id))
                    and (found.deleted_at is not null or (
                        a.body = coalesce((select e.body from edits e where e.message_id = found.id
                            order by e.id limit 1), found.body)
                        and a.attachments is not distinct from (
                            select jsonb_agg(jsonb_build_object('name', f.name, 'url', f.url)
                                order by f.position)
                            from attachments f where f.message_id = found.id)
                    )) then 'repeated' else 'conflict' end
                when a.opening and c.position > 0 then 'opened'
                -- A message begins a thread unless it was deleted or is in one itself.
                when a.thread_id is not null and not coalesce((
                    select r.conversation_id = c.id and (
                        exists (select from threads t where t.id = r.id)
                        or r.deleted_at is null and not exists (
                            select from thread_messages x where x.message_id = r.id)
                    )
                    from messages r where r.id = a.thread_id
                ), false) then 'no_thread'
                -- The root may have been deleted since; everybody sees that it has a thread.
                when a.reply_to_id is not null and a.reply_to_id is distinct from a.thread_id
                    and not coalesce((
                        select r.conversation_id = c.id and r.deleted_at is null and (
                            a.thread_id is null or exists (
                                select from thread_messages x
                                where x.message_id = r.id and x.thread_id = a.thread_id)
                        )
                        from messages r where r.id = a.reply_to_id
                    ), false) then 'no_reply'
                else 'written'
            end as outcome
        from (
            select * from unnest(conversation_ids, sender_ids, kinds, bodies, reply_to_ids, client_ids,
                official_flags, opening_flags, attachment_lists, thread_ids, to_conversation_flags)
                with ordinality
                as a(conversation_id, sender_id, kind, body, reply_to_id, client_id, official, opening,
                    attachments, thread_id, to_conversation, n)
        ) a
        left join conversations c on c.id = a.conversation_id
        -- The rows of members need no lock here: memberships begin and end under the conversation's.
        left join members m on m.conversation_id = c.id and m.user_id = a.sender_id
            and m.left_at is null
        -- The senders of announcements, as the view `memberships` has them. The view itself would read
        -- all memberships of a sender; the null of other sends reads no row.
        left join users everybody on everybody.id = case when c.id = 0 then a.sender_id end
        left join messages found on found.sender_id = a.sender_id and found.client_id = a.client_id
            -- `+ 0` keeps the planner from an index that begins with the conversation, which reads
            -- all of its messages.
            and found.conversation_id + 0 = c.id
    ), numbered as (
        select j.*, j.position + row_number() over in_conversation as new_position,
            count(*) over by_sender as own_count, max(j.n) over by_sender = j.n as is_last
        from checked j
        window in_conversation as (partition by j.conversation_id, j.outcome order by j.n),
            by_sender as (partition by j.conversation_id, j.outcome, j.sender_id, j.is_aside)
    )
    select array_agg(p.outcome), array_agg(case p.outcome
            when 'written' then nextval('messages_id_seq') when 'repeated' then p.found_id end),
        array_agg(p.new_position), array_agg(p.seq - p.position + p.new_position),
        -- A reply in a thread says nothing of what its sender has read of the main line.
        array_agg(case when p.outcome = 'written' and p.is_last and not p.is_aside then p.new_position end),
        -- More new positions than own messages: some of them are unread messages of others.
        array_agg(case when p.new_position - p.read_position > p.own_count then p.read_position end),
        array_agg(p.delivered_position), array_agg(p.is_aside)
    into outcomes, ids, positions, seqs, last_positions, read_positions, delivered_positions, aside_flags
    from (select * from numbered order by numbered.n) p;

    if 'written' = any(outcomes) then
        -- 3. The messages.
        insert into messages (id, conversation_id, position, created_seq, seq, sender_id, kind, body,
            reply_to_id, client_id, official)
        overriding system value
        select a.id, a.conversation_id, a.position, a.seq, a.seq, a.sender_id, a.kind, a.body,
            a.reply_to_id, a.client_id, a.official
        from unnest(outcomes, ids, conversation_ids, positions, seqs, sender_ids, kinds, bodies,
            reply_to_ids, client_ids, official_flags)
            a(outcome, id, conversation_id, position, seq, sender_id, kind, body, reply_to_id,
                client_id, official)
        where a.outcome = 'written';

        -- 4. The counters of the conversations.
        update conversations c set position = last.position, seq = last.seq
        from (
            select a.conversation_id, max(a.position) as position, max(a.seq) as seq
            from unnest(outcomes, conversation_ids, positions, seqs) a(outcome, conversation_id, position, seq)
            where a.outcome = 'written' group by a.conversation_id
        ) last where c.id = last.conversation_id;

        -- 5. The positions of the senders: a sender has read their message and everything before it.
        update members m set read_position = a.position, delivered_position = a.position
        from (
            select * from unnest(conversation_ids, sender_ids, last_positions)
                a(conversation_id, sender_id, position)
            where a.position is not null
            -- Every transaction locks members in this order.
            order by a.conversation_id, a.sender_id
        ) a
        where m.conversation_id = a.conversation_id and m.user_id = a.sender_id;

        -- 6. Read marks, of the senders that had unread messages of others.
        if array_remove(read_positions, null) <> '{}' then
            insert into read_marks (conversation_id, user_id, position)
            select a.conversation_id, a.sender_id, a.position - 1
            from unnest(conversation_ids, sender_ids, last_positions, read_positions)
                a(conversation_id, sender_id, position, read)
            where a.position is not null and a.read is not null
            -- A read receipt of the same moment may have left the mark already.
            on conflict do nothing;
        end if;

        -- 6b. Replies in threads.
        if thread_ids is not null then
            -- The numbers that they take, under the locks of their conversations.
            select array_agg(p.thread_position), array_agg(p.threads_position)
            into thread_positions, threads_positions
            from (
                select
                    case when a.is_reply then coalesce(t.position, 0)
                        + row_number() over (partition by a.thread_id, a.is_reply order by a.n)
                    end as thread_position,
                    case when a.is_reply and a.is_aside then c.threads_position
                        + row_number() over (
                            partition by a.conversation_id, a.is_reply, a.is_aside order by a.n)
                    end as threads_position
                from (
                    select u.*, u.outcome = 'written' and u.thread_id is not null as is_reply
                    from unnest(outcomes, conversation_ids, thread_ids, aside_flags) with ordinality
                        u(outcome, conversation_id, thread_id, is_aside, n)
                ) a
                left join threads t on t.id = a.thread_id
                left join conversations c on c.id = a.conversation_id
                order by a.n
            ) p;

            -- Parallel arrays again: one row for each reply.
            insert into threads (id, conversation_id, position, seq)
            select a.thread_id, a.conversation_id, max(a.position), max(a.seq)
            from unnest(thread_ids, conversation_ids, thread_positions, seqs)
                a(thread_id, conversation_id, position, seq)
            where a.position is not null
            group by a.thread_id, a.conversation_id
            on conflict (id) do update set position = excluded.position, seq = excluded.seq,
                last_reply_at = now();

            insert into thread_messages (message_id, thread_id, position, conversation_id,
                conversation_position, sender_id, threads_position)
            select a.id, a.thread_id, a.position, a.conversation_id, a.conversation_position,
                a.sender_id, a.threads_position
            from unnest(ids, thread_ids, thread_positions, conversation_ids, positions, sender_ids,
                threads_positions)
                a(id, thread_id, position, conversation_id, conversation_position, sender_id,
                    threads_position)
            where a.position is not null;

            update conversations c set threads_position = last.position
            from (
                select a.conversation_id, max(a.position) as position
                from unnest(conversation_ids, threads_positions) a(conversation_id, position)
                where a.position is not null group by a.conversation_id
            ) last where c.id = last.conversation_id;

            -- Who replies follows, and has read up to the reply.
            insert into thread_followers (thread_id, user_id, read_position)
            select a.thread_id, a.sender_id, max(a.position)
            from unnest(thread_ids, sender_ids, thread_positions) a(thread_id, sender_id, position)
            where a.position is not null
            group by a.thread_id, a.sender_id order by a.sender_id, a.thread_id
            on conflict (user_id, thread_id) do update
            set is_following = true, read_position = excluded.read_position;

            -- The sender of the root follows from the first reply on.
            insert into thread_followers (thread_id, user_id, read_position)
            select distinct a.thread_id, root.sender_id, 0
            from unnest(thread_ids, thread_positions) a(thread_id, position)
            join messages root on root.id = a.thread_id
            where a.position = 1
            on conflict do nothing;

            -- Who had read everything before their own replies has read everything still, unless they
            -- have marked messages as unread (0034_members.sql).
            update members m set read_position = own.last,
                delivered_position = greatest(m.delivered_position, own.last)
            from (
                select a.conversation_id, a.sender_id, max(a.position) as last, array_agg(a.position) as all
                from unnest(conversation_ids, sender_ids, positions, threads_positions)
                    a(conversation_id, sender_id, position, threads_position)
                where a.threads_position is not null
                group by a.conversation_id, a.sender_id
                order by a.conversation_id, a.sender_id
            ) own
            where m.conversation_id = own.conversation_id and m.user_id = own.sender_id
                and m.unread_marked_at is distinct from m.read_position
                and own.last > m.read_position
                and own.last - m.read_position
                    = (select count(*) from unnest(own.all) p where p > m.read_position);
        end if;

        -- 7. Attachments and mentions, which the short way does not have.
        if attachment_lists is not null then
            insert into attachments (message_id, position, name, url)
            select a.id, f.position, f.file ->> 'name', f.file ->> 'url'
            from unnest(outcomes, ids, attachment_lists) a(outcome, id, files)
            cross join lateral jsonb_array_elements(a.files) with ordinality f(file, position)
            where a.outcome = 'written';
        end if;

        if username_lists is not null then
            insert into mentions (conversation_id, user_id, message_id, position)
            select a.conversation_id, mentioned.id, a.id, a.position
            from unnest(outcomes, ids, conversation_ids, positions, sender_ids, username_lists)
                a(outcome, id, conversation_id, position, sender_id, usernames)
            cross join lateral mentioned_members(a.conversation_id, a.sender_id,
                array(select jsonb_array_elements_text(a.usernames))) mentioned(id)
            where a.outcome = 'written' and a.usernames is not null;

            -- Who is mentioned in a thread follows it, from that reply on, unless they have unfollowed it.
            if thread_ids is not null then
                insert into thread_followers (thread_id, user_id, read_position)
                select a.thread_id, k.user_id, min(a.position) - 1
                from unnest(ids, thread_ids, thread_positions) a(id, thread_id, position)
                join mentions k on k.message_id = a.id
                where a.position is not null
                group by a.thread_id, k.user_id
                on conflict do nothing;
            end if;
        end if;
    end if;

    -- 8. Announcements: the positions of their senders, which are not in `members`, and their reach.
    if 'written' = any(outcomes) and 0 = any(conversation_ids) then
        update users u set announcements_read = a.position, announcements_delivered = a.position
        from unnest(conversation_ids, sender_ids, last_positions) a(conversation_id, sender_id, position)
        where a.conversation_id = 0 and a.position is not null and u.id = a.sender_id;

        insert into announcement_reaches (message_id, reach)
        select a.id, announcement_reach(a.sender_id)
        from unnest(outcomes, ids, conversation_ids, sender_ids) a(outcome, id, conversation_id, sender_id)
        where a.outcome = 'written' and a.conversation_id = 0;
    end if;

    -- 9. The answers. The first query is the second without what no send of this batch has.
    if attachment_lists is null and username_lists is null and thread_ids is null
        and array_remove(reply_to_ids, null) = '{}'
    then
        return query
        select a.outcome, a.id, a.position, a.seq, now(), u.username, u.name, u.avatar_url,
            null::json, null::json,
            case when a.last_position is not null then a.read end,
            case when a.last_position is not null then a.delivered end,
            null::bigint[], null::bigint, null::bigint, null::json
        from unnest(outcomes, ids, positions, seqs, last_positions, read_positions, delivered_positions,
            sender_ids) with ordinality
            a(outcome, id, position, seq, last_position, read, delivered, sender_id, n)
        left join users u on u.id = a.sender_id
        order by a.n;
    else
        return query
        select a.outcome, a.id, a.position, a.seq, now(), u.username, u.name, u.avatar_url,
            case when a.reply_to_id is not null then (
                select json_build_object('id', r.id, 'position', r.position,
                    'sender', sender_json(replied), 'body', r.body, 'deletedAt', r.deleted_at)
                from messages r join users replied on replied.id = r.sender_id
                where r.id = a.reply_to_id
            ) end,
            case when a.attachments is not null then (
                select json_agg(json_build_object('id', f.id::text, 'name', f.name, 'url', f.url)
                    order by f.position)
                from attachments f where f.message_id = a.id
            ) end,
            case when a.last_position is not null then a.read end,
            case when a.last_position is not null then a.delivered end,
            case when a.usernames is not null
                then array(select m.user_id from mentions m where m.message_id = a.id) end,
            a.thread_position,
            case when a.thread_position is not null then (
                select root.sender_id from messages root where root.id = a.thread_id
            ) end,
            case when a.thread_position is not null then (
                select thread_json(t) from threads t where t.id = a.thread_id
            ) end
        from unnest(outcomes, ids, positions, seqs, last_positions, read_positions, delivered_positions,
            sender_ids, reply_to_ids, attachment_lists, username_lists, thread_ids, thread_positions)
            with ordinality
            a(outcome, id, position, seq, last_position, read, delivered, sender_id, reply_to_id,
                attachments, usernames, thread_id, thread_position, n)
        left join users u on u.id = a.sender_id
        order by a.n;
    end if;
end $$;
