-- Mutes: conversations that shall not draw a user's attention, on all of their devices.
set local lock_timeout = '2s';

create table mutes (
    user_id bigint not null constraint mutes_user_fkey references users on delete cascade,
    conversation_id bigint not null constraint mutes_conversation_fkey references conversations on delete cascade,
    -- When it ends by itself; null for one without an end. One that was taken back has ended in 1970: its row stays, for
    -- devices that were away, and so that what a browser has kept does not mute the conversation anew.
    muted_until timestamptz,
    -- The number of its last change in the user's personal sequence. That its time is over is no change: each device
    -- knows the time.
    seq bigint not null,
    constraint mutes_pkey primary key (user_id, conversation_id)
);
create index mutes_seq on mutes (user_id, seq);
create index mutes_conversation_id on mutes (conversation_id);

-- As they are now. Whoever is no member has muted nothing, however the membership has ended.
create view mute_states as
select m.user_id, m.conversation_id, m.seq, state.is_muted, case when state.is_muted then m.muted_until end as until
from mutes m
cross join lateral (
    select (m.muted_until is null or m.muted_until > statement_timestamp()) and exists (
        select from memberships k
        where k.conversation_id = m.conversation_id and k.user_id = m.user_id and k.left_at is null
    ) as is_muted
) state;
