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

    // What others call a private conversation once the user has left it, and what others have sent that the user forwards.
    let team = people.create(kind, &[&people.grace, &me], "Team").await;
    people.say(&me, team, "mine in the team").await;
    chat.leave_conversation(&me, team).await.unwrap();
    sqlx::query("update conversations set title = 'Lay-offs in May' where id = $1")
        .bind(team.0)
        .execute(&db)
        .await
        .unwrap();
    let forward = people.say(&me, group, "a forward").await;
    let sql = "with said as (
            insert into attachments (message_id, position, name, url)
            values ($1, 1, 'plan-of-grace.pdf', 'https://example.org/plan-of-grace.pdf')
        )
        insert into forwards (message_id, named_id, original_id, said_by, said_at)
        values ($1, $1, $1, $2, now())";
    sqlx::query(sql)
        .bind(forward.id.0)
        .bind(people.grace.user_id.0)
        .execute(&db)
        .await
        .unwrap();

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
    assert_eq!(messages["messages"].as_array().unwrap().len(), 2);
    let team = json(&format!("messages/{team}.json"));
    assert_eq!(team["messages"][0]["body"], "mine in the team");
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
            "Lay-offs",
            "plan-of-grace",
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
    // Who signs in with a provider does so for this, also with a token of an app.
    let sql = "with passwordless as (update users set password_hash = null where id = $1)
        insert into identities (issuer, subject, user_id, name) values ('https://id.example', 'm', $1, 'M')";
    sqlx::query(sql)
        .bind(me.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let by_app = Caller {
        session_id: None,
        ..me
    };
    let by_app = chat.begin_data_export(&by_app, proof(""), &CLIENT);
    refused(by_app.await, ErrorCode::Conflict);
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
