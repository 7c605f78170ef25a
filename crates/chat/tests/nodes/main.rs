//! Several nodes on one database, joined by a Redis of their own that comes and goes.

mod limits;
mod membership;
mod order;
mod outage;
#[expect(dead_code, reason = "the verbs need more of them")]
#[path = "../verbs/fixtures.rs"]
mod people;
mod presence;
mod redis;
mod silence;
mod town;
mod typing;
