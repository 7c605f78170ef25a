-- Mails of kinds that are not in 0100_emails.sql, such as `security_change`. A node sends the kinds that it knows and leaves the
-- others to later versions, so that a list here has nothing to add.
set local lock_timeout = '2s';

alter table emails drop constraint emails_kind_known,
    add constraint emails_kind_known check (kind ~ '^[a-z_]{1,40}$');
