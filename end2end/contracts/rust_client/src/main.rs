//! Clients of the Rust library `rust_socketio`, told what to do line by line: see `outside_clients.ts`.

use rust_socketio::{ClientBuilder, Event, Payload, RawClient, TransportType, client::Client};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    time::Duration,
};

/// Until an acknowledgement counts as missing. The other side has a shorter one.
const ACK_TIMEOUT: Duration = Duration::from_secs(60);

/// Milliseconds between two attempts to come back.
const RECONNECT_DELAY: (u64, u64) = (100, 400);

fn main() -> io::Result<()> {
    let mut clients = HashMap::new();
    for line in io::stdin().lock().lines() {
        let task: Value = serde_json::from_str(&line?)?;
        let cell = task["cell"].to_string();
        if task["do"] == "open" {
            match open(&task) {
                Ok(client) => _ = clients.insert(cell, client),
                Err(error) => report(&json!({ "cell": task["cell"], "error": error.to_string() })),
            }
        } else if let Some(client) = clients.get(&cell) {
            let (cell, id) = (task["cell"].clone(), task["id"].clone());
            let sent = client.emit_with_ack(
                text(&task["event"]),
                task["payload"].clone(),
                ACK_TIMEOUT,
                move |answer, _| {
                    report(&json!({ "cell": cell, "ack": id, "payload": first(answer) }))
                },
            );
            if let Err(error) = sent {
                report(&json!({ "cell": task["cell"], "error": error.to_string() }));
            }
        }
    }
    Ok(())
}

/// Connects. From then on the library alone keeps the connection.
fn open(task: &Value) -> Result<Client, rust_socketio::Error> {
    let [connected, received, failed] = [(); 3].map(|()| task["cell"].clone());
    let (event, payload) = (
        text(&task["enter"]["event"]),
        task["enter"]["payload"].clone(),
    );
    let transport = match task["transport"].as_str() {
        Some("websocket") => TransportType::Websocket,
        _ => TransportType::Polling,
    };
    ClientBuilder::new(text(&task["url"]))
        .namespace(text(&task["namespace"]))
        .auth(task["auth"].clone())
        .transport_type(transport)
        .reconnect(true)
        .reconnect_on_disconnect(true)
        .reconnect_delay(RECONNECT_DELAY.0, RECONNECT_DELAY.1)
        .on(Event::Connect, move |_, client: RawClient| {
            let cell = connected.clone();
            let entered = move |_: Payload, _: RawClient| report(&json!({ "cell": cell, "entered": true }));
            // A failure shows as an answer that never comes.
            _ = client.emit_with_ack(event.clone(), payload.clone(), ACK_TIMEOUT, entered);
        })
        .on(Event::Error, move |error, _| {
            report(&json!({ "cell": failed, "error": format!("{error:?}") }));
        })
        .on_any(move |event, payload, _| {
            report(&json!({ "cell": received, "event": String::from(event), "payload": first(payload) }));
        })
        .connect()
}

/// The first argument of an event or an acknowledgement, which the library has in a list or two.
fn first(payload: Payload) -> Value {
    let Payload::Text(values) = payload else {
        return Value::Null;
    };
    match values.into_iter().next() {
        Some(Value::Array(inner)) => inner.into_iter().next().unwrap_or_default(),
        other => other.unwrap_or_default(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// One line of JSON. Nobody listens any more when it cannot be written.
fn report(line: &Value) {
    _ = writeln!(io::stdout().lock(), "{line}");
}
