//! How uploads end: with a send or a deletion at once, and with their conversation.

use crate::{
    fixtures::{people, refused},
    forwards::forward_of,
    uploads::{PNG, read, uploaded, with},
};
use model::{ConversationKind, ErrorCode};
use sqlx::PgPool;
use tokio::task::yield_now;

#[sqlx::test(migrations = "../../migrations")]
async fn of_a_send_and_a_deletion_at_once_one_succeeds(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    for _ in 0..40 {
        let file = uploaded(&people, &people.ada, "a.png", PNG).await;
        let (sent, other, deleted) = tokio::join!(
            chat.send_message(&people.ada, group, with(&[&file], "", None)),
            // In the same batch, and with nothing to do with the file.
            people.say(&people.grace, group, "hi"),
            chat.delete_upload(&people.ada, file.id),
        );
        assert_eq!(other.body, "hi");
        match (sent, deleted) {
            (Ok(_), Err(error)) => {
                assert_eq!(error.code(), ErrorCode::Conflict);
                assert_eq!(read(&people, &people.grace, file.id).await, PNG);
            }
            (Err(error), Ok(())) => assert_eq!(error.code(), ErrorCode::Invalid),
            both => panic!("{both:?}"),
        }
    }
    refused(
        chat.send_message(&people.outsider, group, with(&[], "x", None))
            .await,
        ErrorCode::NotFound,
    );
    let lost = "select count(*) from messages m
        where body = '' and not exists (select from attachments a where a.message_id = m.id)";
    let lost: i64 = sqlx::query_scalar(lost).fetch_one(&db).await.unwrap();
    assert_eq!(lost, 0);
}

/// As when the deletion has the row between the look at the upload and the write of its message.
#[sqlx::test(migrations = "../../migrations")]
async fn a_send_waits_for_a_deletion_that_has_begun(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (people.chat.clone(), people.group().await);
    let file = uploaded(&people, &people.ada, "a.png", PNG).await;
    let ada = people.ada;
    // The writer holds the conversation's row only when it writes: a lock keeps it until the upload is locked.
    let mut writing = db.begin().await.unwrap();
    sqlx::query("select from conversations where id = $1 for update")
        .bind(group.0)
        .execute(&mut *writing)
        .await
        .unwrap();
    let new = with(&[&file], "", None);
    let send = tokio::spawn(async move { chat.send_message(&ada, group, new).await });
    let is_blocked = "select exists (select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(is_blocked)
        .fetch_one(&db)
        .await
        .unwrap()
    {
        yield_now().await;
    }
    let mut deleting = db.begin().await.unwrap();
    sqlx::query("delete from uploads where id = $1")
        .bind(file.id.0)
        .execute(&mut *deleting)
        .await
        .unwrap();
    writing.rollback().await.unwrap();
    deleting.commit().await.unwrap();
    refused(send.await.unwrap(), ErrorCode::Invalid);
    let count: i64 = sqlx::query_scalar("select count(*) from messages")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(count, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_go_with_their_conversation(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let other = people
        .create(ConversationKind::Group, &[&people.grace], "Elsewhere")
        .await;
    let gone = uploaded(&people, &people.ada, "gone.png", PNG).await;
    let kept = uploaded(&people, &people.ada, "kept.png", PNG).await;
    let mut sent = Vec::new();
    for file in [&gone, &kept] {
        let new = with(&[file], "", None);
        sent.push(chat.send_message(&people.ada, group, new).await.unwrap());
    }
    let forward = forward_of(&[&sent[1].message], None);
    chat.forward_messages(&people.ada, other, forward)
        .await
        .unwrap();
    chat.delete_conversation(&people.ada, group).await.unwrap();
    for who in [&people.ada, &people.grace, &people.linus, &people.outsider] {
        refused(chat.content(who, gone.id).await, ErrorCode::NotFound);
    }
    assert_eq!(read(&people, &people.grace, kept.id).await, PNG);
    refused(
        chat.content(&people.linus, kept.id).await,
        ErrorCode::NotFound,
    );
    // The bytes and the row go behind it.
    while chat.upload(&people.ada, gone.id).await.is_ok() {
        yield_now().await;
    }
    chat.upload(&people.ada, kept.id).await.unwrap();
}
