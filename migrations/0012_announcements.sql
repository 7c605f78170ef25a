-- What an administrator says to everybody: told to those who are there, kept for the others.
create table announcements (
    id bigint generated always as identity primary key,
    body text not null
        constraint announcements_body_length check (char_length(body) <= 10000),
    kind text not null
        constraint announcements_kind_known check (kind in ('text', 'image', 'file', 'audio', 'video')),
    sent_by bigint not null constraint announcements_sent_by_fkey references users,
    -- How many users it was for.
    reach bigint not null,
    client_id text
        constraint announcements_client_id_length check (char_length(client_id) between 1 and 128),
    sent_at timestamptz not null default now()
);
create unique index announcements_client_key on announcements (sent_by, client_id);

-- The newest announcement that each has heard.
alter table users add column announced_up_to bigint not null default 0;

create view announcement_nouns as
select a.id, a.sent_by, a.sent_at,
    json_build_object(
        'id', a.id, 'body', a.body, 'kind', a.kind, 'sentBy', a.sent_by,
        'senderName', sender.name, 'reach', a.reach, 'sentAt', a.sent_at
    ) as noun
from announcements a join users sender on sender.id = a.sent_by;
