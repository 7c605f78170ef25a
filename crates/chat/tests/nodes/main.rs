//! Tests of a cluster: several nodes on one database, and a Redis that is started for each test.

#[expect(dead_code, reason = "the tests of the verbs use the rest")]
#[path = "../verbs/authenticator.rs"]
mod authenticator;
mod connecting;
#[expect(dead_code, reason = "the tests of the verbs use the rest")]
#[path = "../verbs/fixtures.rs"]
mod fixtures;
mod limits;
mod membership;
mod order;
mod outage;
mod presence;
mod redis;
#[expect(dead_code, reason = "the tests of the verbs use the rest")]
#[path = "../verbs/s3_server.rs"]
mod s3_server;
mod test_cluster;
mod typing;
mod unpublished_changes;
mod unsequenced;
