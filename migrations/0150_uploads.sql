-- Bytes of all uploads of the server together, as they are counted for their users. The number is the sum of 16 parts:
-- a transaction that adds or takes some changes a part that no other one is changing, so that none waits for another. It
-- keeps the part until it ends, and therefore 16 uploads at most are begun at a time (`uploads/totals.rs`).
set local lock_timeout = '2s';

create table upload_totals (
    part smallint not null constraint upload_totals_part check (part between 0 and 15),
    -- May be below 0: an upload is taken from another part than it was added to.
    bytes bigint not null default 0,
    constraint upload_totals_pkey primary key (part)
) with (fillfactor = 50);
insert into upload_totals (part) select generate_series(0, 15);

-- The lock of a part is the last one that a transaction waits for, and none waits for a second one: it finds its own free.
create function count_upload_bytes() returns trigger language plpgsql as $$
declare
    change bigint := 0;
    chosen smallint;
begin
    if tg_op <> 'DELETE' then
        change := coalesce(new.content_size, new.size);
    end if;
    if tg_op <> 'INSERT' then
        change := change - coalesce(old.content_size, old.size);
    end if;
    if change = 0 then
        return null;
    end if;
    select t.part into chosen from upload_totals t order by random() limit 1 for no key update skip locked;
    if chosen is null then
        chosen := floor(random() * 16);
    end if;
    update upload_totals t set bytes = t.bytes + change where t.part = chosen;
    return null;
end
$$;
-- Whatever else changes uploads waits for this migration, so that the sum is right from the beginning.
create trigger uploads_counted after insert or delete or update of size, content_size on uploads for each row
    execute function count_upload_bytes();
update upload_totals set bytes = (select coalesce(sum(coalesce(content_size, size)), 0) from uploads) where part = 0;
