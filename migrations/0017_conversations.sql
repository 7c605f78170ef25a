-- Validates the constraints of 0015_announcements.sql beside the writers.
set local lock_timeout = '2s';
alter table conversations
    validate constraint conversations_kind_known,
    validate constraint conversations_announcements_id,
    validate constraint conversations_created_by_kind;
