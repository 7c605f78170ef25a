-- When somebody read up to where: a row each time that a read position moves over what others
-- said. The position itself is with the member.
create table read_marks (
    conversation_id bigint not null constraint read_marks_conversation_fkey references conversations on delete cascade,
    user_id bigint not null constraint read_marks_user_fkey references users,
    position bigint not null,
    read_at timestamptz not null default now(),
    primary key (conversation_id, user_id, position)
);

-- When the past was read, nobody wrote down: now at the latest.
insert into read_marks (conversation_id, user_id, position)
select conversation_id, user_id, read_position from members
where read_position > 0 and left_at is null;
