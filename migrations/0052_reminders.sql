-- Reminders: a user wants to come back to a message at a time.

create table reminders (
    user_id bigint not null constraint reminders_user_fkey references users on delete cascade,
    -- Without foreign keys: if the conversation is deleted, the reminder says that the message is gone.
    message_id bigint not null,
    conversation_id bigint not null,
    remind_at timestamptz not null,
    -- `due` once its time has come. `completed` stays as a tombstone, for devices that were away.
    state text not null default 'waiting' constraint reminders_state_known
        check (state in ('waiting', 'due', 'completed')),
    -- The number of the last change in the user's personal sequence.
    seq bigint not null,
    created_at timestamptz not null default now(),
    constraint reminders_pkey primary key (user_id, message_id)
);
create index reminders_due on reminders (remind_at) where state = 'waiting';
create index reminders_seq on reminders (user_id, seq);
create index reminders_list on reminders (user_id, remind_at, message_id) where state <> 'completed';
