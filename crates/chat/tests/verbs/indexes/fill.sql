-- 20,000 users, 5,000 small groups, and 30,000 messages in one conversation.
insert into users (username, name)
    select 'user' || n, 'Somebody No. ' || n from generate_series(1, 20000) n;
insert into conversations (kind, title, private, created_by, position, seq, member_count)
    select 'group', 'Group ' || n, true, (select min(id) from users), 0, 1, 3
    from generate_series(1, 5000) n;
insert into members (conversation_id, user_id, role, joined_seq, seq)
    select c.id, u.id, 'member', 1, 1 from conversations c
    join lateral (select id from users where id > 100 + c.id * 2 order by id limit 3) u on true
    where c.title like 'Group %'
    on conflict do nothing;
insert into messages (conversation_id, position, created_seq, seq, sender_id, body, client_id)
    select id, n, n + 1, n + 1, created_by, 'filler', 'f' || n
    from conversations c, generate_series(1, 10) n where c.title like 'Group %';
insert into messages
        (conversation_id, position, created_seq, seq, sender_id, body, created_at)
    select c.id, n, c.seq + n, c.seq + n, c.created_by,
        case when n % 1000 = 0 then 'a needle in the hay' else 'filler' end,
        now() - (30000 - n) * interval '1 minute'
    from conversations c, generate_series(1, 30000) n where c.title = 'Engines';
insert into reactions (message_id, emoji, user_id)
    select id, '👍', sender_id from messages where id % 3 = 0;
insert into uploads (user_id, name, given_type, size, received, kind, content_type, content_size)
    select (select min(id) from users), 'file ' || n, '', 1, 1, 'image', 'image/png', 1
    from generate_series(1, 25000) n;
insert into attachments (message_id, position, name, url, upload_id, conversation_id)
    select m.id, 1, 'file ' || m.position, '/uploads', u.id, m.conversation_id
    from messages m join conversations c on c.id = m.conversation_id and c.title = 'Engines'
    join uploads u on u.name = 'file ' || m.position
    where m.body = 'filler';
insert into edits (message_id, body) select id, 'before' from messages where id % 5 = 0;
insert into mentions (conversation_id, user_id, message_id, position)
    select m.conversation_id, u.id, m.id, m.position from messages m, users u
    where m.id % 70 = 0 and u.username in ('ada', 'linus');
insert into wildcard_mentions (message_id, who, conversation_id, position, sender_id, seq, means_members)
    select id, case when is_all then 'all' else 'here' end, conversation_id, position, sender_id, seq, is_all
    from (select *, id % 33 = 0 and body = 'filler' as is_all from messages) m where id % 3 = 0;
insert into wildcard_recipients (user_id, conversation_id, position, who, message_id)
    select u.id, w.conversation_id, w.position, w.who, w.message_id from wildcard_mentions w, users u
    where w.message_id % 70 = 0 and w.who = 'here' and u.username in ('ada', 'linus');
update conversations set position = position + 10, seq = seq + 10 where title like 'Group %';
update conversations set position = 30000, seq = seq + 30000 where title = 'Engines';
insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
    select 0, n, n + 1, n + 1, (select min(id) from users), 'news'
    from generate_series(1, 20000) n;
insert into announcement_reaches (message_id, reach)
    select id, 1 from messages where conversation_id = 0;
update conversations set position = 20000, seq = 20001 where id = 0;
insert into favorites (user_id, person_id)
    select u.id, p.id from users u, users p where u.id % 200 = 0 and p.id % 200 = 1;
insert into read_marks (conversation_id, user_id, position)
    select c.id, m.user_id, n * 99 from conversations c
    join members m on m.conversation_id = c.id, generate_series(1, 300) n
    where c.title in ('Engines', 'Group 1', 'Group 2', 'Group 3');
