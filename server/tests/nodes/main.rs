//! Tests of two servers on one database, joined by a Redis.

#[path = "../common/mod.rs"]
mod common;
#[path = "../across_doors/contract_driver.rs"]
mod contract_driver;
#[expect(dead_code, reason = "the tests of the verbs pause it")]
#[path = "../../../crates/chat/tests/nodes/redis.rs"]
mod redis;

mod contracts;
mod ends;
mod losses;

use common::test_server::TestServer;
use redis::Redis;
use sqlx::PgPool;
use std::time::Duration;

/// Two servers that know of each other.
async fn start_two(db: &PgPool, redis: &Redis, contracts: &str) -> (TestServer, TestServer) {
    let url = format!("--redis-url={}", redis.url());
    let open =
        async || TestServer::start_with(db.clone(), &["--rate-limit=off", contracts, &url]).await;
    let (one, other) = (open().await, open().await);
    for server in [&one, &other] {
        wait_until(async || server.chat.bus().unwrap().others == 1).await;
    }
    (one, other)
}

/// Polls a condition for 20 seconds.
async fn wait_until(condition: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the condition never held");
}

const NO_CONTRACTS: &str = "--contracts=off";
const ALL_CONTRACTS: &str = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
