-- Fills the search index as the worker does, and says how long that took.
\set ON_ERROR_STOP on
\timing on
create procedure index_everything() language plpgsql as $$
declare
    done boolean;
    ids bigint[];
begin
    for ids in select array_agg(id) from conversations group by id / 200 order by 1 loop
        loop
            select is_done into done from index_search(ids, 2000);
            commit;
            perform flush_pending_list('message_search_text_trgm');
            commit;
            exit when done;
        end loop;
    end loop;
end $$;
call index_everything();
\timing off
vacuum analyze message_search, search_words, search_progress;
select relname, pg_size_pretty(pg_relation_size(oid)) as size, reltuples::bigint as rows from pg_class
where relname ~ '^(message|search)' and relkind in ('r', 'i') order by pg_relation_size(oid) desc;
