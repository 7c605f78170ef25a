//! Several servers on one database, joined by a Redis: nobody notices at which one they are.

#[path = "../common/mod.rs"]
mod common;
#[path = "../across_doors/contract_driver.rs"]
mod contract_driver;
#[path = "../../../crates/chat/tests/nodes/redis.rs"]
mod redis;

mod doors;
mod ends;
mod losses;

use common::house::House;
use redis::Redis;
use sqlx::PgPool;
use std::time::Duration;

/// Two servers that have heard of each other.
async fn two(db: &PgPool, redis: &Redis, doors: &str) -> (House, House) {
    let url = format!("--redis-url={}", redis.url());
    let open = async || House::with(db.clone(), &["--rate-limit=off", doors, &url]).await;
    let (one, other) = (open().await, open().await);
    for house in [&one, &other] {
        until(async || house.chat.bus().unwrap().others == 1).await;
    }
    (one, other)
}

async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never became so");
}

const NO_DOORS: &str = "--contracts=off";
const ALL_DOORS: &str = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
