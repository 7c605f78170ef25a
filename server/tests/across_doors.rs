//! The five contracts, the public API and the browser share conversations: what a client of one API
//! does reaches the clients of all the others, once, in the words of their API.

#[path = "across_doors/announcements.rs"]
mod announcements;
mod common;
#[path = "across_doors/contract_driver.rs"]
mod contract_driver;
#[path = "across_doors/follow_ups.rs"]
mod follow_ups;
#[path = "across_doors/mount.rs"]
mod mount;
#[path = "across_doors/order.rs"]
mod order;
#[path = "across_doors/polls.rs"]
mod polls;
#[path = "across_doors/threads.rs"]
mod threads;
#[path = "across_doors/told_limits.rs"]
mod told_limits;

use common::{
    client::Client,
    test_server::{Person, TestServer},
};
use contract_driver::{
    API, BROADCAST, ContractDriver, DRIVERS, EventField, Shows, Target, is_success,
};
use serde_json::{Value, json};
use sqlx::PgPool;

/// The text of the message after which a client has received everything that was sent before.
const MARKER: &str = "the last message";

/// A conversation of Ada and Grace.
struct Scenario {
    server: TestServer,
    ada: Person,
    grace: Person,
    kind: Shows,
    /// The conversation for a client of Ada's, and for one of Grace's.
    ada_target: Target,
    grace_target: Target,
}

impl Scenario {
    async fn create(db: PgPool, kind: Shows) -> Self {
        let server = TestServer::start_with_contracts(db).await;
        let ada = server.person("ada").await;
        let grace = server.person("grace").await;
        let conversation = match kind {
            Shows::Direct => server.direct(&ada, &grace).await,
            _ => server.group(&[&ada, &grace]).await,
        };
        let with = |peer| Target { conversation, peer };
        Self {
            kind,
            ada_target: with(grace.id()),
            grace_target: with(ada.id()),
            server,
            ada,
            grace,
        }
    }

    /// The APIs that show the conversation.
    fn drivers(&self) -> impl Iterator<Item = &'static ContractDriver> {
        let kind = self.kind;
        DRIVERS.iter().filter(move |driver| driver.shows_kind(kind))
    }

    async fn connect_ada(&self, driver: &ContractDriver) -> Client {
        driver
            .connect(&self.server, &self.ada, self.ada_target)
            .await
    }

    /// A client of Grace's for each API.
    async fn listeners(&self) -> Vec<(&'static ContractDriver, Client)> {
        let mut listeners = Vec::new();
        for driver in self.drivers() {
            let client = driver.connect(&self.server, &self.grace, self.grace_target);
            listeners.push((driver, client.await));
        }
        listeners
    }

    /// Sends a message of Ada's through the public API, and returns its id.
    async fn send_text(&self, text: &str) -> String {
        let message = self
            .server
            .send(&self.ada, self.ada_target.conversation, text);
        message.await.id.to_string()
    }

    /// Sends the marker. Returns the values of one event field that each listener has received
    /// before it.
    async fn collect(
        &self,
        listeners: Vec<(&'static ContractDriver, Client)>,
        field: fn(&ContractDriver) -> Option<EventField>,
    ) -> Vec<(&'static str, Vec<String>)> {
        self.send_text(MARKER).await;
        let mut collected = Vec::new();
        for (driver, mut client) in listeners {
            let mut received = Vec::new();
            loop {
                let (name, payload) = client.next().await;
                let (message, body) = driver.message_event;
                if name == message && payload.pointer(body).is_some_and(|it| it == MARKER) {
                    break;
                }
                if let Some((event, pointer)) = field(driver)
                    && event == name
                {
                    let value = payload.pointer(pointer);
                    let value = value.unwrap_or_else(|| panic!("{}: {payload}", driver.name));
                    received.push(text(value));
                }
            }
            collected.push((driver.name, received));
        }
        collected
    }

    async fn close(self) {
        self.server.stop().await;
    }
}

/// A text, or an id, which some contracts render as a number.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

