-- The servers that use this database, and the tables that would only grow.
set local lock_timeout = '2s';

-- One row for each running server (node), which it writes every few seconds and whenever it is asked
-- whether it is ready: a write that stands for all others. The rows of nodes that are gone are deleted by
-- the others. Half of each page stays free, so that the updates stay on it (HOT) and nothing grows.
create table nodes (
    -- Random, new for each start.
    id bigint primary key,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
) with (fillfactor = 50);

-- What is swept in small parts, by one node at a time: how far the present round has come, and when the
-- last one ended.
create table sweeps (
    name text primary key,
    after_id bigint not null default 0,
    after_user_id bigint not null default 0,
    finished_at timestamptz
);
insert into sweeps (name) values ('sessions'), ('read_marks');

-- Only the owner of an index may flush its pending list, and the role that serves need not be the owner.
create function flush_pending_list(of_index regclass) returns bigint language sql security definer
set search_path = pg_catalog, pg_temp
as $$ select gin_clean_pending_list(of_index) $$;
