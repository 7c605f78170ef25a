-- Voice messages: uploads of sound that was recorded to be heard in place, with the course of its loudness. Of these,
-- `duration` is what the recorder says, until the server has looked at the file.
set local lock_timeout = '2s';

-- At most 100 amplitudes of a byte each, in base64; null for all other uploads.
alter table uploads add column waveform text;
alter table uploads add constraint uploads_waveform_length check (char_length(waveform) between 4 and 136) not valid;

-- As in 0067_uploads.sql, with the waveform.
create or replace function attachment_json(a attachments) returns json language sql stable as $$
    select json_strip_nulls(json_build_object(
        'id', a.id::text, 'name', a.name, 'url', a.url, 'kind', coalesce(u.kind, 'file'),
        'contentType', u.content_type, 'size', u.content_size, 'width', u.width, 'height', u.height,
        'duration', u.duration, 'waveform', u.waveform, 'placeholder', u.placeholder,
        'thumbnails', coalesce(u.thumbnails, '[]')))
    from (select a.upload_id) own left join uploads u on u.id = own.upload_id
$$;

create or replace view upload_json as
select u.id, u.user_id, u.client_id, u.kind is not null as is_ready,
    json_build_object(
        'id', u.id::text, 'name', u.name, 'size', u.size, 'offset', u.received,
        'state', case when u.kind is not null then 'ready' when u.received = u.size then 'processing'
            else 'uploading' end,
        'kind', coalesce(u.kind, 'file'), 'contentType', u.content_type, 'contentSize', u.content_size,
        'width', u.width, 'height', u.height, 'duration', u.duration, 'waveform', u.waveform,
        'placeholder', u.placeholder, 'thumbnails', u.thumbnails, 'clientId', u.client_id,
        'createdAt', u.created_at, 'expiresAt', u.expires_at
    ) as json
from uploads u;

-- A length as people read it, such as 0:12 and 1:02:03, to the nearest second.
create function length_text(milliseconds bigint) returns text language sql immutable as $$
    select case when s >= 3600 then s / 3600 || ':' || lpad((s / 60 % 60)::text, 2, '0') else (s / 60)::text end
        || ':' || lpad((s % 60)::text, 2, '0')
    from (select (milliseconds + 500) / 1000 as s) seconds
$$;

-- As in 0067_uploads.sql, with voice messages and their length.
create or replace function files_line(of_id bigint) returns text language sql stable as $$
    select case
        when count(*) = 0 then null
        when count(*) = 1 then case min(f.kind)
            when 'image' then 'Photo' when 'video' then 'Video'
            when 'voice' then 'Voice message' || coalesce(' (' || length_text(min(f.duration)) || ')', '')
            when 'audio' then 'Audio' else left(min(f.name), 200) end
        when min(f.kind) = max(f.kind) and min(f.kind) in ('image', 'video', 'voice')
            then count(*) || case min(f.kind) when 'image' then ' photos' when 'video' then ' videos'
                else ' voice messages' end
        else count(*) || ' files' end
    from (
        select a.name, u.duration,
            case when u.kind = 'audio' and u.waveform is not null then 'voice' else coalesce(u.kind, 'file') end as kind
        from attachments a left join uploads u on u.id = a.upload_id where a.message_id = of_id
    ) f
$$;
