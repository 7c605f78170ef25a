//! Exports of personal data: what is in the file, and what is not.

use crate::audit_actions::expect;
use crate::fixtures::refused;
use crate::two_factor::{CLIENT, PASSWORD, register, session};
use crate::uploads::{people_below, uploaded, with};
use chat::{Caller, DataExport, EXPORTS_PER_DAY};
use futures_util::TryStreamExt;
use model::{AuditAction, ConversationKind, ErrorCode, OwnExport};
use serde_json::Value;
use sqlx::PgPool;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};
use zip::ZipArchive;

fn proof(password: &str) -> OwnExport {
    OwnExport {
        current_password: password.to_owned(),
        code: String::new(),
    }
}

async fn unpack(export: DataExport) -> BTreeMap<String, Vec<u8>> {
    let pieces: Vec<_> = export.into_stream().try_collect().await.unwrap();
    let mut archive = ZipArchive::new(Cursor::new(pieces.concat())).unwrap();
    let mut files = BTreeMap::new();
    for n in 0..archive.len() {
        let mut entry = archive.by_index(n).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.name().unwrap().into_owned(), bytes);
    }
    files
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_export_has_everything_of_its_user_and_nothing_of_others(db: PgPool) {
    let (people, folder) = people_below(db.clone(), "export").await;
    let chat = &people.chat;
    let (me, tokens) = session(chat, register(chat).await).await;
    let kind = ConversationKind::Group;
    let group = people.create(kind, &[&people.grace, &me], "Engines").await;
    let file = uploaded(&people, &me, "../a <b>.txt", b"the bytes").await;
    let mine = with(&[&file], "mine <script>", None);
    let mine = chat.send_message(&me, group, mine).await.unwrap().message;
    people.say(&people.grace, group, "a word of grace").await;
    let gone = people.say(&me, group, "taken back").await;
    chat.delete_message(&me, gone.id).await.unwrap();

    let wrong = chat.begin_data_export(&me, proof("wrong horse"), &CLIENT);
    refused(wrong.await.map(drop), ErrorCode::Invalid);
    let export = chat.begin_data_export(&me, proof(PASSWORD), &CLIENT);
    let files = unpack(export.await.unwrap()).await;
    let json = |name: &str| -> Value { serde_json::from_slice(&files[name]).unwrap() };
    assert_eq!(json("manifest.json")["username"], "mallory");
    assert_eq!(json("data/profile.json")[0]["username"], "mallory");
    assert_eq!(json("data/sessions.json").as_array().unwrap().len(), 1);
    assert_eq!(json("data/conversations.json")[0]["title"], "Engines");
    assert_eq!(json("data/drafts.json"), serde_json::json!([]));
    let messages = json(&format!("messages/{group}.json"));
    assert_eq!(messages["messages"].as_array().unwrap().len(), 1);
    assert_eq!(messages["messages"][0]["id"], mine.id.to_string());
    let name = files.keys().find(|it| it.starts_with("files/")).unwrap();
    assert_eq!(*name, format!("files/{}-a _b_.txt", file.id));
    assert_eq!(files[name], b"the bytes");
    let page = String::from_utf8(files[&format!("messages/{group}.html")].clone()).unwrap();
    assert!(page.contains("mine &lt;script&gt;"), "{page}");
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        for secret in [
            "a word of grace",
            "argon2",
            "taken back",
            &tokens.refresh_token,
        ] {
            assert!(!text.contains(secret), "{secret} in {name}");
        }
    }
    // The index of the search, by which messages are found, has the same.
    chat.index_all().await.unwrap();
    let again = chat.begin_data_export(&me, proof(PASSWORD), &CLIENT);
    let again = unpack(again.await.unwrap()).await;
    let name = format!("messages/{group}.json");
    assert_eq!(again[&name], files[&name]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn exports_are_counted_and_for_their_user_alone(db: PgPool) {
    let people = crate::fixtures::people(db.clone()).await;
    let chat = &people.chat;
    let (me, _) = session(chat, register(chat).await).await;
    let ticket = chat.data_export_ticket(&me, proof(PASSWORD), &CLIENT);
    let ticket = ticket.await.unwrap();
    refused(
        chat.open_data_export(&people.outsider, &ticket).await,
        ErrorCode::NotFound,
    );
    unpack(chat.open_data_export(&me, &ticket).await.unwrap()).await;
    // A ticket is good once.
    refused(
        chat.open_data_export(&me, &ticket).await,
        ErrorCode::NotFound,
    );
    for _ in 1..EXPORTS_PER_DAY {
        let export = chat.begin_data_export(&me, proof(PASSWORD), &CLIENT);
        unpack(export.await.unwrap()).await;
    }
    let further = chat.begin_data_export(&me, proof(PASSWORD), &CLIENT);
    refused(further.await, ErrorCode::TooManyRequests);
    // Only the operator exports what is somebody else's.
    let admin = Caller {
        role: model::UserRole::Admin,
        ..people.ada
    };
    let of_other = chat.export_data_of(&admin, me.user_id).await;
    refused(of_other, ErrorCode::Forbidden);
    let export = chat.export_data_of(&Caller::OPERATOR, me.user_id).await;
    drop(export.unwrap());
    expect(
        &db,
        &[AuditAction::DataExported, AuditAction::DataOfUserExported],
    )
    .await;
}
