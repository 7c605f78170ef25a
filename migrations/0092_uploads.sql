-- The files of scheduled messages and of drafts: uploads that no message has yet, and that are kept for one.
set local lock_timeout = '2s';

-- Removed when the message was sent or cancelled (`release_scheduled_uploads`). Without a foreign key to the upload: if the
-- file is gone, the send fails, and the user is told.
create table scheduled_uploads (
    scheduled_id bigint not null
        constraint scheduled_uploads_scheduled_fkey references scheduled_messages on delete cascade,
    position integer not null,
    upload_id bigint not null,
    constraint scheduled_uploads_pkey primary key (scheduled_id, position)
);
-- An upload is in one scheduled message only.
create unique index scheduled_uploads_upload_id_key on scheduled_uploads (upload_id);

-- When a node tries to send a message with files; null for one without. `attempt_at` is far off then: nodes of the version
-- before, which would send it without its files, never find it due. Not infinity, from which their timer subtracts the time.
alter table scheduled_messages add column attempt_with_files_at timestamptz;

-- What a node of the version before writes of such a message: its new time is kept from these nodes again, and a send at once
-- is refused, by an error that passes.
create function keep_attempt_with_files() returns trigger language plpgsql as $$
begin
    if new.attempt_at <> new.send_at then
        raise object_not_in_prerequisite_state using message = 'this node knows no files of scheduled messages';
    end if;
    new.attempt_with_files_at := new.attempt_at;
    new.attempt_at := old.attempt_at;
    return new;
end
$$;
create trigger scheduled_messages_kept before update of attempt_at on scheduled_messages for each row
    when (new.attempt_with_files_at is not null and new.attempt_at < timestamptz '9000-01-01 00:00:00+00')
    execute function keep_attempt_with_files();

-- What was sent or cancelled, by nodes of the version before as well, has no files any more: whoever else may have them has them.
create function release_scheduled_uploads() returns trigger language plpgsql as $$
begin
    delete from scheduled_uploads where scheduled_id = new.id;
    return null;
end
$$;
create trigger scheduled_messages_released after update of state on scheduled_messages for each row
    when (new.attempt_with_files_at is not null and new.state in ('sent', 'cancelled'))
    execute function release_scheduled_uploads();

create table draft_uploads (
    user_id bigint not null,
    conversation_id bigint not null,
    thread_id bigint not null,
    position integer not null,
    upload_id bigint not null constraint draft_uploads_upload_fkey references uploads on delete cascade,
    constraint draft_uploads_pkey primary key (user_id, conversation_id, thread_id, position),
    constraint draft_uploads_draft_fkey foreign key (user_id, conversation_id, thread_id)
        references drafts on delete cascade
);
create index draft_uploads_upload_id on draft_uploads (upload_id);

-- Uploads that are not swept although no message has them. An upload may be in it several times.
create view held_uploads as
select upload_id from scheduled_uploads
union all
select upload_id from draft_uploads;

-- What is let go stays for a day. It waits for no lock: whoever has one is receiving, sending or deleting the upload.
create function renew_released_uploads() returns trigger language plpgsql as $$
begin
    update uploads set expires_at = now() + interval '24 hours' where id in (
        select u.id from uploads u where u.id in (select upload_id from released)
        order by u.id for no key update skip locked
    );
    return null;
end
$$;
create trigger scheduled_uploads_released after delete on scheduled_uploads
    referencing old table as released for each statement execute function renew_released_uploads();
create trigger draft_uploads_released after delete on draft_uploads
    referencing old table as released for each statement execute function renew_released_uploads();

-- Uploads that were deleted and whose bytes may still be stored: a row goes when these are removed, which is done without
-- a lock, by whoever deletes the upload, or else by the sweep.
create table removed_uploads (
    upload_id bigint not null,
    constraint removed_uploads_pkey primary key (upload_id)
);
insert into sweeps (name) values ('removed_uploads');

-- As in 0069_attachments.sql, but an upload that a scheduled message waits with goes with that message only.
create or replace function attach_uploads(
    outcomes text[], message_ids bigint[], numbers bigint[], positions bigint[], upload_ids bigint[]
) returns bigint language plpgsql as $$
declare
    attached bigint;
begin
    perform from uploads where id = any(upload_ids) order by id for key share;
    if exists (
        select from unnest(numbers, upload_ids) u(number, id)
        where outcomes[u.number] = 'written' and not exists (select from uploads where uploads.id = u.id)
    ) then
        raise check_violation using message = 'a file of the message is deleted',
            constraint = 'attachments_upload_exists';
    end if;
    if exists (
        select from unnest(numbers, upload_ids) u(number, id)
        join scheduled_uploads s on s.upload_id = u.id
        join messages m on m.id = message_ids[u.number]
        where outcomes[u.number] = 'written' and m.client_id is distinct from 'scheduled-' || s.scheduled_id
            -- One that has one is about to be released: its message was sent.
            and not exists (select from attachments a where a.upload_id = u.id)
    ) then
        raise check_violation using message = 'a scheduled message has a file of the message',
            constraint = 'attachments_upload_scheduled';
    end if;
    update attachments a set upload_id = u.upload_id, conversation_id = m.conversation_id
    from unnest(numbers, positions, upload_ids) u(number, position, upload_id)
    join messages m on m.id = message_ids[u.number]
    where outcomes[u.number] = 'written' and a.message_id = message_ids[u.number] and a.position = u.position;
    get diagnostics attached = row_count;
    return attached;
