-- The administrators who can sign in, as the view `administrators` of 0105_identities.sql, which knows no settings: by a
-- password where the server takes any, and by an identity of a provider that is configured. The view stays for nodes of
-- the version before.
create function present_administrators(takes_passwords boolean, issuers text[])
returns table (user_id bigint, is_lasting boolean) language sql stable
begin atomic
    select u.id,
        not exists (select from app_users a where a.user_id = u.id and a.admin_by_claim)
        and not exists (select from identities i where i.user_id = u.id and i.gives_admin)
    from users u
    where u.role = 'admin' and u.blocked_at is null and (takes_passwords and u.password_hash is not null
        or exists (select from app_users a where a.user_id = u.id and a.ended_at is null)
        or exists (select from identities i where i.user_id = u.id and i.issuer = any(issuers)));
end;
