-- Links that have ended are swept (`sweeps/links.rs`).
insert into sweeps (name) values ('invitations'), ('password_resets');
