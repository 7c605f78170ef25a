-- Writes this export into the tables of the system that it came from, all or nothing. In this folder:
--
--     psql "$OLD_DATABASE_URL" --file=load.sql
--
-- Rows are found by their id, members, reactions and attachments by what they belong to. A row that is there
-- gets the values of the export; a value that the export does not have stays. A row that is not there is
-- added: a column that must not be null and that the export does not have gets its default, or a value that
-- says nothing (`!` for a password, which is the hash of none). Sequences are set beyond the largest id.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '10s';
create temporary table export_rows (row jsonb) on commit drop;

-- The table, in any schema, whose name differs in case and underscores only. Of several names, with `|`
-- between them, the first that there is.
create function pg_temp.find_table(wanted text) returns regclass language sql as $$
    select c.oid::regclass from unnest(string_to_array(wanted, '|')) with ordinality w(name, n)
    join pg_class c on lower(replace(c.relname, '_', '')) = lower(replace(w.name, '_', ''))
    join pg_namespace s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p') and s.nspname <> 'information_schema' and s.nspname not like 'pg\_%'
    order by w.n, s.nspname = any(current_schemas(false)) desc, c.relname = w.name desc, s.nspname limit 1
$$;

-- Calls the fields of the rows as the columns are called, and leaves out those that the table has not.
create function pg_temp.rename_fields(target regclass) returns void language sql as $$
    update export_rows r set row = coalesce((
        select jsonb_object_agg(a.attname, f.value) from jsonb_each(r.row) f
        join pg_attribute a on a.attrelid = target and a.attnum > 0 and not a.attisdropped
            and a.attgenerated = ''
            and lower(replace(a.attname, '_', '')) = lower(replace(f.key, '_', ''))
    ), '{}')
$$;

create function pg_temp.key_condition(target regclass, key text[]) returns text language plpgsql as $$
declare
    conditions text[];
begin
    select array_agg(format('t.%1$I = r.%1$I', a.attname)) into conditions from unnest(key) k
    join pg_attribute a on a.attrelid = target and a.attnum > 0 and not a.attisdropped
        and lower(replace(a.attname, '_', '')) = lower(replace(k, '_', ''));
    if target is not null and cardinality(conditions) is distinct from cardinality(key) then
        raise exception '% has other columns than the export: % are needed', target, key;
    end if;
    return array_to_string(conditions, ' and ');
end $$;

-- What a column gets that must not be null, and for which the row has nothing.
create function pg_temp.filler(target regclass, number smallint) returns text language sql as $$
    select case
        when d.adbin is not null then pg_get_expr(d.adbin, d.adrelid)
        when t.typcategory = 'S' and a.attname ~* 'mail' then
            format('((p.row ->> ''id'') || ''@users.invalid'')::%s', t.oid::regtype)
        when t.typcategory = 'S' and a.attname ~* 'passw' then format('''!''::%s', t.oid::regtype)
        when t.typcategory = 'S' then format('''''::%s', t.oid::regtype)
        when t.typcategory = 'B' then 'false'
        when t.typcategory = 'N' then '0'
        when t.typcategory = 'D' then format('now()::%s', t.oid::regtype)
        when t.typcategory = 'E' then format('enum_first(null::%s)', t.oid::regtype)
        when t.typcategory = 'A' then format('''{}''::%s', t.oid::regtype)
        when t.typname = 'uuid' then 'gen_random_uuid()'
        when t.typname in ('json', 'jsonb') then format('''{}''::%s', t.oid::regtype)
        else 'null' end
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = target and a.attnum = number
$$;

create function pg_temp.load_rows(wanted text, key text[]) returns text language plpgsql as $$
declare
    target regclass := pg_temp.find_table(wanted);
    condition text := pg_temp.key_condition(target, key);
    changes text; columns text; expressions text; sequence text; changed bigint := 0; added bigint;
begin
    if target is null then
        return format('%s: there is no such table, so nothing of it is written', wanted);
    end if;
    perform pg_temp.rename_fields(target);
    select string_agg(format('%1$I = coalesce(r.%1$I, t.%1$I)', a.attname), ', ')
            filter (where f.name is not null),
        string_agg(quote_ident(a.attname), ', ' order by a.attnum),
        string_agg(case
            when f.name is null then pg_temp.filler(target, a.attnum)
            when a.attnotnull then format('coalesce(r.%I, %s)', a.attname, pg_temp.filler(target, a.attnum))
            else format('r.%I', a.attname) end, ', ' order by a.attnum)
    into changes, columns, expressions
    from pg_attribute a
    left join (select distinct jsonb_object_keys(row) as name from export_rows) f on f.name = a.attname
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = target and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and (f.name is not null or (a.attnotnull and d.adbin is null and a.attidentity = ''));
    -- A row that other columns find keeps its own id.
    if not 'id' = any(key) then
        changes := regexp_replace(changes, '(^|, )"?id"? = coalesce\(r\."?id"?, t\."?id"?\)(, )?', '\1');
    end if;
    if changes is not null then
        execute format('update %1$s t set %2$s from export_rows p,
            jsonb_populate_record(null::%1$s, p.row) r where %3$s', target, rtrim(changes, ', '), condition);
        get diagnostics changed = row_count;
        execute format('insert into %1$s (%2$s) overriding system value select %3$s from export_rows p,
            jsonb_populate_record(null::%1$s, p.row) r
            where not exists (select from %1$s t where %4$s)', target, columns, expressions, condition);
        get diagnostics added = row_count;
    end if;
    select pg_get_serial_sequence(target::text, a.attname) into sequence from pg_attribute a
    where a.attrelid = target and a.attname = 'id';
    if sequence is not null then
        execute format('select setval(%L, greatest((select last_value from %s),
            (select max(id) from %s)))', sequence, sequence, target);
    end if;
    delete from export_rows;
    return format('%s: %s rows were there, %s are new', target, changed, coalesce(added, 0));
end $$;

create function pg_temp.remove_rows(wanted text, key text[]) returns text language plpgsql as $$
declare
    target regclass := pg_temp.find_table(wanted);
    removed bigint;
begin
    if target is null then
        return format('%s: there is no such table', wanted);
    end if;
    perform pg_temp.rename_fields(target);
    execute format('delete from %1$s t using export_rows p, jsonb_populate_record(null::%1$s, p.row) r
        where %2$s', target, pg_temp.key_condition(target, key));
    get diagnostics removed = row_count;
    delete from export_rows;
    return format('%s: %s rows are gone', target, removed);
end $$;

