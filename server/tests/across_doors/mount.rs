//! Where the doors are: on ports of their own, and below `/contracts/` of the main address.

use crate::{
    common::house::{House, config},
    way::WAYS,
};
use chat::Chat;
use reqwest::StatusCode;
use sqlx::PgPool;
use tokio::net::TcpListener;

#[sqlx::test(migrations = "../migrations")]
async fn every_door_is_found_twice(db: PgPool) {
    let house = House::with_doors(db).await;
    for way in WAYS.iter().filter(|way| way.door.is_some()) {
        let name = way.name;
        for base in [
            format!("http://{}", way.address(&house)),
            format!("http://{}/contracts/{name}", house.address),
        ] {
            let health = reqwest::get(format!("{base}/health")).await.unwrap();
            assert_eq!(health.status(), StatusCode::OK, "{base}");
            let open = format!("{base}/socket.io/?EIO=4&transport=polling");
            let open = reqwest::get(open).await.unwrap().text().await.unwrap();
            assert!(open.starts_with("0{\"sid\":"), "{base}: {open}");
        }
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_door_without_a_port_is_on_the_main_address_only(db: PgPool) {
    let house = House::with(db, &["--contracts=groups"]).await;
    assert!(house.doors.is_empty());
    let at = |name| format!("http://{}/contracts/{name}/health", house.address);
    let found = reqwest::get(at("groups")).await.unwrap();
    assert_eq!(found.status(), StatusCode::OK);
    let closed = reqwest::get(at("rooms")).await.unwrap();
    assert_eq!(closed.status(), StatusCode::NOT_FOUND);
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_busy_port_that_was_asked_for_is_an_error(db: PgPool) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = config(&[&format!("--contracts=rooms={port}")]);
    let chat = Chat::new(db, config.chat_settings().unwrap());
    let error = server::bind(config, chat).await.err().unwrap();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
