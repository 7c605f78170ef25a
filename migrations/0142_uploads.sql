-- The session of a token for programs that is limited to conversations, which has begun the upload: such a token has no
-- other files of its user. Null for all others, who have them all. No foreign key: ended sessions are swept.
set local lock_timeout = '2s';

alter table uploads add column limited_session_id bigint;
