-- Who has to have a second factor. `demand` is the setting of the server: 'off', 'admins' or 'everybody'. It is a matter of
-- passwords: bots have none, nor have people who sign in by an app or with a provider only.
create function demands_two_factor(u users, demand text) returns boolean language sql stable
return u.password_hash is not null and not u.is_bot
    and (demand = 'everybody' or demand = 'admins' and u.role = 'admin');

-- Whether a user has to have one, and has none.
create function owes_two_factor(u users, demand text) returns boolean language sql stable
return demands_two_factor(u, demand)
    and not exists (select from two_factors f where f.user_id = u.id);
