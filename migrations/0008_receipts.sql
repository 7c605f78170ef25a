-- The time at which a user read up to a position: one row for each move of `members.read_position` over
-- messages of others. The current position is in `members`.
--
-- Read marks have no foreign keys, as messages have none: there are about as many marks as messages, and
-- checking each for its conversation and its user took longer than writing it (measured). A mark is
-- written for a member whose row is locked, and deleted with the conversation (`delete_content`).
create table read_marks (
    conversation_id bigint not null,
    user_id bigint not null,
    position bigint not null,
    read_at timestamptz not null default now(),
    primary key (conversation_id, user_id, position)
);
