-- Forwarded messages: who has said them first, when, and where.
set local lock_timeout = '2s';

create table forwards (
    message_id bigint not null constraint forwards_message_fkey references messages on delete cascade,
    -- The message that the request named, by which a retry is known. It may be a forward itself, and be gone.
    named_id bigint not null,
    -- The message that was said first; null once its conversation is deleted.
    original_id bigint constraint forwards_original_fkey references messages on delete set null,
    said_by bigint not null constraint forwards_said_by_fkey references users,
    said_at timestamptz not null,
    constraint forwards_pkey primary key (message_id)
);
create index forwards_original_id on forwards (original_id);
create index forwards_said_by on forwards (said_by);

-- Who has said a forwarded message, and when. Where it was said is not for everybody who reads it.
create view forwarded_json as
select f.message_id, json_build_object('from', sender_json(author), 'at', f.said_at) as json
from forwards f join users author on author.id = f.said_by;
