-- Pictures of people, bots and conversations: uploaded here, and made anew by the server, square and small.
set local lock_timeout = '2s';

create table pictures (
    id bigint generated always as identity constraint pictures_pkey primary key,
    -- The name in the address, which nobody can guess: 128 random bits. Each picture has another one.
    key text not null constraint pictures_key_format check (key ~ '^[A-Za-z0-9_-]{22}$'),
    -- Whose it is: one of the two.
    user_id bigint constraint pictures_user_fkey references users on delete cascade,
    conversation_id bigint constraint pictures_conversation_fkey references conversations on delete cascade,
    -- WebP of 96 pixels and of 256 at most: some 3 kB and 15 kB.
    small bytea not null constraint pictures_small_size check (octet_length(small) between 1 and 65536),
    large bytea not null constraint pictures_large_size check (octet_length(large) between 1 and 262144),
    -- The address elsewhere that the user had before, or that an app has said meanwhile: it is shown again when the picture
    -- is removed.
    replaced_url text constraint pictures_replaced_url_length check (char_length(replaced_url) <= 2000),
    set_at timestamptz not null default now(),
    constraint pictures_owner check (num_nonnulls(user_id, conversation_id) = 1),
    constraint pictures_key_unique unique (key),
    constraint pictures_user_unique unique (user_id),
    constraint pictures_conversation_unique unique (conversation_id)
);

-- A user's own picture is in `users.avatar_url`, so that everything that shows a user shows it. No app, directory or import
-- replaces it: what they say is kept beside it.
create function keep_own_picture() returns trigger language plpgsql as $$
begin
    update pictures set replaced_url = new.avatar_url where user_id = new.id;
    if found then
        new.avatar_url := old.avatar_url;
    end if;
    return new;
end $$;
create trigger users_picture_kept before update of avatar_url on users for each row
    when (old.avatar_url like '/pictures/%' and old.avatar_url is distinct from new.avatar_url
        and (new.avatar_url is null or new.avatar_url not like '/pictures/%'))
    execute function keep_own_picture();

alter table conversations add column picture_url text
    constraint conversations_picture_url_format check (picture_url ~ '^/pictures/[A-Za-z0-9_-]{22}/256\.webp$');

create or replace view conversation_json as
select c.id, c.changed_seq,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at, 'pictureUrl', c.picture_url
    ) as json
from conversations c;

create or replace view conversation_summaries as
select u.id as caller_id, c.id, c.private, c.title, m.role, c.seq,
    coalesce(last.created_at, c.created_at) as active_at,
    json_build_object(
        'id', c.id, 'kind', c.kind, 'title', c.title, 'description', c.description,
        'private', c.private, 'position', c.position, 'seq', c.seq,
        'memberCount', c.member_count, 'createdAt', c.created_at, 'pictureUrl', c.picture_url,
        'role', m.role,
        'peer', case when c.kind = 'direct' then user_json(peer) end,
        'readPosition', coalesce(
            counted_position(m.read_position, m.unread_after, m.unread_marked_at), c.position),
        'unread', coalesce(counts.unread, 0),
        'unreadInThreads', coalesce(counts.unread_in_threads, 0),
        'mentions', coalesce(counts.mentions, 0),
        'lastMessage', case when last.id is not null then json_build_object(
            'id', last.id, 'position', last.position, 'sender', sender_json(last_sender),
            'kind', last.kind, 'body', preview_text(last.body), 'createdAt', last.created_at,
            'preview', case when last.body = '' and last.deleted_at is null then files_line(last.id) end,
            'deletedAt', last.deleted_at) end
    ) as json,
    c.id <> 0 or c.position > 0 as is_listed
from users u
cross join conversations c
left join memberships m on m.conversation_id = c.id and m.user_id = u.id and m.left_at is null
left join lateral (
    select n.unread, n.unread_in_threads, n.mentions from unread_memberships n
    where n.conversation_id = c.id and n.user_id = u.id
) counts on m.user_id is not null
left join messages last on last.conversation_id = c.id and last.position = c.position
left join users last_sender on last_sender.id = last.sender_id
left join users peer on c.kind = 'direct'
    and peer.id = case when c.low_user_id = u.id then c.high_user_id else c.low_user_id end;