insert into personal_sequences (user_id, seq, changed_at) select id, 0, now() from users;
insert into drafts (user_id, conversation_id, thread_id, body, seq)
    select u.id, c.id, n, 'a draft', 0 from users u, conversations c, generate_series(1, 2) n
    where c.title = 'Engines' and u.username <> 'grace';
-- Whoever writes much leaves many tombstones.
insert into drafts (user_id, conversation_id, thread_id, body, seq)
    select u.id, c.id, n, '', 0 from users u, conversations c, generate_series(1, 20000) n
    where c.title = 'Group 1' and u.username = 'grace';
insert into scheduled_messages (user_id, conversation_id, also_to_conversation, body, send_at, attempt_at,
        state, client_id, seq)
    select u.id, c.id, false, 'later', now() + interval '1 day', now() + interval '1 day',
        (array['scheduled', 'sent'])[n], n::text, 0
    from users u, conversations c, generate_series(1, 2) n
    where c.title = 'Engines' and u.username <> 'grace';
insert into reminders (user_id, message_id, conversation_id, remind_at, state, seq)
    select u.id, n, c.id, now() + interval '1 day', (array['waiting', 'completed'])[n], 0
    from users u, conversations c, generate_series(1, 2) n
    where c.title = 'Engines' and u.username <> 'grace';
insert into mutes (user_id, conversation_id, muted_until, seq)
    select u.id, c.id, now() + interval '1 day', 0 from users u, conversations c
    where c.title = 'Engines' and u.username <> 'grace';
insert into polls (message_id, conversation_id, options, max_choices, anonymous, results, voter_count)
    select m.id, m.conversation_id, '{yes,no}', 1, false, 'always', 1 from messages m where m.id % 4 = 1;
insert into poll_votes (message_id, user_id, options, seq)
    select p.message_id, (select id from users where username = 'linus'), '{1}', 0 from polls p;
insert into forwards (message_id, named_id, original_id, said_by, said_at)
    select m.id, m.id, m.id, m.sender_id, now() from messages m where m.id % 2 = 0;
insert into sessions (user_id, expires_at)
    select id, now() + interval '1 day' from users;
insert into identities (issuer, subject, user_id)
    select 'https://id.parlance.chat', id::text, id from users where username <> 'eve';
insert into password_resets (user_id, token_hash, expires_at)
    select id, sha256(id::text::bytea), now() + interval '1 day' from users;
insert into two_factors (user_id, secret, last_step) select id, '', 0 from users where username <> 'eve';
insert into two_factor_setups (user_id, secret, expires_at) select id, '', now() from users;
insert into recovery_codes (user_id, code_hash)
    select user_id, sha256(user_id::text::bytea) from two_factors;
insert into sign_in_tickets (token_hash, user_id, credentials_version, expires_at)
    select sha256(user_id::text::bytea), user_id, 0, now() + interval '1 day' from two_factors;
insert into invitations (token_hash, expires_at, max_uses)
    select sha256(n::text::bytea), now() + interval '1 day', 1 from generate_series(1, 20000) n;
insert into apps (name, configured_as, issuer) values ('app', 'app', '');
insert into app_users (app_id, external_id, user_id, first_token_at, ended_at)
    select a.id, u.username, u.id, now(),
        case when u.id % 10 = 0 then now() - interval '1 day' end
    from users u, apps a where u.username like 'user%';
insert into link_pages (address_hash, fetched_at, expires_at, host, title, picture_key, picture_width, picture_height)
    select sha256(('https://parlance.chat/' || n)::bytea), now(), now() + interval '1 day', 'parlance.chat', 'A page',
        lpad(n::text, 22, '0'), 256, 128
    from generate_series(1, 20000) n;
insert into link_pictures (page_id, webp) select id, 'RIFF' from link_pages;
insert into link_previews (message_id, address_hash, page_id, url, number)
    select m.id, p.address_hash, p.id, 'https://parlance.chat/', 1
    from messages m join link_pages p on p.id = m.id;
insert into link_preview_jobs (message_id, attempt_at)
    select id, now() + interval '1 day' from messages where id <= 20000;