async fn every_message_arrives_once(db: PgPool, kind: Shows) {
    let scenario = Scenario::create(db, kind).await;
    let listeners = scenario.listeners().await;
    let mut sent = Vec::new();
    for driver in scenario.drivers() {
        let mut client = scenario.connect_ada(driver).await;
        let text = format!("by {}", driver.name);
        driver
            .send_text(
                &scenario.server,
                &mut client,
                &scenario.ada,
                scenario.ada_target,
                &text,
            )
            .await;
        sent.push(text);
    }
    assert_eq!(sent.len(), if kind == Shows::Direct { 6 } else { 5 });
    for (driver, received) in scenario
        .collect(listeners, |driver| Some(driver.message_event))
        .await
    {
        assert_eq!(received, sent, "at {driver}");
    }
    scenario.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_to_a_group_reaches_every_api_once(db: PgPool) {
    every_message_arrives_once(db, Shows::Groups).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_message_reaches_every_api_once(db: PgPool) {
    every_message_arrives_once(db, Shows::Direct).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn ids_are_the_same_in_every_api(db: PgPool) {
    for_both_kinds(db, async |scenario: &Scenario| {
        let listeners = scenario.listeners().await;
        let id = scenario.send_text("one").await;
        let ids = |driver: &ContractDriver| Some((driver.message_event.0, driver.message_id));
        for (driver, received) in scenario.collect(listeners, ids).await {
            assert_eq!(received, [id.as_str()], "at {driver}");
        }
    })
    .await;
}

/// Edits or deletes a message of Ada's through an API, by REST or by socket. False if the API cannot.
async fn change(scenario: &Scenario, driver: &ContractDriver, delete: bool, id: &str) -> bool {
    let (ada, base) = (
        &scenario.ada,
        format!("http://{}", driver.address(&scenario.server)),
    );
    let http = reqwest::Client::new();
    let new = format!("changed by {}", driver.name);
    let request = match (driver.name, delete) {
        ("groups", false) => http
            .put(format!("{base}/api/chat/messages/{id}"))
            .json(&json!({ "content": new })),
        ("groups" | "direct", true) => http.delete(format!("{base}/api/chat/messages/{id}")),
        ("conversations", true) => http.delete(format!("{base}/chats/messages/{id}")),
        ("broadcast", true) => http.delete(format!("{base}/api/v0/chat/message/{id}")),
        ("rooms" | "api", _) => {
            let mut client = scenario.connect_ada(driver).await;
            let (event, payload) = match (driver.name, delete) {
                ("rooms", false) => (
                    "chat:update_message",
                    json!({ "messageId": id, "content": new }),
                ),
                ("rooms", true) => ("chat:delete_message", json!(id)),
                (_, false) => ("message:edit", json!({ "id": id, "body": new })),
                (_, true) => ("message:delete", json!({ "id": id })),
            };
            let answer = client.emit_with_ack(event, &payload).await;
            assert!(is_success(&answer), "{event}: {answer}");
            return true;
        }
        _ => return false,
    };
    let answer = request.bearer_auth(&ada.token).send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {answer:?}", driver.name);
    true
}

async fn every_change_arrives_once(db: PgPool, kind: Shows, delete: bool) -> usize {
    let scenario = Scenario::create(db, kind).await;
    let mut changed = Vec::new();
    let mut listeners = scenario.listeners().await;
    for driver in scenario.drivers() {
        let id = scenario.send_text(&format!("for {}", driver.name)).await;
        if change(&scenario, driver, delete, &id).await {
            changed.push(id);
        }
    }
    let field = if delete {
        |driver: &ContractDriver| driver.deleted_event
    } else {
        |driver: &ContractDriver| driver.edited_event
    };
    listeners.retain(|(driver, _)| field(driver).is_some());
    for (driver, received) in scenario.collect(listeners, field).await {
        assert_eq!(received, changed, "at {driver}");
    }
    scenario.close().await;
    changed.len()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_in_a_group_reaches_every_api_once(db: PgPool) {
    assert_eq!(every_change_arrives_once(db, Shows::Groups, false).await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_edit_reaches_every_api_once(db: PgPool) {
    assert_eq!(every_change_arrives_once(db, Shows::Direct, false).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deletion_in_a_group_reaches_every_api_once(db: PgPool) {
    assert_eq!(every_change_arrives_once(db, Shows::Groups, true).await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_deletion_reaches_every_api_once(db: PgPool) {
    assert_eq!(every_change_arrives_once(db, Shows::Direct, true).await, 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn typing_reaches_every_api(db: PgPool) {
    for_both_kinds(db, async |scenario: &Scenario| {
        for driver in scenario.drivers() {
            let mut listeners = scenario.listeners().await;
            let mut client = scenario.connect_ada(driver).await;
            let (event, payload) = (driver.start_typing)(scenario.ada_target);
            let answer = client.emit_with_ack(event, &payload).await;
            assert!(is_success(&answer), "{} {event}: {answer}", driver.name);
            for (out, listener) in &mut listeners {
                let (event, pointer) = out.typing_event;
                let typing = listener.wait_for(event).await;
                let who = typing.pointer(pointer).map(text);
                let expected = Some(scenario.ada.id().to_string());
                assert_eq!(who, expected, "from {} at {}", driver.name, out.name);
            }
            // A message ends the typing before the next API starts it.
            scenario.send_text("done").await;
        }
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn reading_reaches_every_api(db: PgPool) {
    for_both_kinds(db, async |scenario: &Scenario| {
        for driver in scenario.drivers() {
            // Ada has sent a message and receives that Grace reads it.
            let id = scenario.send_text("read this").await;
            let mut listeners = Vec::new();
            for out in scenario.drivers().filter(|out| out.read_event.is_some()) {
                listeners.push((out, scenario.connect_ada(out).await));
            }
            let mut client = driver
                .connect(&scenario.server, &scenario.grace, scenario.grace_target)
                .await;
            let emit = if driver.name == BROADCAST.name {
                Some(("mark_message_read", json!({ "messageId": id })))
            } else {
                driver.mark_read.map(|read| read(scenario.grace_target))
            };
            let Some((event, payload)) = emit else {
                continue;
            };
            let answer = client.emit_with_ack(event, &payload).await;
            assert!(is_success(&answer), "{} {event}: {answer}", driver.name);
            for (out, listener) in &mut listeners {
                let (event, pointer) = out.read_event.unwrap();
                let reading = loop {
                    let reading = listener.wait_for(event).await;
                    // The public API has the same event for a message that was only delivered.
                    if out.name != API.name
                        || reading["readPosition"] == reading["deliveredPosition"]
                    {
                        break reading;
                    }
                };
                let who = reading.pointer(pointer).map(text);
                let expected = Some(scenario.grace.id().to_string());
                assert_eq!(who, expected, "from {} at {}", driver.name, out.name);
            }
        }
    })
    .await;
}

/// Runs a test in a group, and in a direct conversation of the same two people.
async fn for_both_kinds(db: PgPool, test: impl AsyncFn(&Scenario)) {
    let mut scenario = Scenario::create(db, Shows::Groups).await;
    test(&scenario).await;
    let conversation = scenario.server.direct(&scenario.ada, &scenario.grace).await;
    scenario.kind = Shows::Direct;
    scenario.ada_target.conversation = conversation;
    scenario.grace_target.conversation = conversation;
    test(&scenario).await;
    scenario.close().await;
}
