create table members (
    conversation_id bigint not null constraint members_conversation_fkey references conversations on delete cascade,
    user_id bigint not null constraint members_user_fkey references users,
    role text not null
        constraint members_role_known check (role in ('owner', 'admin', 'member')),
    -- The positions up to which the member has read, and up to which a client has received.
    read_position bigint not null default 0,
    delivered_position bigint not null default 0,
    -- The seq at which the membership began, and the seq of its last change, its end included.
    joined_seq bigint not null,
    seq bigint not null,
    joined_at timestamptz not null default now(),
    -- Null for a current member. The row of a former member stays as a tombstone, from which the change
    -- feed reports that they left.
    left_at timestamptz,
    primary key (conversation_id, user_id)
);
create index members_user_id on members (user_id, conversation_id) where left_at is null;
create index members_seq on members (conversation_id, seq);
