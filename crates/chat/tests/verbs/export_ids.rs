//! What an export says of people who are not of the app, and the ids that it makes up.

use crate::fixtures::{people, settings, text};
use crate::imports::{Dump, app_caller, dump_id, message};
use chat::{
    Caller, Chat, IdKind,
    exports::Export,
    imports::{Message, User},
};
use model::{ConversationKind, NewMembers};
use sqlx::PgPool;
use std::collections::HashSet;

const KINDS: [ConversationKind; 1] = [ConversationKind::Group];

/// The app's group `g`, in which somebody of the browser writes, too.
async fn with_stranger(db: &PgPool, change: impl FnOnce(&mut Dump, i64)) -> (Chat, Caller) {
    let people = people(db.clone()).await;
    let stranger = people.linus;
    let mut dump = Dump::of_group(3);
    change(&mut dump, stranger.user_id.0);
    dump.import(&people.chat).await;
    let ada = app_caller(&people.chat, "ada").await;
    let group = people.chat.resolve_conversation(&ada, "g").await.unwrap();
    let new = NewMembers {
        user_ids: vec![stranger.user_id],
        ..serde_json::from_value(serde_json::json!({"userIds": []})).unwrap()
    };
    people.chat.add_members(&ada, group, new).await.unwrap();
    let said = text("from the browser", None);
    people
        .chat
        .send_message(&stranger, group, said)
        .await
        .unwrap();
    (people.chat, stranger)
}

async fn export(chat: &Chat, kind: IdKind) -> Export {
    chat.begin_export("app", kind, &KINDS).await.unwrap()
}

async fn users(chat: &Chat, kind: IdKind) -> Vec<User> {
    export(chat, kind).await.users(None).await.unwrap().items
}

async fn messages(chat: &Chat, kind: IdKind) -> Vec<Message> {
    let page = export(chat, kind).await.messages(None).await.unwrap();
    page.items.into_iter().map(|it| it.message).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_address_of_a_stranger_stays_here(db: PgPool) {
    let (chat, stranger) = with_stranger(&db, |_, _| {}).await;
    sqlx::query("update users set email = 'private@home.example' where id = $1")
        .bind(stranger.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    for kind in [IdKind::Cuid, IdKind::Number, IdKind::ObjectId] {
        let mut addresses: Vec<_> = users(&chat, kind)
            .await
            .into_iter()
            .map(|it| it.email)
            .collect();
        addresses.sort();
        let of_app = ["ada", "grace", "linus"].map(|it| Some(format!("{it}@example.org")));
        assert_eq!(addresses[0], None, "{kind:?}");
        assert_eq!(addresses[1..], of_app, "{kind:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_people_never_have_one_id(db: PgPool) {
    for kind in [IdKind::Number, IdKind::ObjectId, IdKind::Cuid] {
        sqlx::raw_sql(EMPTY).execute(&db).await.unwrap();
        // Grace has the id that would be made up for the stranger, in either case.
        let (chat, _) = with_stranger(&db, |dump, stranger| {
            let taken = match kind {
                IdKind::Number => (2_000_000_000 + stranger).to_string(),
                IdKind::ObjectId => format!("fffffffe{stranger:016x}").to_uppercase(),
                IdKind::Cuid => format!("czzzzzzzy{stranger:016}"),
            };
            dump.users[1].id = dump_id(&taken);
            dump.members[0].members[1].user = dump_id(&taken);
            for message in &mut dump.messages {
                if message.sender == dump_id("grace") {
                    message.sender = dump_id(&taken);
                }
            }
        })
        .await;
        let users = users(&chat, kind).await;
        let ids: HashSet<_> = users.iter().map(|it| &it.id).collect();
        assert_eq!((users.len(), ids.len()), (4, 4), "{kind:?} {users:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_messages_never_have_one_id(db: PgPool) {
    // Our first message has the number 1. The app has a 1 of its own, which moves, and what is as much
    // higher as moved numbers are.
    let people = people(db.clone()).await;
    let own = people.group().await;
    for _ in 0..6 {
        people.say(&people.ada, own, "native").await;
    }
    let mut dump = Dump::of_group(3);
    for (message, id) in dump.messages.iter_mut().zip(["8", "1000000008", "9"]) {
        message.id = dump_id(id);
    }
    dump.import(&people.chat).await;
    let ada = app_caller(&people.chat, "ada").await;
    let group = people.chat.resolve_conversation(&ada, "g").await.unwrap();
    let said = people
        .chat
        .send_message(&ada, group, text("new", None))
        .await;
    let said = said.unwrap().message.id;
    // The app gets the number of the message that was written here.
    let late = Message {
        id: dump_id(&said.to_string()),
        ..message("g", 50, "ada")
    };
    let mut import = people.chat.begin_import("app", false).await.unwrap();
    assert_eq!(import.import_messages(&[late]).await.unwrap().taken, 1);
    for kind in [IdKind::Number, IdKind::Cuid, IdKind::ObjectId] {
        let messages = messages(&people.chat, kind).await;
        let ids: HashSet<_> = messages.iter().map(|it| &it.id).collect();
        assert_eq!((messages.len(), ids.len()), (5, 5), "{kind:?} {ids:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_app_of_uuids_gets_uuids_for_what_is_new(db: PgPool) {
    let uuid = |n: usize| format!("5f0c9c1e-8f0a-4b57-9d61-0d8a9c7c6d{n:02}");
    let (chat, _) = with_stranger(&db, |dump, _| {
        for (n, name) in ["ada", "grace", "linus"].into_iter().enumerate() {
            if name == "ada" {
                continue;
            }
            dump.users[n].id = dump_id(&uuid(n));
            dump.members[0].members[n].user = dump_id(&uuid(n));
        }
        for (n, message) in dump.messages.iter_mut().enumerate() {
            message.sender = dump_id("ada");
            message.id = dump_id(&uuid(n + 10));
        }
        dump.users.rotate_left(1);
    })
    .await;
    let messages = messages(&chat, IdKind::Cuid).await;
    let new = messages.last().unwrap().id.as_str();
    assert!(new.starts_with("ffffffff-fffe-8000-8000-"), "{new}");
    let users = users(&chat, IdKind::Cuid).await;
    let is_made_up = |it: &User| it.id.as_str().starts_with("ffffffff-fffe-8000-8000-");
    assert_eq!(users.iter().filter(|it| is_made_up(it)).count(), 1);
}

/// As a new database.
const EMPTY: &str =
    "truncate users, apps, conversations, messages, read_marks restart identity cascade";

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_read_has_the_time_that_somebody_said(db: PgPool) {
    let chat = Chat::new(db, settings());
    Dump::of_group(6).import(&chat).await;
    for message in messages(&chat, IdKind::Cuid).await {
        for reader in &message.read_by {
            assert_eq!(reader.at, None, "nobody said when {message:?} was read");
        }
    }
    let grace = app_caller(&chat, "grace").await;
    let group = chat.resolve_conversation(&grace, "g").await.unwrap();
    chat.mark_read(&grace, group, 6).await.unwrap();
    let last = messages(&chat, IdKind::Cuid).await.pop().unwrap();
    let by_grace = last.read_by.iter().find(|it| it.user == dump_id("grace"));
    assert!(by_grace.unwrap().at.is_some());
}
