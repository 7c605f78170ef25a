-- An announcement is a message of an administrator to every user. Connected users receive it at once,
-- the others when they connect (`users.announced_up_to`).
create table announcements (
    id bigint generated always as identity primary key,
    body text not null
        constraint announcements_body_length check (char_length(body) <= 10000),
    kind text not null
        constraint announcements_kind_known check (kind in ('text', 'image', 'file', 'audio', 'video')),
    sent_by bigint not null constraint announcements_sent_by_fkey references users,
    -- The number of users that it was sent to.
    reach bigint not null,
    client_id text
        constraint announcements_client_id_length check (char_length(client_id) between 1 and 128),
    sent_at timestamptz not null default now()
);
create unique index announcements_client_key on announcements (sent_by, client_id);
