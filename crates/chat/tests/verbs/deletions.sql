update users set username = 'zqmark', name = 'Zqmark Person', email = 'zqmark@example.org',
    avatar_url = 'https://example.org/zqmark.png', last_seen_at = now() where id = {me};
insert into pictures (key, user_id, small, large, replaced_url)
    values ('zqmarkzqmarkzqmarkzqma', {me}, 'zqmark', 'zqmark', 'https://example.org/zqmark.png');
insert into identities (issuer, subject, user_id, name) values ('https://zqmark.example', 'zqmark', {me}, 'Zqmark');
insert into sign_in_networks (user_id, network) values ({me}, '10.9.8.0');
insert into emails (kind, user_id, recipient, nonce) values
    ('sign_in', {me}, 'zqmark@example.org', sha256('a')), ('password_reset', null, 'zqmark', sha256('b')),
    ('password_reset', null, 'ZQMARK@example.org', sha256('c'));
insert into email_verifications (user_id, address) values ({me}, 'zqmark-new@example.org');
insert into two_factors (user_id, secret, last_step) values ({me}, 'secret of zqmark', 0);
insert into two_factor_setups (user_id, secret, expires_at) values ({me}, 'zqmark', now() + interval '1 hour');
insert into recovery_codes (user_id, code_hash) values ({me}, sha256('d'));
insert into sign_in_tickets (token_hash, user_id, credentials_version, expires_at)
    values (sha256('e'), {me}, 0, now() + interval '1 hour');
insert into password_resets (user_id, token_hash, expires_at, created_by) values
    ({me}, sha256('f'), now() + interval '1 hour', null), ({ada}, sha256('g'), now() + interval '1 hour', {me});
insert into invitations (token_hash, created_by, expires_at, note, max_uses)
    values (sha256('h'), {me}, now() + interval '1 day', 'zqmark has made it', 3);
with i as (
    insert into invitations (token_hash, created_by, expires_at, note, max_uses, uses, email)
    values (sha256('i'), {ada}, now() + interval '1 day', 'for zqmark', 1, 1, 'zqmark@example.org') returning id
)
insert into invitation_uses (invitation_id, user_id) select id, {me} from i;
insert into apps (name, configured_as) values ('shop', 'shop');
insert into app_users (app_id, external_id, user_id, profile, directory, imported)
    select id, 'zqmark-there', {me}, '{"name": "zqmark"}', '{"name": "zqmark"}', '{"name": "zqmark"}' from apps;
with bot as (insert into users (username, name, is_bot) values ('robot', 'Robot', true) returning id)
insert into bots (user_id, owner_id) select id, {me} from bot;
update sessions set user_agent = 'Zqmark Browser', address = '10.9.8.7' where user_id = {me};
with s as (
    insert into sessions (user_id, expires_at, is_token) values ({me}, now() + interval '1 day', true) returning id
)
insert into api_tokens (session_id, user_id, name, token_hash, scopes, is_limited)
    select id, {me}, 'token of zqmark', sha256('j'), '{read}', false from s;
insert into favorites (user_id, conversation_id) values ({me}, {group});
insert into favorites (user_id, person_id) values ({ada}, {me});
insert into mutes (user_id, conversation_id, seq) values ({me}, {group}, next_personal_seq({me}));
insert into mentions (conversation_id, user_id, message_id, position)
    select conversation_id, {me}, id, position from messages where id = {theirs};
insert into wildcard_mentions (message_id, who, conversation_id, position, sender_id, seq, means_members)
    select id, 'here', conversation_id, position, sender_id, seq, false from messages where id in ({theirs}, {said});
insert into wildcard_recipients (user_id, conversation_id, position, who, message_id)
    select {me}, conversation_id, position, 'here', id from messages where id = {theirs};
insert into link_preview_jobs (message_id, sender_id) values ({said}, {me}) on conflict do nothing;
insert into forwards (message_id, named_id, original_id, said_by, said_at)
    values ({theirs}, {said}, {said}, {me}, now());
insert into access_changes (user_id, node_id, changed_at) values ({me}, 1, now()) on conflict do nothing;
insert into data_exports (user_id) values ({me});
insert into remembered_devices (user_id, secret_hash, credentials_version, user_agent, address, expires_at)
    values ({me}, sha256('remembered'), 0, 'Zqmark Browser', '10.9.8.7', now() + interval '1 day');
insert into audit_entries (action, actor_kind, actor_id, actor_name, address, user_agent, target_id, target_name) values
    ('session.started', 'user', {me}, 'zqmark', '10.9.8.7', 'Zqmark Browser', null, null),
    ('session.refused', 'stranger', null, null, '10.9.8.6', 'Zqmark Browser', {me}, 'zqmark'),
    ('user.blocked', 'user', {ada}, 'ada', null, null, {me}, 'zqmark');
update conversations set title = 'Ada, Zqmark Person' where named_after_members;
update members set moved_at = now() where user_id = {me};
