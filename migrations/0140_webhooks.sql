-- A webhook that may mention many is meant to, in conversations of any size: whoever made it is owner or admin, and its
-- bot is a member without a role.
set local lock_timeout = '2s';

create or replace function granted_wildcards(
    of_conversation_id bigint, of_sender_id bigint, written text[], max_members bigint
) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct case w.word when 'here' then 'here' else 'all' end), '{}')
    from (select t.name, rtrim(t.name, '._-') as word from unnest(written) t(name)) w
    where w.word in ('all', 'channel', 'everyone', 'here')
        and exists (
            select from memberships m join conversations c on c.id = m.conversation_id
            where m.conversation_id = of_conversation_id and m.user_id = of_sender_id and m.left_at is null
                and (
                    m.role <> 'member' or c.kind in ('direct', 'group') and c.member_count <= max_members
                    or exists (
                        select from webhooks h where h.bot_id = m.user_id
                            and h.conversation_id = m.conversation_id and h.may_mention_many
                    )
                )
        )
        and not exists (
            select from generate_series(char_length(w.word), char_length(w.name)) n
            join users u on u.username = left(w.name, n)
            join memberships m
                on m.conversation_id = of_conversation_id and m.user_id = u.id and m.left_at is null
        )
$$;
