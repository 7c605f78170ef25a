-- A message is written under the lock of its conversation, for a member that was seen under that lock,
-- and a member refers to both the conversation and the user: to check each message for the same two
-- took a tenth of the time that writing it takes. What is deleted with a conversation is deleted here.
alter table messages drop constraint messages_conversation_fkey, drop constraint messages_sender_fkey;

create function delete_content() returns trigger language plpgsql as $$
begin
    delete from messages m where m.conversation_id = old.id;
    delete from read_marks r where r.conversation_id = old.id;
    return null;
end $$;

create trigger conversations_content after delete on conversations
    for each row execute function delete_content();

-- What is sent waits in a list until it is sorted into this index. The server has that done all the
-- time (`gin_clean_pending_list`), so that no sender has to: only where that fails is the list cut.
alter index messages_body_trgm set (gin_pending_list_limit = 16384);

drop function send_messages;
drop view message_nouns;

-- Writes what was sent, to any number of conversations, in order of arrival, and answers with what
-- has come of each, in the same order. One call is one transaction, so that a batch costs one round
-- trip and one commit.
--
-- Whatever another transaction holds is `busy`, so that the others need not wait for it; a patient
-- caller waits instead.
create function send_messages(
    patient boolean, conversation_ids bigint[], sender_ids bigint[], kinds text[], bodies text[],
    reply_to_ids bigint[], client_ids text[], official_flags boolean[], opening_flags boolean[],
    -- Lists in the order of the sends, or nothing where no send has any.
    attachment_lists jsonb[], name_lists jsonb[]
)
returns table (
    outcome text, id bigint, message_position bigint, seq bigint, written_at timestamptz,
    username text, name text, avatar_url text,
    -- What it answers to and what belongs to it, where there is such a thing.
    reply json, attachments json,
    -- How far the sender had read and received, where that moves over what others said.
    read_before bigint, delivered_before bigint,
    mentioned bigint[]
)
language plpgsql
-- Planned once for each connection: planning a batch takes longer than writing it. So the plan must
-- be good for tables of any size, whatever their size is when it is made: one look at an index for
-- each row, and nothing else.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
as $$
#variable_conflict use_column
declare
    locked bigint[];
    outcomes text[];
    ids bigint[];
    positions bigint[];
    seqs bigint[];
    -- Of each sender's last message: where it stands, and how far they had read and received.
    last_positions bigint[];
    reads bigint[];
    deliveries bigint[];
    -- Of the conversation and the sender of a message that comes alone.
    place bigint;
    change bigint;
    sender record;
