//! Five contracts, the public API and the browser are in one conversation: whatever goes in by one
//! of these ways comes out by all others, once, in their words.

mod common;
#[path = "across_doors/mount.rs"]
mod mount;
#[path = "across_doors/order.rs"]
mod order;
#[path = "across_doors/way.rs"]
mod way;

use common::{
    client::Client,
    house::{House, Person},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use way::{API, BROADCAST, Heard, Kinds, Place, WAYS, Way, is_fine};

/// Ada and Grace in one conversation, Grace listening by every way that shows it.
struct Scene {
    house: House,
    ada: Person,
    grace: Person,
    kind: Kinds,
    /// The conversation as Ada has it, and as Grace has it.
    of_ada: Place,
    of_grace: Place,
}

impl Scene {
    async fn set(db: PgPool, kind: Kinds) -> Self {
        let house = House::with_doors(db).await;
        let ada = house.person("ada").await;
        let grace = house.person("grace").await;
        let conversation = match kind {
            Kinds::Direct => house.direct(&ada, &grace).await,
            _ => house.group(&[&ada, &grace]).await,
        };
        let of = |peer| Place { conversation, peer };
        Self {
            kind,
            of_ada: of(grace.id()),
            of_grace: of(ada.id()),
            house,
            ada,
            grace,
        }
    }

    fn ways(&self) -> impl Iterator<Item = &'static Way> {
        let kind = self.kind;
        WAYS.iter().filter(move |way| way.shows(kind))
    }

    async fn ada_by(&self, way: &Way) -> Client {
        way.open(&self.house, &self.ada, self.of_ada).await
    }

    /// Grace at each way out.
    async fn listeners(&self) -> Vec<(&'static Way, Client)> {
        let mut listeners = Vec::new();
        for way in self.ways() {
            let client = way.open(&self.house, &self.grace, self.of_grace).await;
            listeners.push((way, client));
        }
        listeners
    }

    /// Ada says something through the public API; its id.
    async fn say(&self, text: &str) -> String {
        let message = self.house.say(&self.ada, self.of_ada.conversation, text);
        message.await.id.to_string()
    }

    /// Says a last word, and all that each listener has heard before it, by the thing's place.
    async fn gather(
        &self,
        listeners: Vec<(&'static Way, Client)>,
        what: fn(&Way) -> Option<Heard>,
    ) -> Vec<(&'static str, Vec<String>)> {
        self.say("the last word").await;
        let mut gathered = Vec::new();
        for (way, mut client) in listeners {
            let mut heard = Vec::new();
            loop {
                let (name, payload) = client.next().await;
                let (message, body) = way.message;
                if name == message
                    && payload
                        .pointer(body)
                        .is_some_and(|it| it == "the last word")
                {
                    break;
                }
                if let Some((event, place)) = what(way)
                    && event == name
                {
                    let thing = payload.pointer(place);
                    let thing = thing.unwrap_or_else(|| panic!("{}: {payload}", way.name));
                    heard.push(text(thing));
                }
            }
            gathered.push((way.name, heard));
        }
        gathered
    }

    async fn close(self) {
        self.house.close().await;
    }
}

/// An id or a text, whichever way a door prints it.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

async fn every_message_comes_out_once(db: PgPool, kind: Kinds) {
    let scene = Scene::set(db, kind).await;
    let listeners = scene.listeners().await;
    let mut said = Vec::new();
    for way in scene.ways() {
        let mut client = scene.ada_by(way).await;
        let text = format!("by {}", way.name);
        way.say(&scene.house, &mut client, &scene.ada, scene.of_ada, &text)
            .await;
        said.push(text);
    }
    assert_eq!(said.len(), if kind == Kinds::Direct { 6 } else { 5 });
    for (way, heard) in scene.gather(listeners, |way| Some(way.message)).await {
        assert_eq!(heard, said, "at {way}");
    }
    scene.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_to_a_group_comes_out_once_everywhere(db: PgPool) {
    every_message_comes_out_once(db, Kinds::Groups).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_message_comes_out_once_everywhere(db: PgPool) {
    every_message_comes_out_once(db, Kinds::Direct).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn ids_are_the_same_everywhere(db: PgPool) {
    for_both_kinds(db, async |scene: &Scene| {
        let listeners = scene.listeners().await;
        let id = scene.say("one").await;
        let ids = |way: &Way| Some((way.message.0, way.id));
        for (way, heard) in scene.gather(listeners, ids).await {
            assert_eq!(heard, [id.as_str()], "at {way}");
        }
    })
    .await;
}

/// By REST or by socket: where a door has words for a change to a message, by which it comes in.
async fn changes(scene: &Scene, way: &Way, delete: bool, id: &str) -> bool {
    let (ada, base) = (&scene.ada, format!("http://{}", way.address(&scene.house)));
    let http = reqwest::Client::new();
    let new = format!("changed by {}", way.name);
    let request = match (way.name, delete) {
        ("groups", false) => http
            .put(format!("{base}/api/chat/messages/{id}"))
            .json(&json!({ "content": new })),
        ("groups" | "direct", true) => http.delete(format!("{base}/api/chat/messages/{id}")),
        ("conversations", true) => http.delete(format!("{base}/chats/messages/{id}")),
        ("broadcast", true) => http.delete(format!("{base}/api/v0/chat/message/{id}")),
        ("rooms" | "api", _) => {
            let mut client = scene.ada_by(way).await;
            let (event, payload) = match (way.name, delete) {
                ("rooms", false) => (
                    "chat:update_message",
                    json!({ "messageId": id, "content": new }),
                ),
                ("rooms", true) => ("chat:delete_message", json!(id)),
                (_, false) => ("message:edit", json!({ "id": id, "body": new })),
                (_, true) => ("message:delete", json!({ "id": id })),
            };
            let answer = client.ask(event, &payload).await;
            assert!(is_fine(&answer), "{event}: {answer}");
            return true;
        }
        _ => return false,
    };
    let answer = request.bearer_auth(&ada.token).send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {answer:?}", way.name);
    true
}

async fn every_change_comes_out_once(db: PgPool, kind: Kinds, delete: bool) -> usize {
    let scene = Scene::set(db, kind).await;
    let mut changed = Vec::new();
    let mut listeners = scene.listeners().await;
    for way in scene.ways() {
        let id = scene.say(&format!("for {}", way.name)).await;
        if changes(&scene, way, delete, &id).await {
            changed.push(id);
        }
    }
    let what = if delete {
        |way: &Way| way.deleted
    } else {
        |way: &Way| way.edited
    };
    listeners.retain(|(way, _)| what(way).is_some());
    for (way, heard) in scene.gather(listeners, what).await {
        assert_eq!(heard, changed, "at {way}");
    }
    scene.close().await;
    changed.len()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_in_a_group_comes_out_once_everywhere(db: PgPool) {
    assert_eq!(
        every_change_comes_out_once(db, Kinds::Groups, false).await,
        3
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_edit_comes_out_once_everywhere(db: PgPool) {
    assert_eq!(
        every_change_comes_out_once(db, Kinds::Direct, false).await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deletion_in_a_group_comes_out_once_everywhere(db: PgPool) {
    assert_eq!(
        every_change_comes_out_once(db, Kinds::Groups, true).await,
        4
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_deletion_comes_out_once_everywhere(db: PgPool) {
    assert_eq!(
        every_change_comes_out_once(db, Kinds::Direct, true).await,
        5
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn typing_comes_out_everywhere(db: PgPool) {
    for_both_kinds(db, async |scene: &Scene| {
        for way in scene.ways() {
            let mut listeners = scene.listeners().await;
            let mut client = scene.ada_by(way).await;
            let (event, payload) = (way.typing)(scene.of_ada);
            let answer = client.ask(event, &payload).await;
            assert!(is_fine(&answer), "{} {event}: {answer}", way.name);
            for (out, listener) in &mut listeners {
                let (event, place) = out.types;
                let typing = listener.hear(event).await;
                let who = typing.pointer(place).map(text);
                let expected = Some(scene.ada.id().to_string());
                assert_eq!(who, expected, "from {} at {}", way.name, out.name);
            }
            // What is said ends the typing, before the next begins.
            scene.say("done").await;
        }
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn reading_comes_out_everywhere(db: PgPool) {
    for_both_kinds(db, async |scene: &Scene| {
        for way in scene.ways() {
            // Ada has written, Grace reads: Ada listens.
            let id = scene.say("read this").await;
            let mut listeners = Vec::new();
            for out in scene.ways().filter(|out| out.reads.is_some()) {
                listeners.push((out, scene.ada_by(out).await));
            }
            let mut client = way.open(&scene.house, &scene.grace, scene.of_grace).await;
            let words = if way.name == BROADCAST.name {
                Some(("mark_message_read", json!({ "messageId": id })))
            } else {
                way.read.map(|read| read(scene.of_grace))
            };
            let Some((event, payload)) = words else {
                continue;
            };
            let answer = client.ask(event, &payload).await;
            assert!(is_fine(&answer), "{} {event}: {answer}", way.name);
            for (out, listener) in &mut listeners {
                let (event, place) = out.reads.unwrap();
                let reading = loop {
                    let reading = listener.hear(event).await;
                    // What was delivered only is told by the same event of the public API.
                    if out.name != API.name
                        || reading["readPosition"] == reading["deliveredPosition"]
                    {
                        break reading;
                    }
                };
                let who = reading.pointer(place).map(text);
                let expected = Some(scene.grace.id().to_string());
                assert_eq!(who, expected, "from {} at {}", way.name, out.name);
            }
        }
    })
    .await;
}

/// In a group, and in a direct conversation of the same two people.
async fn for_both_kinds(db: PgPool, what: impl AsyncFn(&Scene)) {
    let mut scene = Scene::set(db, Kinds::Groups).await;
    what(&scene).await;
    let conversation = scene.house.direct(&scene.ada, &scene.grace).await;
    scene.kind = Kinds::Direct;
    scene.of_ada.conversation = conversation;
    scene.of_grace.conversation = conversation;
    what(&scene).await;
    scene.close().await;
}
