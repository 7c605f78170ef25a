create table conversations (
    id bigint generated always as identity primary key,
    kind text not null
        constraint conversations_kind_known check (kind in ('direct', 'group', 'channel')),
    title text
        constraint conversations_title_length check (char_length(title) between 1 and 120),
    description text
        constraint conversations_description_length check (char_length(description) <= 1000),
    private boolean not null,
    -- Of a direct conversation its two people, the smaller id first: one conversation a pair.
    low_user_id bigint constraint conversations_low_user_fkey references users,
    high_user_id bigint constraint conversations_high_user_fkey references users,
    created_by bigint not null constraint conversations_created_by_fkey references users,
    client_id text
        constraint conversations_client_id_length check (char_length(client_id) between 1 and 128),
    -- Both are dense, and move under the lock of this row, in the transaction that writes:
    -- position over the messages, seq over every change.
    position bigint not null default 0,
    seq bigint not null default 1,
    -- The seq of the last change to this row's own title, description or privacy.
    changed_seq bigint not null default 1,
    -- Kept, not counted: a sidebar asks for it on every line. Moves with the memberships.
    member_count bigint not null default 0,
    created_at timestamptz not null default now(),
    constraint conversations_title_by_kind check ((kind = 'direct') = (title is null)),
    constraint conversations_pair_by_kind check (
        (kind = 'direct') = (low_user_id is not null) and (kind = 'direct') = (high_user_id is not null)
        and low_user_id <= high_user_id
    ),
    constraint conversations_private_by_kind check (private or kind = 'channel')
);
create unique index conversations_pair_key on conversations (low_user_id, high_user_id) where kind = 'direct';
create unique index conversations_client_key on conversations (created_by, client_id);
create index conversations_public on conversations (id) where not private;

create table members (
    conversation_id bigint not null constraint members_conversation_fkey references conversations on delete cascade,
    user_id bigint not null constraint members_user_fkey references users,
    role text not null
        constraint members_role_known check (role in ('owner', 'admin', 'member')),
    read_position bigint not null default 0,
    delivered_position bigint not null default 0,
    -- The seq at which this membership began, and that of its last change, its end included.
    joined_seq bigint not null,
    seq bigint not null,
    joined_at timestamptz not null default now(),
    -- Who left stays as a tombstone: the change feed tells of it.
    left_at timestamptz,
    primary key (conversation_id, user_id)
);
create index members_user_id on members (user_id, conversation_id) where left_at is null;
create index members_seq on members (conversation_id, seq);
