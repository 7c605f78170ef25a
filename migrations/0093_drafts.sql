-- no-transaction
create index concurrently drafts_list on drafts (user_id, seq) where body <> '' or reply_to_id is not null or has_files;