begin
    -- The short way of a message that comes alone and is nothing special: a third faster. Whatever is
    -- special, or to be refused, is left to the general way below.
    if cardinality(conversation_ids) = 1 and not patient and not opening_flags[1]
        and reply_to_ids[1] is null and attachment_lists is null and name_lists is null
    then
        select c.position + 1, c.seq + 1 into place, change from conversations c
        where c.id = conversation_ids[1] for no key update skip locked;

        select m.read_position, m.delivered_position, u.username, u.name, u.avatar_url into sender
        from members m join users u on u.id = m.user_id
        where m.conversation_id = conversation_ids[1] and m.user_id = sender_ids[1]
            and m.left_at is null and place is not null and not exists (
                select from messages earlier
                where earlier.sender_id = sender_ids[1] and earlier.client_id = client_ids[1]
                    and earlier.conversation_id + 0 = conversation_ids[1]
            );

        if found then
            id := nextval('messages_id_seq');
            with sent as (
                insert into messages (id, conversation_id, position, created_seq, seq, sender_id,
                    kind, body, client_id, official)
                overriding system value
                values (id, conversation_ids[1], place, change, change, sender_ids[1],
                    kinds[1], bodies[1], client_ids[1], official_flags[1])
            ), counted as (
                update conversations c set position = place, seq = change
                where c.id = conversation_ids[1]
            )
            update members m set read_position = place, delivered_position = place
            where m.conversation_id = conversation_ids[1] and m.user_id = sender_ids[1];

            if sender.read_position < place - 1 then
                insert into read_marks (conversation_id, user_id, position)
                values (conversation_ids[1], sender_ids[1], place - 1) on conflict do nothing;
                read_before := sender.read_position;
                delivered_before := sender.delivered_position;
            end if;
            outcome := 'written';
            message_position := place;
            seq := change;
            written_at := now();
            username := sender.username;
            name := sender.name;
            avatar_url := sender.avatar_url;
            return next;
            return;
        end if;
    end if;

    -- In one order, so that nobody waits in a circle. They let pass whoever only refers to the
    -- conversation, as a read mark does.
    if patient then
        locked := array(select c.id from conversations c where c.id = any(conversation_ids)
            order by c.id for no key update);
    else
        locked := array(select c.id from conversations c where c.id = any(conversation_ids)
            order by c.id for no key update skip locked);
    end if;

    -- A statement of its own: it sees what was committed until the locks were taken.
    with judged as materialized (
        select a.n, a.conversation_id, a.sender_id, c.position, c.seq, m.read_position,
            m.delivered_position, found.id as found_id,
            case
                when c.id is null then 'no_conversation'
                when c.id <> all(locked) then 'busy'
                when m.user_id is null and c.private then 'no_conversation'
                when m.user_id is null then 'not_joined'
                -- Compared with the wording of the send: what it said before its first edit; that
                -- is unknown once it has been deleted.
                when found.id is not null then case when found.kind = a.kind
                    and found.reply_to_id is not distinct from a.reply_to_id
                    and found.official = a.official
                    and (found.deleted_at is not null or (
                        a.body = coalesce((select e.body from edits e where e.message_id = found.id
                            order by e.id limit 1), found.body)
                        and a.attachments is not distinct from (
                            select jsonb_agg(jsonb_build_object('name', f.name, 'url', f.url)
                                order by f.position)
                            from attachments f where f.message_id = found.id)
                    )) then 'repeated' else 'conflict' end
                when a.opening and c.position > 0 then 'opened'
                when a.reply_to_id is not null and not coalesce((
                    select r.conversation_id = c.id and r.deleted_at is null
                    from messages r where r.id = a.reply_to_id
                ), false) then 'no_reply'
                else 'written'
            end as outcome
        from (
            select * from unnest(conversation_ids, sender_ids, kinds, bodies, reply_to_ids, client_ids,
                official_flags, opening_flags, attachment_lists) with ordinality
                as a(conversation_id, sender_id, kind, body, reply_to_id, client_id, official, opening,
                    attachments, n)
        ) a
        left join conversations c on c.id = a.conversation_id
        -- Memberships begin and end under the conversation's lock.
        left join members m on m.conversation_id = c.id and m.user_id = a.sender_id
            and m.left_at is null
        left join messages found on found.sender_id = a.sender_id and found.client_id = a.client_id
            -- Not by an index of the conversation's messages.
            and found.conversation_id + 0 = c.id
    ), placed as (
        select j.*, j.position + row_number() over in_conversation as place,
            count(*) over by_sender as own, max(j.n) over by_sender = j.n as is_last
        from judged j
        window in_conversation as (partition by j.conversation_id, j.outcome order by j.n),
            by_sender as (partition by j.conversation_id, j.outcome, j.sender_id)
    )
    select array_agg(p.outcome), array_agg(case p.outcome
            when 'written' then nextval('messages_id_seq') when 'repeated' then p.found_id end),
        array_agg(p.place), array_agg(p.seq - p.position + p.place),
        array_agg(case when p.outcome = 'written' and p.is_last then p.place end),
        array_agg(case when p.place - p.read_position > p.own then p.read_position end),
        array_agg(p.delivered_position)
    into outcomes, ids, positions, seqs, last_positions, reads, deliveries
    from (select * from placed order by placed.n) p;

    if 'written' = any(outcomes) then
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

        update conversations c set position = last.position, seq = last.seq
        from (
            select a.conversation_id, max(a.position) as position, max(a.seq) as seq
            from unnest(conversation_ids, last_positions, seqs) a(conversation_id, position, seq)
            where a.position is not null group by a.conversation_id
        ) last where c.id = last.conversation_id;

        -- Own messages are read, and so is what came before them.
        update members m set read_position = a.position, delivered_position = a.position
        from (
            select * from unnest(conversation_ids, sender_ids, last_positions)
                a(conversation_id, sender_id, position)
            where a.position is not null
            -- The order in which everybody locks members.
            order by a.conversation_id, a.sender_id
        ) a
        where m.conversation_id = a.conversation_id and m.user_id = a.sender_id;

        if array_remove(reads, null) <> '{}' then
            -- Whoever reads and sends at the same moment may have left the mark already.
            insert into read_marks (conversation_id, user_id, position)
            select a.conversation_id, a.sender_id, a.position - 1
            from unnest(conversation_ids, sender_ids, last_positions, reads)
                a(conversation_id, sender_id, position, read)
            where a.position is not null and a.read is not null
            on conflict do nothing;
        end if;

        if attachment_lists is not null then
            insert into attachments (message_id, position, name, url)
            select a.id, f.position, f.file ->> 'name', f.file ->> 'url'
            from unnest(outcomes, ids, attachment_lists) a(outcome, id, files)
            cross join lateral jsonb_array_elements(a.files) with ordinality f(file, position)
            where a.outcome = 'written';
        end if;

        if name_lists is not null then
            insert into mentions (conversation_id, user_id, message_id, position)
            select a.conversation_id, named.id, a.id, a.position
            from unnest(outcomes, ids, conversation_ids, positions, sender_ids, name_lists)
                a(outcome, id, conversation_id, position, sender_id, names)
            cross join lateral named_members(a.conversation_id, a.sender_id,
                array(select jsonb_array_elements_text(a.names))) named(id)
            where a.outcome = 'written' and a.names is not null;
        end if;
    end if;

    if attachment_lists is null and name_lists is null and array_remove(reply_to_ids, null) = '{}' then
        return query
        select a.outcome, a.id, a.position, a.seq, now(), u.username, u.name, u.avatar_url,
            null::json, null::json,
            case when a.last_position is not null then a.read end,
            case when a.last_position is not null then a.delivered end,
            null::bigint[]
        from unnest(outcomes, ids, positions, seqs, last_positions, reads, deliveries, sender_ids)
            with ordinality a(outcome, id, position, seq, last_position, read, delivered, sender_id, n)
        left join users u on u.id = a.sender_id
        order by a.n;
    else
        return query
        select a.outcome, a.id, a.position, a.seq, now(), u.username, u.name, u.avatar_url,
            case when a.reply_to_id is not null then (
                select json_build_object('id', r.id, 'position', r.position,
                    'sender', sender_noun(replied), 'body', r.body, 'deletedAt', r.deleted_at)
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
            case when a.names is not null
                then array(select m.user_id from mentions m where m.message_id = a.id) end
        from unnest(outcomes, ids, positions, seqs, last_positions, reads, deliveries, sender_ids,
            reply_to_ids, attachment_lists, name_lists) with ordinality
            a(outcome, id, position, seq, last_position, read, delivered, sender_id, reply_to_id,
                attachments, names, n)
        left join users u on u.id = a.sender_id
        order by a.n;
    end if;
end $$;
