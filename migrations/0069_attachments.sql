-- no-transaction
create index concurrently attachments_upload_id on attachments (upload_id) where upload_id is not null;
