-- Whether a membership was ended by somebody else: then an invitation that was used before does not renew it.
set local lock_timeout = '2s';

alter table members add column was_removed boolean not null default false;
