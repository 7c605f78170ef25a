-- Exports of personal data have the user's picture, too: its bytes are a file of the archive. They have no titles that
-- others gave a private group after its user had left.
set local lock_timeout = '2s';

create or replace view personal_data as
select 'profile' as section, u.id as user_id, u.id as key, json_build_object(
    'id', u.id::text, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url, 'role', u.role, 'bot', u.is_bot,
    'createdAt', u.created_at, 'lastSeenAt', u.last_seen_at, 'presenceChoice', u.presence_choice,
    'blockedAt', u.blocked_at) as json
from users u
union all
select 'email', u.id, u.id, json_build_object(
    'email', u.email, 'verifiedAt', u.email_verified_at, 'sharesEmail', u.shares_email, 'signInNotes', u.sign_in_notes,
    'askedToProve', (select v.address from email_verifications v where v.user_id = u.id),
    'waitingMails', (select json_agg(json_build_object('kind', e.kind, 'recipient', e.recipient, 'queuedAt', e.queued_at)
        order by e.id) from emails e where e.user_id = u.id))
from users u
union all
select 'settings', u.id, u.id, json_build_object(
    'addableBy', u.addable_by, 'hasPassword', u.password_hash is not null,
    'twoFactor', (select json_build_object('enabledAt', f.enabled_at,
        'recoveryCodesLeft', (select count(*) from recovery_codes c where c.user_id = u.id))
        from two_factors f where f.user_id = u.id),
    'announcements', json_build_object('readPosition', u.announcements_read, 'deliveredPosition', u.announcements_delivered))
from users u
union all
select 'signIns', i.user_id, i.id, json_build_object(
    'issuer', i.issuer, 'subject', i.subject, 'name', i.name, 'createdAt', i.created_at, 'usedAt', i.used_at)
from identities i
union all
select 'apps', a.user_id, a.app_id, json_build_object(
    'app', p.name, 'id', a.external_id, 'firstTokenAt', a.first_token_at, 'endedAt', a.ended_at,
    'saidByTokens', a.profile, 'saidByDirectory', a.directory, 'imported', a.imported)
from app_users a join apps p on p.id = a.app_id
union all
select 'sessions', s.user_id, s.id, json_build_object(
    'id', s.id::text, 'userAgent', s.user_agent, 'address', s.address, 'createdAt', s.created_at,
    'lastUsedAt', s.last_used_at, 'expiresAt', s.expires_at, 'revokedAt', s.revoked_at)
from sessions s where not s.is_token
union all
select 'networks', n.user_id, ('x' || substr(md5(n.network), 1, 15))::bit(60)::bigint, json_build_object(
    'network', n.network, 'lastUsedAt', n.last_used_at)
from sign_in_networks n
union all
select 'tokens', t.user_id, t.session_id, json_build_object(
    'id', t.session_id::text, 'name', t.name, 'scopes', t.scopes, 'createdAt', s.created_at, 'expiresAt', s.expires_at,
    'lastUsedAt', s.last_used_at, 'revokedAt', s.revoked_at,
    'conversationIds', case when t.is_limited then (
        select coalesce(json_agg(c.conversation_id::text order by c.conversation_id), '[]')
        from api_token_conversations c where c.session_id = t.session_id) end)
from api_tokens t join sessions s on s.id = t.session_id
union all
select 'conversations', m.user_id, m.conversation_id, json_build_object(
    'id', c.id::text, 'kind', c.kind, 'title', coalesce(c.title, (
        select o.name from users o
        where o.id = case when c.low_user_id = m.user_id then c.high_user_id else c.low_user_id end)),
    'role', m.role, 'joinedAt', m.joined_at, 'leftAt', m.left_at, 'readPosition', m.read_position,
    'deliveredPosition', m.delivered_position, 'createdByYou', c.created_by is not distinct from m.user_id)
from members m join conversations c on c.id = m.conversation_id
where m.left_at is null
union all
select 'formerConversations', m.user_id, m.conversation_id, json_build_object(
    'id', c.id::text, 'kind', c.kind,
    -- What others have called it since is for its members.
    'title', case when not c.private then c.title end,
    'role', m.role, 'joinedAt', m.joined_at, 'leftAt', m.left_at,
    'readPosition', m.read_position, 'createdByYou', c.created_by is not distinct from m.user_id)
from members m join conversations c on c.id = m.conversation_id
where m.left_at is not null
union all
select 'readMarks', m.user_id, m.conversation_id, json_build_object('conversationId', m.conversation_id::text, 'read', (
    select json_agg(json_build_object('position', r.position, 'readAt', r.read_at) order by r.position)
    from read_marks r where r.conversation_id = m.conversation_id and r.user_id = m.user_id))
