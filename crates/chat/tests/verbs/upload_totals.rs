//! The limit for all files of the server together.

use crate::{
    fixtures::{People, people_with, refused, settings},
    uploads::{PNG, append, begin, expire_all, uploaded},
};
use chat::{Caller, Chat, Settings, UploadSettings};
use futures_util::future::join_all;
use model::{ErrorCode, NewUpload, UserId};
use sqlx::PgPool;

fn with_limit(total_bytes: i64, max_bytes: i64) -> Settings {
    let uploads = UploadSettings {
        total_bytes: Some(total_bytes),
        max_bytes,
        ..UploadSettings::default()
    };
    Settings {
        uploads,
        ..settings()
    }
}

fn file(size: i64) -> NewUpload {
    NewUpload {
        name: "a".to_owned(),
        size,
        ..NewUpload::default()
    }
}

/// The sum as it is counted, which must be that of the rows.
async fn counted(people: &People, db: &PgPool) -> i64 {
    let of_rows = "select coalesce(sum(coalesce(content_size, size)), 0)::bigint from uploads";
    let of_rows: i64 = sqlx::query_scalar(of_rows).fetch_one(db).await.unwrap();
    let counted = people.chat.upload_bytes().await.unwrap();
    assert_eq!(counted, of_rows);
    counted
}

async fn more_people(db: &PgPool, like: &Caller) -> Vec<Caller> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "insert into users (username, name)
        select 'user' || n, 'User' from generate_series(1, 20) n returning id",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let of = |id| Caller {
        user_id: UserId(id),
        ..*like
    };
    ids.into_iter().map(of).collect()
}

/// Each begins ten uploads of 10 bytes, of two nodes, all at once. Returns how many were taken.
async fn begin_many(nodes: &[Chat; 2], callers: &[Caller]) -> usize {
    let begun = (0..10).flat_map(|n| callers.iter().map(move |it| (&nodes[n % 2], it)));
    let begun = begun.map(|(chat, caller)| chat.create_upload(caller, file(10)));
    let mut taken = 0;
    for begun in join_all(begun).await {
        match begun {
            Ok(_) => taken += 1,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::StorageFull);
                let words = error.to_string();
                assert!(words.contains("of all people"), "{words}");
            }
        }
    }
    taken
}

#[sqlx::test(migrations = "../../migrations")]
async fn many_uploads_at_once_use_the_limit_to_its_last_byte(db: PgPool) {
    // Of 200 files, 137 have room, and the last 15 of them are begun alone.
    let people = people_with(db.clone(), with_limit(1_379, 10)).await;
    let callers = more_people(&db, &people.ada).await;
    let other = Chat::new(db.clone(), with_limit(1_379, 10));
    let nodes = [people.chat.clone(), other];
    assert_eq!(begin_many(&nodes, &callers).await, 137);
    assert_eq!(counted(&people, &db).await, 1_370);
    // What is left is for a file that fits.
    refused(
        people.chat.create_upload(&people.outsider, file(10)).await,
        ErrorCode::StorageFull,
    );
    people
        .chat
        .create_upload(&people.outsider, file(9))
        .await
        .unwrap();
    assert_eq!(counted(&people, &db).await, 1_379);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_small_limit_holds_as_well(db: PgPool) {
    let people = people_with(db.clone(), with_limit(73, 10)).await;
    let callers = more_people(&db, &people.ada).await;
    let other = Chat::new(db.clone(), with_limit(73, 10));
    let nodes = [people.chat.clone(), other];
    assert_eq!(begin_many(&nodes, &callers).await, 7);
    assert_eq!(counted(&people, &db).await, 70);
}

#[sqlx::test(migrations = "../../migrations")]
async fn far_from_the_limit_no_upload_waits_for_another(db: PgPool) {
    let people = people_with(db.clone(), with_limit(10_000, 10)).await;
    let ada = &people.ada;
    // What others begin that are not committed yet, as many as there may be besides one.
    let mut others = db.begin().await.unwrap();
    sqlx::query("update upload_totals set bytes = bytes + 10 where part < 15")
        .execute(&mut *others)
        .await
        .unwrap();
    for _ in 0..3 {
        people.chat.create_upload(ada, file(10)).await.unwrap();
    }
    drop(others);
    assert_eq!(counted(&people, &db).await, 30);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_sum_follows_what_becomes_of_uploads(db: PgPool) {
    let people = people_with(db.clone(), with_limit(1_000, 500)).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let dirty = [PNG, b"behind the end of the picture"].concat();
    let picture = begin(&people, ada, "a.png", dirty.len()).await;
    assert_eq!(counted(&people, &db).await, picture.size);
    let ready = append(&people, ada, &picture, &dirty).await;
    assert_eq!(Some(counted(&people, &db).await), ready.content_size);
    let size = ready.content_size.unwrap();
    let (kept, swept) = (
        uploaded(&people, ada, "kept", b"kept").await,
        uploaded(&people, &people.grace, "swept", b"swept").await,
    );
    assert_eq!(counted(&people, &db).await, size + 4 + 5);
    chat.create_upload(&people.grace, file(500)).await.unwrap();
    let more = chat.create_upload(&people.grace, file(500)).await;
    refused(more, ErrorCode::StorageFull);
    chat.delete_upload(ada, kept.id).await.unwrap();
    let group = people.group().await;
    let sent = crate::uploads::with(&[&ready], "", None);
    chat.send_message(ada, group, sent).await.unwrap();
    expire_all(&db).await;
    chat.sweep().await.unwrap();
    refused(
        chat.upload(&people.grace, swept.id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(counted(&people, &db).await, size);
}
