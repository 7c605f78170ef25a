-- Networks from which an account has been signed in to. A right password from one of them is taken while
-- strangers elsewhere guess: the limit of an account over all networks does not count there.
set local lock_timeout = '2s';

create table sign_in_networks (
    user_id bigint not null constraint sign_in_networks_user_fkey references users on delete cascade,
    -- An IPv4 address, or the first address of a /64 of IPv6.
    network text collate "C" not null
        constraint sign_in_networks_network_length check (octet_length(network) <= 45),
    last_used_at timestamptz not null default now(),
    constraint sign_in_networks_pkey primary key (user_id, network)
);

-- From the sessions that there are, those of IPv4, whose addresses are networks.
insert into sign_in_networks (user_id, network, last_used_at)
select user_id, address, max(last_used_at) from sessions
where address ~ '^[0-9.]{7,15}$'
group by user_id, address;
