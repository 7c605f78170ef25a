-- As in 0067_uploads.sql, but an upload that has been deleted meanwhile fails the sends: a message is written with
-- all of its files or not at all. Its row is held until the end of the transaction, for which a deletion waits.
create or replace function attach_uploads(
    outcomes text[], message_ids bigint[], numbers bigint[], positions bigint[], upload_ids bigint[]
) returns bigint language plpgsql as $$
declare
    attached bigint;
begin
    perform from uploads where id = any(upload_ids) order by id for key share;
    if exists (
        select from unnest(numbers, upload_ids) u(number, id)
        where outcomes[u.number] = 'written' and not exists (select from uploads where uploads.id = u.id)
    ) then
        raise check_violation using message = 'a file of the message is deleted',
            constraint = 'attachments_upload_exists';
    end if;
    update attachments a set upload_id = u.upload_id, conversation_id = m.conversation_id
    from unnest(numbers, positions, upload_ids) u(number, position, upload_id)
    join messages m on m.id = message_ids[u.number]
    where outcomes[u.number] = 'written' and a.message_id = message_ids[u.number] and a.position = u.position;
    get diagnostics attached = row_count;
    return attached;
end
$$;
