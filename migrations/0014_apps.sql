-- Apps: other systems whose users are users here, each by the id that the app has for them.
set local lock_timeout = '2s';

create table apps (
    id bigint generated always as identity primary key,
    name text not null
        constraint apps_name_format check (name ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    -- The app's name in the configuration. Tokens of another issuer than the app's are of another app,
    -- as the two may have the same ids for different people: it is named `<configured_as>-2`, and so on.
    configured_as text not null,
    -- The claim `iss` of the app's tokens, empty if they have none. Null until the first token comes.
    issuer text constraint apps_issuer_length check (octet_length(issuer) <= 1000),
    created_at timestamptz not null default now(),
    constraint apps_name_key unique (name),
    constraint apps_issuer_key unique (configured_as, issuer)
);

-- The users of an app. An external id is never read as an id of ours. A user has at most one id in an
-- app, and may have ids in several.
create table app_users (
    app_id bigint not null constraint app_users_app_fkey references apps on delete cascade,
    external_id text collate "C" not null
        constraint app_users_external_id_length check (octet_length(external_id) between 1 and 255),
    user_id bigint not null constraint app_users_user_fkey references users on delete cascade,
    -- Null for a placeholder: somebody who was named, and whose first token has not come.
    first_token_at timestamptz,
    -- The user is gone from the app: their tokens are refused. Their messages stay.
    ended_at timestamptz,
    primary key (app_id, external_id),
    constraint app_users_user_key unique (user_id, app_id)
);

-- The ids that an app had for conversations and messages before they were imported.
create table app_conversations (
    app_id bigint not null constraint app_conversations_app_fkey references apps on delete cascade,
    external_id text collate "C" not null
        constraint app_conversations_external_id_length check (octet_length(external_id) between 1 and 255),
    conversation_id bigint not null
        constraint app_conversations_conversation_fkey references conversations on delete cascade,
    primary key (app_id, external_id),
    constraint app_conversations_conversation_key unique (conversation_id, app_id)
);

create table app_messages (
    app_id bigint not null constraint app_messages_app_fkey references apps on delete cascade,
    external_id text collate "C" not null
        constraint app_messages_external_id_length check (octet_length(external_id) between 1 and 255),
    message_id bigint not null constraint app_messages_message_fkey references messages on delete cascade,
    primary key (app_id, external_id),
    constraint app_messages_message_key unique (message_id, app_id)
);

-- Until now an external user was known by issuer and subject. The issuer with the most users becomes
-- the app that the environment configures, whose name is `app`.
insert into apps (name, configured_as, issuer)
select case row_number() over (order by count(*) desc, issuer)
        when 1 then 'app' else 'app-' || row_number() over (order by count(*) desc, issuer) end,
    'app', issuer
from identities where octet_length(issuer) <= 1000 group by issuer;
insert into app_users (app_id, external_id, user_id, first_token_at)
select a.id, i.subject, i.user_id, u.created_at
from identities i join users u on u.id = i.user_id join apps a on a.issuer = i.issuer
where octet_length(i.subject) between 1 and 255;
drop table identities;
