//! Fuzzing: random events, frames and requests to every contract, while another client sends messages.
//! Nothing may panic or answer with a 5xx, and every message of the other client must be acknowledged.
//!
//! `PARLANCE_FUZZ_SECONDS=60 cargo test -p server --test fuzz` takes a minute (default: 8 seconds). The
//! seed of each run is printed; `PARLANCE_FUZZ_SEED` repeats it.

mod common;
#[path = "across_doors/contract_driver.rs"]
mod contract_driver;
#[path = "fuzz/noise.rs"]
mod noise;
#[path = "fuzz/vocabulary.rs"]
mod vocabulary;

use common::{
    client::{Client, dial, request},
    test_server::TestServer,
};
use contract_driver::{ContractDriver, DRIVERS, Shows, Target, is_success};
use futures_util::{SinkExt, StreamExt};
use noise::Noise;
use sqlx::PgPool;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::Message;

static PANICS: AtomicU64 = AtomicU64::new(0);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[sqlx::test(migrations = "../migrations")]
async fn random_input_does_no_harm(db: PgPool) {
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        default_hook(info);
    }));
    let seed = setting("PARLANCE_FUZZ_SEED").unwrap_or_else(rand::random);
    println!("PARLANCE_FUZZ_SEED={seed}");
    let until = Instant::now() + Duration::from_secs(setting("PARLANCE_FUZZ_SECONDS").unwrap_or(8));

    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let stranger = server.person("stranger").await;
    let group = server.group(&[&ada, &grace, &stranger]).await;
    let direct = server.direct(&ada, &grace).await;
    let strange = server.direct(&stranger, &grace).await;
    let message = server.send(&ada, group, "something").await.id;
    let ids = [group.0, direct.0, message.0, ada.id().0, stranger.id().0];

    let mut work = Vec::new();
    for driver in DRIVERS.iter().filter(|driver| driver.door.is_some()) {
        let at = |direct| Target {
            conversation: if driver.shows == Shows::Direct {
                direct
            } else {
                group
            },
            peer: grace.id(),
        };
        let (place, odd) = (at(direct), at(strange));
        // All clients connect before the first random request, by which the stranger may leave the group.
        let sender = driver.connect(&server, &ada, place).await;
        let emitter = driver.connect(&server, &stranger, odd).await;
        let address = driver.address(&server);
        let noise = |salt: u64| Noise::new(seed ^ salt, driver.name, &ids);
        let (events, frames, requests) = (noise(1), noise(2), noise(3));
        let token = &stranger.token;
        work.push(async move {
            let ((), events, frames, requests) = tokio::join!(
                send_messages(driver, sender, place, until),
                emit_events(driver, emitter, events, until),
                send_frames(address, frames, until),
                send_requests(address, token, requests, until),
            );
            println!(
                "{}: {events} events, {frames} frames, {requests} requests",
                driver.name
            );
            assert!(events > 0 && frames > 0 && requests > 0, "{}", driver.name);
        });
    }
    futures_util::future::join_all(work).await;
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "panics");
    server.stop().await;
}

/// The other client: sends messages over one connection, each of which is acknowledged.
async fn send_messages(driver: &ContractDriver, mut client: Client, place: Target, until: Instant) {
    while Instant::now() < until {
        let (event, payload) = (driver.send)(place, "still here");
        let answer = client.emit_with_ack(event, &payload).await;
        assert!(is_success(&answer), "{}: {answer}", driver.name);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Emits random events as a signed-in user. None of them may end the connection.
async fn emit_events(
    driver: &ContractDriver,
    mut client: Client,
    mut noise: Noise,
    until: Instant,
) -> u64 {
    let mut count = 0;
    while Instant::now() < until {
        let event = noise.event();
        let id = client.emit_args(&event).await;
        let answer = client.ack(id).await;
        assert!(answer.is_object(), "{}: {event} got {answer}", driver.name);
        count += 1;
    }
    count
}

/// Sends random frames, which may end their connections.
async fn send_frames(address: SocketAddr, mut noise: Noise, until: Instant) -> u64 {
    let mut count = 0;
    while Instant::now() < until {
        let mut socket = dial(address, request(address), false).await.unwrap();
        for _ in 0..20 {
            let sent = socket.send(noise.frame()).await;
            count += 1;
            let answer = tokio::time::timeout(Duration::from_millis(5), socket.next()).await;
            let ended = matches!(answer, Ok(None | Some(Err(_) | Ok(Message::Close(_)))));
            if sent.is_err() || ended {
                break;
            }
        }
    }
    count
}

/// Sends random requests. None of them may be answered with a 5xx.
async fn send_requests(address: SocketAddr, token: &str, mut noise: Noise, until: Instant) -> u64 {
    let http = reqwest::Client::new();
    let mut count = 0;
    while Instant::now() < until {
        let (method, path, body) = noise.request();
        let mut request = http.request(method.clone(), format!("http://{address}{path}"));
        if noise.chance(90) {
            request = request.bearer_auth(token);
        }
        let answer = request
            .header("content-type", "application/json")
            .body(body.clone())
            .send()
            .await
            .unwrap();
        let status = answer.status();
        assert!(
            !status.is_server_error(),
            "{method} {path} {body}: {status}"
        );
        count += 1;
    }
    count
}
