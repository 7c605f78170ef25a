-- Link previews: what the pages say of themselves that links in messages lead to, fetched by the server.
set local lock_timeout = '2s';

-- Whether links are previewed there: a choice of those who administer the conversation.
alter table conversations add column link_previews boolean not null default true;

-- What is known of an address. A row that has been fetched never changes, and so no preview of an old message does: the
-- address is fetched into another row when this one has expired. It is kept while a message shows it.
create table link_pages (
    id bigint generated always as identity,
    -- SHA-256 of the address: addresses are long.
    address_hash bytea not null constraint link_pages_address_hash_length check (octet_length(address_hash) = 32),
    -- While the page is being fetched: until when the node that does so has time. Then another one does.
    claimed_until timestamptz,
    fetched_at timestamptz,
    expires_at timestamptz,
    -- Where the page was found, after redirects.
    host text constraint link_pages_host_length check (char_length(host) between 1 and 300),
    -- As the page says. Without a title and a description there is nothing to show.
    site text constraint link_pages_site_length check (char_length(site) between 1 and 60),
    title text constraint link_pages_title_length check (char_length(title) between 1 and 160),
    description text constraint link_pages_description_length check (char_length(description) between 1 and 300),
    -- The name of the picture, which nobody can guess.
    picture_key text constraint link_pages_picture_key_format check (picture_key ~ '^[A-Za-z0-9_-]{22}$'),
    picture_width integer,
    picture_height integer,
    constraint link_pages_pkey primary key (id),
    constraint link_pages_fetched check (
        (fetched_at is null) = (expires_at is null) and (fetched_at is null) = (claimed_until is not null)),
    constraint link_pages_picture_size check (
        (picture_key is null) = (picture_width is null) and (picture_key is null) = (picture_height is null))
);
create index link_pages_address_hash on link_pages (address_hash, id) where fetched_at is not null;
-- An address is fetched by one node at a time.
create unique index link_pages_claim on link_pages (address_hash) where fetched_at is null;
create unique index link_pages_picture_key on link_pages (picture_key) where picture_key is not null;

-- The pictures of pages, made anew by the server and small: some 10 kB.
create table link_pictures (
    page_id bigint not null constraint link_pictures_page_fkey references link_pages on delete cascade,
    webp bytea not null constraint link_pictures_size check (octet_length(webp) between 1 and 131072),
    constraint link_pictures_pkey primary key (page_id)
);

-- The previews of a message.
create table link_previews (
    message_id bigint not null constraint link_previews_message_fkey references messages on delete cascade,
    address_hash bytea not null,
    -- What is shown. The page of one that was removed may be deleted.
    page_id bigint constraint link_previews_page_fkey references link_pages on delete set null,
    -- The address as it was written.
    url text not null constraint link_previews_url_length check (char_length(url) between 1 and 2048),
    -- In the order of the text, from 1.
    number smallint not null constraint link_previews_number check (number between 1 and 3),
    -- Its sender has removed it. The row stays, so that no edit brings it back.
    removed_at timestamptz,
    constraint link_previews_shown check (page_id is not null or removed_at is not null),
    constraint link_previews_pkey primary key (message_id, address_hash)
);
create index link_previews_page_id on link_previews (page_id);

-- Messages whose links are to be previewed.
create table link_preview_jobs (
    message_id bigint not null constraint link_preview_jobs_message_fkey references messages on delete cascade,
    noted_at timestamptz not null default clock_timestamp(),
    -- When a node may take it: now, or once the node that has it must be dead.
    attempt_at timestamptz not null default clock_timestamp(),
    attempts integer not null default 0,
    constraint link_preview_jobs_pkey primary key (message_id)
);
create index link_preview_jobs_attempt_at on link_preview_jobs (attempt_at);

-- The previews of each message that has any.
create view link_previews_json as
select l.message_id, json_agg(json_strip_nulls(json_build_object(
    'id', p.id::text, 'url', l.url, 'host', p.host, 'site', p.site, 'title', p.title, 'description', p.description,
    'picture', case when p.picture_key is not null then json_build_object(
        'url', '/link-pictures/' || p.picture_key, 'width', p.picture_width, 'height', p.picture_height) end
)) order by l.number, p.id) as json
from link_previews l join link_pages p on p.id = l.page_id
where l.removed_at is null
group by l.message_id;

insert into sweeps (name) values ('link_pages');

-- With its message, whoever deletes that: also a node of an earlier version, and an import.
create function delete_link_previews() returns trigger language plpgsql as $$
begin
    delete from link_previews where message_id = new.id;
    delete from link_preview_jobs where message_id = new.id;
    return null;
end
$$;
create trigger messages_link_previews after update of deleted_at on messages for each row
    when (old.deleted_at is null and new.deleted_at is not null)
    execute function delete_link_previews();
