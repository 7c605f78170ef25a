-- Turns of senders whose links are previewed, and how much each telling of a poll costs.
set local lock_timeout = '2s';

-- Whose message it is, for the turns of senders. Nodes of the version before do not name it.
alter table link_preview_jobs add column sender_id bigint;
create function set_link_preview_sender() returns trigger language plpgsql as $$
begin
    new.sender_id := (select sender_id from messages where id = new.message_id);
    return new;
end $$;
create trigger link_preview_jobs_sender before insert on link_preview_jobs
for each row when (new.sender_id is null)
execute function set_link_preview_sender();
update link_preview_jobs j set sender_id = m.sender_id from messages m where m.id = j.message_id;
alter table link_preview_jobs alter column sender_id set not null;
create index link_preview_jobs_sender_id on link_preview_jobs (sender_id, attempt_at);

-- Bytes of the message as JSON when it was told last: what each telling of a vote costs. Null before the first vote, with
-- which the question is fixed.
alter table polls add column told_len integer;
