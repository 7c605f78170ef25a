alter table messages
    -- Written with the authority of an administrator, who need not know the receiver.
    add column official boolean not null default false,
    drop constraint messages_kind_known,
    add constraint messages_kind_known
        check (kind in ('text', 'image', 'file', 'audio', 'video', 'system'));

-- Numbered pages leave out what was deleted: there is little of it, and positions are dense.
create index messages_deleted on messages (conversation_id, position) where deleted_at is not null;
create index messages_created_at on messages (conversation_id, created_at, position);
