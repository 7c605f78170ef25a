create table reactions (
    message_id bigint not null constraint reactions_message_fkey references messages on delete cascade,
    emoji text not null
        constraint reactions_emoji_length check (char_length(emoji) between 1 and 32),
    user_id bigint not null constraint reactions_user_fkey references users on delete cascade,
    created_at timestamptz not null default now(),
    primary key (message_id, emoji, user_id)
);
