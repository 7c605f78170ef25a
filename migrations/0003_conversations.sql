create table conversations (
    id bigint generated always as identity primary key,
    kind text not null
        constraint conversations_kind_known check (kind in ('direct', 'group', 'channel')),
    title text
        constraint conversations_title_length check (char_length(title) between 1 and 120),
    description text
        constraint conversations_description_length check (char_length(description) <= 1000),
    private boolean not null,
    -- The two users of a direct conversation, the smaller id first: one conversation for each pair.
    low_user_id bigint constraint conversations_low_user_fkey references users,
    high_user_id bigint constraint conversations_high_user_fkey references users,
    created_by bigint not null constraint conversations_created_by_fkey references users,
    client_id text
        constraint conversations_client_id_length check (char_length(client_id) between 1 and 128),
    -- Two dense counters, which change under the lock of this row in the transaction that writes:
    -- `position` numbers the messages, `seq` numbers every change.
    position bigint not null default 0,
    seq bigint not null default 1,
    -- The seq of the last change of title, description or privacy.
    changed_seq bigint not null default 1,
    -- The number of current members. Stored, because the list of conversations shows it in each row;
    -- it changes in the transaction that changes the membership.
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

-- Messages and read marks have no foreign key to their conversation (0005_messages.sql says why), so
-- this trigger deletes them with it. The tables are made by later migrations.
create function delete_content() returns trigger language plpgsql as $$
begin
    delete from messages m where m.conversation_id = old.id;
    delete from read_marks r where r.conversation_id = old.id;
    return null;
end $$;

create trigger conversations_content after delete on conversations
    for each row execute function delete_content();
