//! Where contracts are mounted: on ports of their own, and below `/contracts/` of the main address.

use crate::{
    common::test_server::{TestServer, config},
    contract_driver::DRIVERS,
};
use chat::Chat;
use reqwest::StatusCode;
use sqlx::PgPool;
use tokio::net::TcpListener;

#[sqlx::test(migrations = "../migrations")]
async fn every_contract_has_a_port_and_a_path(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    for driver in DRIVERS.iter().filter(|driver| driver.door.is_some()) {
        let name = driver.name;
        for base in [
            format!("http://{}", driver.address(&server)),
            format!("http://{}/contracts/{name}", server.address),
        ] {
            let health = reqwest::get(format!("{base}/health")).await.unwrap();
            assert_eq!(health.status(), StatusCode::OK, "{base}");
            let open = format!("{base}/socket.io/?EIO=4&transport=polling");
            let open = reqwest::get(open).await.unwrap().text().await.unwrap();
            assert!(open.starts_with("0{\"sid\":"), "{base}: {open}");
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_contract_without_a_port_has_a_path_only(db: PgPool) {
    let server = TestServer::start_with(db, &["--contracts=groups"]).await;
    assert!(server.contracts.is_empty());
    let at = |name| format!("http://{}/contracts/{name}/health", server.address);
    let mounted = reqwest::get(at("groups")).await.unwrap();
    assert_eq!(mounted.status(), StatusCode::OK);
    let missing = reqwest::get(at("rooms")).await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    server.stop().await;
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
