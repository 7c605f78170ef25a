//! What follows from a deletion, a new name or an invisible user, at each contract.

use crate::{
    MARKER,
    common::{
        client::Client,
        test_server::{Person, TestServer},
    },
    contract_driver::{BROADCAST, CONVERSATIONS, ContractDriver, DIRECT, GROUPS, ROOMS, Target},
};
use model::{ConversationId, PresenceChoice, Profile};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn get(server: &TestServer, driver: &ContractDriver, who: &Person, path: &str) -> Value {
    let url = format!("http://{}{path}", driver.address(server));
    let request = reqwest::Client::new().get(url).bearer_auth(&who.token);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    answer.json().await.unwrap()
}

fn at(conversation: ConversationId, peer: &Person) -> Target {
    Target {
        conversation,
        peer: peer.id(),
    }
}

/// The events that the client receives before the marker, which is sent to it.
async fn until_marker(
    server: &TestServer,
    driver: &ContractDriver,
    client: &mut Client,
    (from, id): (&Person, ConversationId),
) -> Vec<(String, Value)> {
    server.send(from, id, MARKER).await;
    let mut received = Vec::new();
    loop {
        let (name, payload) = client.next().await;
        let (message, text) = driver.message_event;
        if name == message && payload.pointer(text).is_some_and(|it| it == MARKER) {
            return received;
        }
        received.push((name, payload));
    }
}

