//! Attachments: files that a message links to.

use crate::fixtures::{people, refused, text};
use model::{ErrorCode, MessageKind, NewAttachment, NewMessage};
use sqlx::PgPool;

fn with(files: &[(&str, &str)]) -> NewMessage {
    NewMessage {
        kind: MessageKind::Video,
        attachments: files
            .iter()
            .map(|(name, url)| NewAttachment {
                name: (*name).to_owned(),
                url: (*url).to_owned(),
                upload: None,
            })
            .collect(),
        ..text("look", Some("k"))
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_keeps_its_attachments_in_order_until_it_is_deleted(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let new = with(&[("b.png", "https://example.org/b.png"), ("a", "/files/a")]);
    let sent = chat
        .send_message(&people.ada, id, new.clone())
        .await
        .unwrap()
        .message;
    let read = chat.message(&people.grace, sent.id).await.unwrap();
    assert_eq!(read, sent);
    assert_eq!(read.kind, MessageKind::Video);
    let files: Vec<_> = read
        .attachments
        .iter()
        .map(|it| (it.name.as_str(), it.url.as_str()))
        .collect();
    assert_eq!(
        files,
        [("b.png", "https://example.org/b.png"), ("a", "/files/a")]
    );
    let again = chat.send_message(&people.ada, id, new).await.unwrap();
    assert!(again.deduplicated);
    for other in [
        with(&[]),
        with(&[("a", "/files/a"), ("b.png", "https://example.org/b.png")]),
    ] {
        refused(
            chat.send_message(&people.ada, id, other).await,
            ErrorCode::Conflict,
        );
    }
    let deleted = chat.delete_message(&people.ada, sent.id).await.unwrap();
    assert_eq!(deleted.attachments, []);
    let left: i64 = sqlx::query_scalar("select count(*) from attachments")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let retry = with(&[("b.png", "https://example.org/b.png"), ("a", "/files/a")]);
    let retry = chat.send_message(&people.ada, id, retry).await.unwrap();
    assert!(retry.deduplicated, "also when it is gone by now");
}

#[sqlx::test(migrations = "../../migrations")]
async fn bad_attachments_are_refused(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let long = format!("https://example.org/{}", "x".repeat(2000));
    for bad in [
        with(&[("a", "javascript:alert(1)")]),
        with(&[("a", "//evil.example/a")]),
        with(&[("a", "https:evil.example/a")]),
        with(&[("a", "https://ada@evil.example/a")]),
        with(&[("a", "")]),
        with(&[("", "/a")]),
        with(&[(&"x".repeat(256), "/a")]),
        with(&[("a", &long)]),
        with(&[("a\0", "/a")]),
        with(&[("a", "/a"); 11]),
    ] {
        refused(
            people.chat.send_message(&people.ada, id, bad).await,
            ErrorCode::Invalid,
        );
    }
    let most = with(&[("a", "/a"); 10]);
    let sent = people.chat.send_message(&people.ada, id, most).await;
    assert_eq!(sent.unwrap().message.position, 1);
}