from members m where m.left_at is null
union all
select 'favorites', f.user_id, f.id, json_build_object(
    'conversationId', f.conversation_id::text, 'userId', f.person_id::text, 'place', f.place)
from favorites f
union all
select 'saved', s.user_id, s.id, json_build_object('messageId', s.message_id::text, 'savedAt', s.saved_at)
from saved_messages s
union all
select 'drafts', d.user_id, d.seq, json_build_object(
    'conversationId', d.conversation_id::text, 'threadId', nullif(d.thread_id, 0)::text, 'body', d.body,
    'updatedAt', d.updated_at, 'uploadIds', (
        select json_agg(f.upload_id::text order by f.position) from draft_uploads f
        where f.user_id = d.user_id and f.conversation_id = d.conversation_id and f.thread_id = d.thread_id))
from drafts d where d.body <> '' or d.has_files
union all
select 'scheduled', s.user_id, s.id, json_build_object(
    'id', s.id::text, 'conversationId', s.conversation_id::text, 'threadId', s.thread_id::text, 'body', s.body,
    'sendAt', s.send_at, 'state', s.state, 'createdAt', s.created_at, 'messageId', s.message_id::text, 'uploadIds', (
        select json_agg(f.upload_id::text order by f.position) from scheduled_uploads f where f.scheduled_id = s.id))
from scheduled_messages s
union all
select 'reminders', r.user_id, r.seq, json_build_object(
    'messageId', r.message_id::text, 'conversationId', r.conversation_id::text, 'remindAt', r.remind_at,
    'state', r.state, 'createdAt', r.created_at)
from reminders r
union all
select 'mutes', m.user_id, m.seq, json_build_object('conversationId', m.conversation_id::text, 'mutedUntil', m.muted_until)
from mutes m
union all
select 'threads', f.user_id, f.thread_id, json_build_object(
    'threadId', f.thread_id::text, 'following', f.is_following, 'readPosition', f.read_position)
from thread_followers f
union all
select 'votes', v.user_id, v.seq, json_build_object(
    'messageId', v.message_id::text, 'options', v.options, 'votedAt', v.voted_at)
from poll_votes v
union all
select 'reactions', r.user_id, r.message_id, json_build_object('messageId', r.message_id::text,
    'emoji', json_agg(json_build_object('emoji', r.emoji, 'createdAt', r.created_at) order by r.created_at, r.emoji))
from reactions r group by r.user_id, r.message_id
union all
select 'pins', p.pinned_by, p.id, json_build_object('messageId', p.message_id::text, 'pinnedAt', p.pinned_at)
from pins p
union all
select 'invitations', i.created_by, i.id, json_build_object(
    'id', i.id::text, 'note', i.note, 'email', i.email, 'role', i.role, 'uses', i.uses, 'maxUses', i.max_uses,
    'createdAt', i.created_at, 'expiresAt', i.expires_at, 'revokedAt', i.revoked_at)
from invitations i where i.created_by is not null
union all
select 'invitationsUsed', n.user_id, n.invitation_id, json_build_object('id', n.invitation_id::text, 'usedAt', n.used_at)
from invitation_uses n
union all
select 'webhooks', w.created_by, w.id, json_build_object(
    'id', w.id::text, 'conversationId', w.conversation_id::text, 'createdAt', w.created_at, 'lastUsedAt', w.last_used_at)
from webhooks w where w.created_by is not null
union all
select 'bots', b.owner_id, b.user_id, json_build_object('id', b.user_id::text, 'createdAt', b.created_at)
from bots b where b.owner_id is not null
union all
select 'exports', e.user_id, e.id, json_build_object('startedAt', e.started_at)
from data_exports e
union all
select 'uploads', u.user_id, u.id, json_build_object(
    'id', u.id::text, 'name', u.name, 'type', u.content_type, 'size', coalesce(u.content_size, u.size),
    'createdAt', u.created_at, 'isReady', u.kind is not null)
from uploads u
union all
select 'rememberedDevices', r.user_id, r.id, json_build_object(
    'userAgent', r.user_agent, 'address', r.address, 'createdAt', r.created_at, 'lastUsedAt', r.last_used_at,
    'expiresAt', r.expires_at)
from remembered_devices r
union all
select 'activity', e.actor_id, e.id, json_build_object(
    'action', e.action, 'occurredAt', e.occurred_at, 'address', host(e.address), 'userAgent', e.user_agent)
from audit_entries e where e.actor_id is not null
union all
select 'picture', p.user_id, p.id, json_build_object(
    'address', '/pictures/' || p.key || '/256.webp', 'setAt', p.set_at, 'replacedAddress', p.replaced_url)
from pictures p where p.user_id is not null;