end
$$;

-- As in 0051_scheduled_messages.sql, with the files.
create or replace view scheduled_message_json as
select s.id, s.user_id, s.conversation_id, s.client_id, s.send_at, s.state, s.seq,
    json_build_object(
        'id', s.id, 'conversationId', s.conversation_id, 'threadId', s.thread_id,
        'alsoToConversation', s.also_to_conversation, 'body', s.body,
        'replyTo', case when exists (
            select from memberships m where m.conversation_id = s.conversation_id and m.user_id = s.user_id
                and m.left_at is null
        ) then reply_json(s.reply_to_id) end,
        'sendAt', s.send_at, 'state', s.state, 'failure', s.failure, 'messageId', s.message_id,
        'clientId', s.client_id, 'seq', s.seq, 'createdAt', s.created_at,
        'uploads', coalesce((
            select json_agg(u.json order by f.position)
            from scheduled_uploads f join upload_json u on u.id = f.upload_id where f.scheduled_id = s.id
        ), '[]')
    ) as json
from scheduled_messages s;

-- Whether a draft is in `draft_uploads`: stored for the list, whose index (0093_drafts.sql) has no tombstones. Whoever writes
-- one writes the other, under the user's lock.
alter table drafts add column has_files boolean not null default false;
-- It lacks the drafts of files alone.
drop index drafts_list;

-- As in 0050_drafts.sql, with the files, of which one is a draft as well.
create or replace view draft_json as
select d.user_id, d.conversation_id, d.thread_id, d.seq, d.editor_id, d.body, d.reply_to_id,
    d.body = '' and d.reply_to_id is null and not d.has_files as is_removed,
    json_build_object(
        'conversationId', d.conversation_id, 'threadId', nullif(d.thread_id, 0), 'body', d.body,
        'replyTo', reply_json(d.reply_to_id),
        'editorId', d.editor_id, 'seq', d.seq, 'updatedAt', d.updated_at,
        'uploads', coalesce((
            select json_agg(u.json order by f.position)
            from draft_uploads f join upload_json u on u.id = f.upload_id
            where f.user_id = d.user_id and f.conversation_id = d.conversation_id and f.thread_id = d.thread_id
        ), '[]')
    ) as json,
    array(
        select f.upload_id from draft_uploads f
        where f.user_id = d.user_id and f.conversation_id = d.conversation_id and f.thread_id = d.thread_id
        order by f.position
    ) as upload_ids
from drafts d;

-- Takes what a batch of messages has out of the drafts that they were written as, in the transaction of `send_messages`,
-- whose outcomes it takes: out of those that have the number that the send names, so that what another device has changed
-- meanwhile stays. Text and quote go, and of the files those that the message has (`numbers` of sends and their
-- `upload_ids`): what a client does not know of is a draft still. Returns the drafts as they are then, null for a send that
-- has changed none. Nodes of the version before call `remove_sent_drafts`, which leaves all files.
create function take_sent_from_drafts(
    outcomes text[], sender_ids bigint[], conversation_ids bigint[], thread_ids bigint[], draft_seqs bigint[],
    numbers bigint[], upload_ids bigint[]
) returns json[] language plpgsql as $$
declare
    changed json[] := array_fill(null::json, array[cardinality(outcomes)]);
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
                and (d.body <> '' or d.reply_to_id is not null or d.has_files)
        ) then
            delete from draft_uploads f where f.user_id = sent.sender_id
                and f.conversation_id = sent.conversation_id and f.thread_id = sent.thread_id
                and f.upload_id in (
                    select u.upload_id from unnest(numbers, upload_ids) u(number, upload_id)
                    where u.number = sent.n
                );
            update drafts d set body = '', reply_to_id = null, editor_id = null,
                seq = next_personal_seq(sent.sender_id), updated_at = clock_timestamp(),
                has_files = exists (
                    select from draft_uploads f where f.user_id = d.user_id
                        and f.conversation_id = d.conversation_id and f.thread_id = d.thread_id
                )
            where d.user_id = sent.sender_id and d.conversation_id = sent.conversation_id
                and d.thread_id = sent.thread_id;
            changed[sent.n] := (
                select d.json from draft_json d where d.user_id = sent.sender_id
                    and d.conversation_id = sent.conversation_id and d.thread_id = sent.thread_id
            );
        end if;
    end loop;
    return changed;
end $$;
