-- Measures searches as the program makes them (the first page, with the count up to 1,000), by operator and by
-- script, each with `runs` different words, senders, conversations or days.
\set ON_ERROR_STOP on
create or replace function bench_word(script int, rank int) returns text language sql stable
return (select words[1 + rank % cardinality(words)] from vocabulary v where v.script = bench_word.script);

drop function if exists bench_find;
create function bench_find(
    words text[], excluded text[] default '{}', alternatives text[] default '{}', rooms bigint[] default null,
    senders bigint[] default null, since timestamptz default null, until timestamptz default null,
    features text[] default '{}', excluded_features text[] default '{}'
) returns bigint[] language sql stable
return search_messages(1, array(select contains_pattern(w) from unnest(words) w),
    array(select contains_pattern(w) from unnest(excluded) w), alternatives, rooms, '{}', senders, '{}', null, since,
    until, features, excluded_features, null, 1001);

drop table if exists bench_cases, bench_times;
create table bench_cases (n int generated always as identity, name text, call text);
create table bench_times (name text, ms float, found int);
insert into bench_cases (name, call)
select kind || ' word, ' || v.name, format('bench_find(array[bench_word(%s, %s)])', v.script, rank)
from vocabulary v, (values ('frequent', 'i % 2'), ('middle', '10 + i % 8'), ('rare', '100 + i * 2')) k(kind, rank);
insert into bench_cases (name, call) values
    ('two words', 'bench_find(array[bench_word(i % 12, 3 + i % 10), bench_word(i % 12, 5 + i % 7)])'),
    ('phrase', 'bench_find(array[''the '' || bench_word(0, 1 + i % 15)])'),
    ('word, -word', 'bench_find(array[bench_word(i % 12, 5 + i % 10)], array[bench_word(i % 12, 1)])'),
    ('a pair of Han', 'bench_find(array[left(bench_word(8, 1 + i % 21), 2)])'),
    ('one Han character', 'bench_find(array[left(bench_word(8, 1 + i % 21), 1)])'),
    ('two Latin letters', 'bench_find(array[left(bench_word(0, 1 + i % 28), 2)])'),
    ('two letters that nobody has written', 'bench_find(array[''q'' || chr(97 + i % 26)])'),
    ('a word that nobody has written', 'bench_find(array[''unwritten'' || i])'),
    ('from:', 'bench_find(''{}'', senders => array[10 + i * 90])'),
    ('from: word', 'bench_find(array[bench_word(i % 12, 3)], senders => array[10 + i * 9])'),
    ('in:', 'bench_find(''{}'', rooms => array[1 + 3 * i])'),
    ('in: word', 'bench_find(array[bench_word(i % 12, 20 + i)], rooms => array[case when i % 2 = 0 then 1 else 1 + 3 * i end])'),
    ('on:', 'bench_find(''{}'', since => now() - (i * 3 + 1) * interval ''1 day'', until => now() - i * 3 * interval ''1 day'')'),
    ('on: word', 'bench_find(array[bench_word(i % 12, 5)], since => now() - (i * 3 + 1) * interval ''1 day'', until => now() - i * 3 * interval ''1 day'')'),
    ('before: word', 'bench_find(array[bench_word(i % 12, 30 + i)], until => now() - i * interval ''3 days'')'),
    ('after: word', 'bench_find(array[bench_word(i % 12, 30 + i)], since => now() - i * interval ''3 days'')'),
    ('has:link', 'bench_find(''{}'', features => ''{link}'')'),
    ('has:link word', 'bench_find(array[bench_word(i % 12, 10 + i)], features => ''{link}'')'),
    ('has:file', 'bench_find(''{}'', features => ''{file}'')'),
    ('has:image', 'bench_find(''{}'', features => ''{image}'')'),
    ('has:image word', 'bench_find(array[bench_word(i % 12, 10 + i)], features => ''{image}'')'),
    ('has:reaction', 'bench_find(''{}'', features => ''{reaction}'')'),
    ('has:reaction word', 'bench_find(array[bench_word(i % 12, 10 + i)], features => ''{reaction}'')'),
    ('is:unread', 'bench_find(''{}'', features => ''{unread}'')'),
    ('is:unread word', 'bench_find(array[bench_word(i % 12, 10 + i)], features => ''{unread}'')'),
    ('is:pinned', 'bench_find(''{}'', features => ''{pinned}'')'),
    ('is:thread', 'bench_find(''{}'', features => ''{thread}'')'),
    ('mentions:me', 'bench_find(''{}'', features => ''{mention}'')'),
    ('mentions:me word', 'bench_find(array[bench_word(i % 12, 10 + i)], features => ''{mention}'')'),
    ('-has:link word', 'bench_find(array[bench_word(i % 12, 10 + i)], excluded_features => ''{link}'')'),
    ('best first', 'rank_messages(bench_find(array[bench_word(i % 12, 5 + i)]), array[bench_word(i % 12, 5 + i)])'),
    ('similar words', 'array(select 1::bigint from similar_words(overlay(bench_word(i % 12, 5 + i) placing ''x'' from 3 for 1), 100)) || bench_find(''{}'', alternatives => array[jsonb_build_array(bench_word(i % 12, 200 + i), bench_word(i % 12, 300 + i))::text])'),
    ('find', 'array(select id from find_places(1, left(bench_word(i % 12, 1 + i % 20), 1 + i % 5), 20))'),
    ('find without a query', 'array(select id from find_places(1, '''', 20))');

create or replace procedure bench_run(runs int) language plpgsql as $$
declare
    it bench_cases;
    started timestamptz;
    found bigint[];
    -- The first runs warm the caches up.
    warm int := 3;
begin
    for it in select * from bench_cases order by n loop
        for i in 1 .. runs + warm loop
            started := clock_timestamp();
            execute format('select %s from (select $1 as i) i', it.call) into found using i;
            if i > warm then
                insert into bench_times values (it.name, extract(epoch from clock_timestamp() - started) * 1000, cardinality(found));
            end if;
        end loop;
        commit;
    end loop;
end $$;
call bench_run(:runs);
select c.name, round(avg(found)) as found,
    round(percentile_cont(0.5) within group (order by ms)::numeric, 1) as p50_ms,
    round(percentile_cont(0.99) within group (order by ms)::numeric, 1) as p99_ms
from bench_times t join bench_cases c using (name) group by c.n, c.name order by c.n;
