-- The place of a favorite in its user's list, from 1. Null until the user orders them: those stand behind the
-- others, in the order in which they were added.
alter table favorites add column place integer;