/// What each contract says that Grace has not read: of the group, and of the direct conversation.
pub async fn unread_at_each(
    server: &TestServer,
    grace: &Person,
    ada: &Person,
    group: ConversationId,
    direct: ConversationId,
) -> Vec<(&'static str, Value)> {
    let mut unread = Vec::new();
    let groups = get(server, &GROUPS, grace, "/api/groups").await;
    unread.push(("groups", groups["data"][0]["unreadCount"].clone()));
    let mut rooms = ROOMS.connect(server, grace, at(group, ada)).await;
    let init = rooms.wait_for("chat:init_data").await;
    for room in init["rooms"].as_array().unwrap() {
        unread.push(("rooms", room["unreadCount"].clone()));
    }
    let count = get(server, &DIRECT, grace, "/api/chat/unread-count").await;
    unread.push(("direct", count["unreadCount"].clone()));
    let rows = get(server, &DIRECT, grace, "/api/chat/unread").await;
    let row = rows["data"].get(0).map(|it| it["unreadCount"].clone());
    unread.push(("direct", row.unwrap_or(json!(0))));
    for id in [group, direct] {
        let path = format!("/chats/conversations/{id}");
        let shown = get(server, &CONVERSATIONS, grace, &path).await;
        let of_grace = &shown["participantMetadata"][grace.id().to_string()];
        unread.push(("conversations", of_grace["unreadCount"].clone()));
    }
    let count = get(server, &BROADCAST, grace, "/api/v0/chat/unread-count").await;
    unread.push(("broadcast", count["data"]["unreadCount"].clone()));
    unread
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_message_is_unread_nowhere(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let direct = server.direct(&ada, &grace).await;
    let mut said = Vec::new();
    for id in [group, direct] {
        for body in ["one", "two"] {
            said.push(server.send(&ada, id, body).await.id);
        }
    }
    let mut listener = DIRECT.connect(&server, &grace, at(direct, &ada)).await;
    let mut browser = server.client(&grace).await;
    for (deleted, left) in [(None, 2), (Some(0), 1), (Some(1), 0)] {
        for ids in said.chunks(2) {
            if let Some(deleted) = deleted {
                let deletion = server.chat.delete_message(&ada.caller, ids[deleted]);
                deletion.await.unwrap();
            }
        }
        for (door, unread) in unread_at_each(&server, &grace, &ada, group, direct).await {
            assert_eq!(unread, left, "at {door}");
        }
    }
    // It is told, too.
    for left in [1, 0] {
        let told = listener.wait_for("unread_count_updated").await;
        assert_eq!(told["unreadCount"], left);
    }
    let mut told = Vec::new();
    while told.len() < 4 {
        let unread = browser.wait_for("unread").await;
        told.push((unread["conversationId"].clone(), unread["unread"].clone()));
    }
    for id in [group, direct] {
        assert!(told.contains(&(json!(id), json!(1))), "{told:?}");
        assert!(told.contains(&(json!(id), json!(0))), "{told:?}");
    }
    server.stop().await;
}

/// Grace comes to the room of her conversation with Ada, invisibly, and becomes visible there.
async fn nobody_sees_the_invisible_in(db: PgPool, driver: &ContractDriver, came: &str, gone: &str) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let id = if driver.name == "direct" {
        server.direct(&ada, &grace).await
    } else {
        server.group(&[&ada, &grace]).await
    };
    let choose = async |choice| {
        let chosen = server.chat.set_presence(&grace.caller, choice);
        chosen.await.unwrap();
    };
    choose(PresenceChoice::Invisible).await;
    let mut watcher = driver.connect(&server, &ada, at(id, &grace)).await;
    let names = |received: Vec<(String, Value)>| {
        let about = received.into_iter().filter(|(name, _)| {
            [came, gone, "room_members_update", "user_typing"].contains(&name.as_str())
        });
        about.map(|(name, _)| name).collect::<Vec<_>>()
    };
    let mut hidden = driver.connect(&server, &grace, at(id, &ada)).await;
    let (event, payload) = (driver.start_typing)(at(id, &ada));
    hidden.emit_with_ack(event, &payload).await;
    let seen = until_marker(&server, driver, &mut watcher, (&ada, id)).await;
    assert_eq!(names(seen), [""; 0], "nobody has come");
    if driver.name == "groups" {
        let group = json!({ "groupId": id.to_string() });
        let info = watcher.emit_with_ack("get_room_info", &group).await;
        assert_eq!(info["memberCount"], 1, "{info}");
        assert_eq!(info["onlineMembers"], json!([ada.id().to_string()]));
        let own = hidden.emit_with_ack("get_room_info", &group).await;
        assert_eq!(own["memberCount"], 2, "{own}");
    }
    let in_lists: &[&str] = if driver.name == "groups" {
        &["room_members_update"]
    } else {
        &[]
    };
    let expected = |name: &str| {
        let mut names = vec![name.to_owned()];
        names.extend(in_lists.iter().map(|it| (*it).to_owned()));
        names
    };
    choose(PresenceChoice::Online).await;
    let seen = until_marker(&server, driver, &mut watcher, (&ada, id)).await;
    assert_eq!(names(seen), expected(came));
    choose(PresenceChoice::Invisible).await;
    let seen = until_marker(&server, driver, &mut watcher, (&ada, id)).await;
    assert_eq!(names(seen), expected(gone));
    drop(hidden);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let seen = until_marker(&server, driver, &mut watcher, (&ada, id)).await;
    assert_eq!(names(seen), [""; 0], "gone before");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_sees_the_invisible_in_a_group_room(db: PgPool) {
    nobody_sees_the_invisible_in(db, &GROUPS, "user_joined_group", "user_left_group").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_sees_the_invisible_in_a_direct_room(db: PgPool) {
    nobody_sees_the_invisible_in(db, &DIRECT, "user_joined", "user_left").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_invisible_are_in_no_list_of_who_is_there(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let direct = server.direct(&ada, &grace).await;
    let chosen = server
        .chat
        .set_presence(&grace.caller, PresenceChoice::Invisible);
    chosen.await.unwrap();
    let _hidden = server.client(&grace).await;
    let mut client = DIRECT.connect(&server, &ada, at(direct, &grace)).await;
    let asked = json!({ "userIds": [grace.id().0, ada.id().0] });
    let answer = client.emit_with_ack("check_online", &asked).await;
    assert_eq!(answer["onlineUsers"], json!([ada.id().0]));
    let mut client = CONVERSATIONS
        .connect(&server, &ada, at(direct, &grace))
        .await;
    let answer = client.emit_with_ack("getOnlineUsers", &Value::Null).await;
    assert_eq!(answer["onlineUsers"], json!([ada.id().to_string()]));
    let online = get(&server, &BROADCAST, &ada, "/api/v0/chat/online-users").await;
    let online = online["data"].as_array().unwrap();
    let ids: Vec<_> = online.iter().map(|it| it["user"]["_id"].clone()).collect();
    assert_eq!(ids, [json!(ada.id().to_string())]);
    let path = format!("/api/v0/chat/user-status/{}", grace.id());
    let status = get(&server, &BROADCAST, &ada, &path).await;
    assert_eq!(status["data"]["isOnline"], false, "{status}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_name_is_shown_at_every_contract(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let direct = server.direct(&ada, &grace).await;
    for id in [group, direct] {
        server.send(&grace, id, "an old message").await;
    }
    let mut rooms = ROOMS.connect(&server, &ada, at(group, &grace)).await;
    let profile = Profile {
        name: Some("Rear Admiral".to_owned()),
        avatar_url: Some("https://example.org/new.png".to_owned()),
        ..Profile::default()
    };
    let changed = server.chat.update_account(&grace.caller, profile);
    changed.await.unwrap();
    for list in ["chat:room_list_update", "chat:people_list_update"] {
        let told = rooms.wait_for(list).await.to_string();
        assert!(told.contains("Rear Admiral"), "{list}: {told}");
        assert!(told.contains("new.png"), "{list}: {told}");
    }
    let paths = [
        (&GROUPS, format!("/api/chat/{group}/messages")),
        (&GROUPS, format!("/api/chat/{group}/members")),
        (&ROOMS, format!("/api/v2/chat/messages?roomId={group}")),
        (
            &DIRECT,
            format!("/api/chat/conversations/{direct}/messages"),
        ),
        (&DIRECT, "/api/chat/conversations".to_owned()),
        (
            &CONVERSATIONS,
            format!("/chats/conversations/{group}/messages"),
        ),
        (&CONVERSATIONS, "/chats/conversations".to_owned()),
        (
            &BROADCAST,
            format!("/api/v0/chat/conversation/{direct}/messages"),
        ),
        (&BROADCAST, "/api/v0/chat/conversations".to_owned()),
    ];
    for (driver, path) in paths {
        let shown = get(&server, driver, &ada, &path).await.to_string();
        assert!(shown.contains("Rear Admiral"), "{path}: {shown}");
    }
    server.stop().await;
}

/// A grey picture.
fn png() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 300, 200);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![100; 60_000]).unwrap();
    writer.finish().unwrap();
    file
}

#[sqlx::test(migrations = "../migrations")]
async fn a_picture_is_shown_at_every_contract(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let direct = server.direct(&ada, &grace).await;
    for id in [group, direct] {
        server.send(&grace, id, "a message").await;
    }
    let mut rooms = ROOMS.connect(&server, &ada, at(group, &grace)).await;
    let own = server.chat.set_picture(&grace.caller, png()).await.unwrap();
    for list in ["chat:room_list_update", "chat:people_list_update"] {
        let told = rooms.wait_for(list).await.to_string();
        assert!(told.contains(&own), "{list}: {told}");
    }
    for (driver, path) in [
        (&GROUPS, format!("/api/chat/{group}/messages")),
        (&GROUPS, format!("/api/chat/{group}/members")),
        (&ROOMS, format!("/api/v2/chat/messages?roomId={group}")),
        (&DIRECT, "/api/chat/conversations".to_owned()),
        (&CONVERSATIONS, "/chats/conversations".to_owned()),
        (&BROADCAST, "/api/v0/chat/conversations".to_owned()),
    ] {
        let shown = get(&server, driver, &ada, &path).await.to_string();
        assert!(shown.contains(&own), "{path}: {shown}");
    }
    // Two contracts have a field for the picture of a conversation.
    let set = server
        .chat
        .set_conversation_picture(&ada.caller, group, png());
    let picture = set.await.unwrap();
    let told = rooms.wait_for("chat:room_list_update").await.to_string();
    assert!(told.contains(&picture), "{told}");
    for (driver, path) in [
        (&ROOMS, "/api/v2/chat/rooms"),
        (&CONVERSATIONS, "/chats/conversations"),
    ] {
        let shown = get(&server, driver, &ada, path).await.to_string();
        let field = format!("\"avatar\":\"{picture}\"");
        assert!(shown.contains(&field), "{path}: {shown}");
    }
    // Each has it on its own port, as the address is without an origin.
    for (name, address) in &server.contracts {
        let answer = reqwest::get(format!("http://{address}{picture}")).await;
        assert_eq!(answer.unwrap().status(), 200, "{name}");
    }
    server.stop().await;
}
