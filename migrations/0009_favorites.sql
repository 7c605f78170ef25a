-- A favorite is either a conversation or a user (`person_id`) that a user keeps at hand.
create table favorites (
    id bigint generated always as identity primary key,
    user_id bigint not null constraint favorites_user_fkey references users on delete cascade,
    conversation_id bigint constraint favorites_conversation_fkey references conversations on delete cascade,
    person_id bigint constraint favorites_person_fkey references users on delete cascade,
    constraint favorites_one_of_both check ((conversation_id is null) <> (person_id is null))
);
create unique index favorites_conversation_key on favorites (user_id, conversation_id);
create unique index favorites_person_key on favorites (user_id, person_id);
create index favorites_conversation_id on favorites (conversation_id) where conversation_id is not null;
create index favorites_person_id on favorites (person_id) where person_id is not null;
