-- The files that a message names. Their content is wherever the URL leads; it is not in the database.
create table attachments (
    id bigint generated always as identity primary key,
    message_id bigint not null constraint attachments_message_fkey references messages on delete cascade,
    -- From 1, in the order of the send.
    position smallint not null,
    name text not null
        constraint attachments_name_length check (char_length(name) between 1 and 255),
    url text not null
        constraint attachments_url_length check (char_length(url) between 1 and 2000)
);
create unique index attachments_position_key on attachments (message_id, position);
