-- Who of a conversation is named in a message: members only, and nobody names themselves.
create function named_members(of_conversation_id bigint, of_sender_id bigint, names text[])
returns setof bigint language sql stable
begin atomic
    select u.id from users u
    join members m on m.conversation_id = of_conversation_id and m.user_id = u.id and m.left_at is null
    where u.username = any(names) and u.id <> of_sender_id;
end;

create function send_messages(
    patient boolean, conversation_ids bigint[], sender_ids bigint[], kinds text[], bodies text[],
    reply_to_ids bigint[], client_ids text[], official_flags boolean[], opening_flags boolean[],
    attachment_lists jsonb[], name_lists jsonb[]
)
returns table (outcome text, noun json, read_before bigint, delivered_before bigint, mentioned bigint[])
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off set enable_mergejoin = off set random_page_cost = 1.1
as $$
declare
    locked bigint[];
    outcomes text[];
    ids bigint[];
    positions bigint[];
    seqs bigint[];
    reads bigint[];
    deliveries bigint[];
begin
    if patient then
        locked := array(select c.id from conversations c where c.id = any(conversation_ids)
            order by c.id for no key update);
    else
        locked := array(select c.id from conversations c where c.id = any(conversation_ids)
            order by c.id for no key update skip locked);
    end if;

    with judged as materialized (
        select a.n, a.conversation_id, c.position, c.seq, found.id,
            case
            when c.id is null then 'no_conversation'
            when not c.id = any(locked) then 'busy'
            when m.user_id is null and c.private then 'no_conversation'
            when m.user_id is null then 'not_joined'
            when found.id is not null then case when found.kind = a.kind
                and found.reply_to_id is not distinct from a.reply_to_id
                and found.official = a.official
                and (found.deleted_at is not null or (
                    a.body = coalesce((select e.body from edits e where e.message_id = found.id
                        order by e.id limit 1), found.body)
                    and a.attachments is not distinct from (
                        select jsonb_agg(jsonb_build_object('name', f.name, 'url', f.url) order by f.position)
                        from attachments f where f.message_id = found.id)
                )) then 'repeated' else 'conflict' end
            when a.opening and c.position > 0 then 'opened'
            when a.reply_to_id is not null and not exists (
                select from messages r where r.id = a.reply_to_id
                    and r.conversation_id = c.id and r.deleted_at is null
            ) then 'no_reply'
            else 'written' end as outcome
        from unnest(conversation_ids, sender_ids, kinds, bodies, reply_to_ids, client_ids,
            official_flags, opening_flags, attachment_lists) with ordinality
            as a(conversation_id, sender_id, kind, body, reply_to_id, client_id, official, opening,
                attachments, n)
        left join conversations c on c.id = a.conversation_id
        left join members m on m.conversation_id = c.id and m.user_id = a.sender_id and m.left_at is null
        left join messages found on found.conversation_id = c.id and found.sender_id = a.sender_id
            and found.client_id = a.client_id
    )
    select array_agg(placed.outcome), array_agg(placed.id), array_agg(placed.position), array_agg(placed.seq)
    into outcomes, ids, positions, seqs
    from (
        select j.outcome,
            case j.outcome when 'written' then nextval('messages_id_seq') when 'repeated' then j.id end as id,
            case j.outcome when 'written' then j.position + row_number() over same end as position,
            case j.outcome when 'written' then j.seq + row_number() over same end as seq
        from judged j window same as (partition by j.conversation_id, j.outcome order by j.n) order by j.n
    ) placed;

    if 'written' = any(outcomes) then
        insert into messages (id, conversation_id, position, created_seq, seq, sender_id, kind, body,
            reply_to_id, client_id, official)
        overriding system value
        select a.id, a.conversation_id, a.position, a.seq, a.seq, a.sender_id, a.kind, a.body, a.reply_to_id,
            a.client_id, a.official
        from unnest(outcomes, ids, positions, seqs, conversation_ids, sender_ids, kinds, bodies,
            reply_to_ids, client_ids, official_flags)
            a(outcome, id, position, seq, conversation_id, sender_id, kind, body, reply_to_id, client_id, official)
        where a.outcome = 'written';

        update conversations c set position = last.position, seq = last.seq
        from (select a.id, max(a.position) as position, max(a.seq) as seq
            from unnest(conversation_ids, positions, seqs) a(id, position, seq) 
            group by a.id) last
        where c.id = last.id and last.position is not null;

        with own as materialized (
            select m.conversation_id, m.user_id, m.read_position, m.delivered_position, sent.position, sent.count
            from (select a.conversation_id, a.sender_id, max(a.position) as position, count(*)
                from unnest(outcomes, conversation_ids, sender_ids, positions)
                    a(outcome, conversation_id, sender_id, position)
                where a.outcome = 'written' group by 1, 2) sent
            join members m on m.conversation_id = sent.conversation_id and m.user_id = sent.sender_id
            order by 1, 2 for no key update of m
        ), read as (
            update members m set read_position = own.position, delivered_position = own.position
            from own where m.conversation_id = own.conversation_id and m.user_id = own.user_id
        ), marked as (
            insert into read_marks (conversation_id, user_id, position)
            select conversation_id, user_id, position - 1 from own where position - read_position > count
        )
        select array_agg(case when own.position - own.read_position > own.count then own.read_position end),
            array_agg(own.delivered_position) into reads, deliveries
        from unnest(outcomes, conversation_ids, sender_ids, positions) with ordinality
            a(outcome, conversation_id, sender_id, position, n)
        left join own on own.conversation_id = a.conversation_id and own.user_id = a.sender_id
            and own.position = a.position;
        if attachment_lists is not null then
            insert into attachments (message_id, position, name, url)
            select a.id, f.position, f.file ->> 'name', f.file ->> 'url'
            from unnest(ids, outcomes, attachment_lists) a(id, outcome, files)
            cross join lateral jsonb_array_elements(a.files) with ordinality f(file, position)
            where a.outcome = 'written';
        end if;
        if name_lists is not null then
            insert into mentions (conversation_id, user_id, message_id, position)
            select a.conversation_id, named.id, a.id, a.position
            from unnest(ids, outcomes, positions, conversation_ids, sender_ids, name_lists)
                a(id, outcome, position, conversation_id, sender_id, names)
            cross join lateral named_members(a.conversation_id, a.sender_id,
                array(select jsonb_array_elements_text(a.names))) named(id)
            where a.outcome = 'written' and a.names is not null;
        end if;
    end if;

    return query
    select a.outcome, m.noun, a.read_before, a.delivered_before,
        case when a.names is not null then
            array(select mentions.user_id from mentions where mentions.message_id = a.id) end
    from unnest(outcomes, ids, reads, deliveries, name_lists) with ordinality
        a(outcome, id, read_before, delivered_before, names, n)
    left join message_nouns m on m.id = a.id
    order by a.n;
end $$;
