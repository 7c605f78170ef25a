-- Who may put a user into groups and channels.
set local lock_timeout = '2s';

-- A server of the version before writes no value, and adds everybody: the default.
alter table users add column addable_by text not null default 'everybody'
    constraint users_addable_by_known check (addable_by in ('everybody', 'contacts', 'nobody'));
