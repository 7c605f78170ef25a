-- Drafts: what a user has begun to write, on all of their devices. And the sequence of a user's own changes, in
-- which drafts and other things that only they know are numbered.

create table personal_sequences (
    user_id bigint constraint personal_sequences_user_fkey references users on delete cascade,
    -- The number of the last change. Whoever makes one takes this row's lock first, so that the numbers are
    -- committed in their order.
    seq bigint not null,
    changed_at timestamptz not null,
    constraint personal_sequences_pkey primary key (user_id)
);

-- The next number of a user, under the lock of their row.
create function next_personal_seq(of_user_id bigint) returns bigint language sql as $$
    insert into personal_sequences as s (user_id, seq, changed_at) values (of_user_id, 1, clock_timestamp())
    on conflict (user_id) do update set seq = s.seq + 1, changed_at = clock_timestamp()
    returning seq
$$;

create table drafts (
    user_id bigint not null constraint drafts_user_fkey references users on delete cascade,
    conversation_id bigint not null constraint drafts_conversation_fkey references conversations on delete cascade,
    -- The root of the thread that the draft is a reply in; 0 for the main line.
    thread_id bigint not null,
    -- A draft without text and quoted message is none. Its row stays as a tombstone, for devices that were away.
    body text not null constraint drafts_body_length check (char_length(body) <= 10000),
    -- Without a foreign key, as in `messages`.
    reply_to_id bigint,
    -- Which of the user's tabs and devices has written it; null once it was sent.
    editor_id text constraint drafts_editor_id_length check (char_length(editor_id) between 1 and 64),
    seq bigint not null,
    updated_at timestamptz not null default now(),
    constraint drafts_pkey primary key (user_id, conversation_id, thread_id)
);
create index drafts_seq on drafts (user_id, seq);
-- The list, without the tombstones.
create index drafts_list on drafts (user_id, seq) where body <> '' or reply_to_id is not null;
create index drafts_conversation_id on drafts (conversation_id);

-- The message that another one quotes.
create function reply_json(of_id bigint) returns json language sql stable as $$
    select json_build_object('id', m.id, 'position', m.position, 'sender', sender_json(sender), 'body', m.body,
        'deletedAt', m.deleted_at)
    from messages m join users sender on sender.id = m.sender_id where m.id = of_id
$$;

create view draft_json as
select d.user_id, d.conversation_id, d.thread_id, d.seq, d.editor_id, d.body, d.reply_to_id,
    d.body = '' and d.reply_to_id is null as is_removed,
    json_build_object(
        'conversationId', d.conversation_id, 'threadId', nullif(d.thread_id, 0), 'body', d.body,
        'replyTo', reply_json(d.reply_to_id),
        'editorId', d.editor_id, 'seq', d.seq, 'updatedAt', d.updated_at
    ) as json
from drafts d;

-- Removes the drafts that a batch of messages was written as, in the transaction of `send_messages`, whose
-- outcomes it takes: those that have the number that the send names, so that what another device has changed
-- meanwhile stays. Returns the new numbers, null for a send that has removed none.
create function remove_sent_drafts(
    outcomes text[], sender_ids bigint[], conversation_ids bigint[], thread_ids bigint[], draft_seqs bigint[]
) returns bigint[] language plpgsql as $$
declare
    numbers bigint[] := array_fill(null::bigint, array[cardinality(outcomes)]);
    sent record;
begin
    -- Every transaction takes the locks of users in this order.
    for sent in
        select a.n, a.sender_id, a.conversation_id, coalesce(a.thread_id, 0) as thread_id, a.draft_seq
        from unnest(outcomes, sender_ids, conversation_ids, thread_ids, draft_seqs) with ordinality
            a(outcome, sender_id, conversation_id, thread_id, draft_seq, n)
        where a.outcome = 'written' and a.draft_seq is not null
        order by a.sender_id, a.n
    loop
        -- The lock, before the draft is looked at.
        perform from personal_sequences s where s.user_id = sent.sender_id for update;
        if exists (
            select from drafts d where d.user_id = sent.sender_id and d.conversation_id = sent.conversation_id
                and d.thread_id = sent.thread_id and d.seq = sent.draft_seq
                and (d.body <> '' or d.reply_to_id is not null)
        ) then
            numbers[sent.n] := next_personal_seq(sent.sender_id);
            update drafts d set body = '', reply_to_id = null, editor_id = null, seq = numbers[sent.n],
                updated_at = clock_timestamp()
            where d.user_id = sent.sender_id and d.conversation_id = sent.conversation_id
                and d.thread_id = sent.thread_id;
        end if;
    end loop;
    return numbers;
end $$;
