//! Files in a bucket of S3: as they are in a folder, also where the bucket does not answer for a while.

use crate::{
    fixtures::{People, people_with, refused, settings},
    s3_server::{KEY_ID, Mode, S3Server, SECRET_KEY},
    thumbnails::png,
    uploads::{append, begin, expire_all, read, uploaded, with},
};
use bytes::Bytes;
use chat::{Caller, FileStore, S3Address, S3Key};
use futures_util::{TryStreamExt, stream};
use model::{ErrorCode, Upload, UploadId, UploadState};
use sqlx::PgPool;
use std::convert::Infallible;

fn key(id: &str, secret: &str) -> S3Key {
    S3Key {
        id: id.to_owned(),
        secret: secret.to_owned(),
    }
}

fn store(url: &str, key: &S3Key) -> FileStore {
    let address: S3Address = url.parse().unwrap();
    FileStore::in_bucket(&address, Some(key)).unwrap()
}

async fn people_in(db: PgPool, server: &S3Server) -> People {
    people_with(db, server.settings(settings())).await
}

async fn send(people: &People, who: &Caller, id: UploadId, offset: i64, bytes: &[u8]) -> Upload {
    // As a client does that is told to come again.
    loop {
        let body = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(bytes))]);
        match people.chat.receive_upload(who, id, offset, body).await {
            Err(error) if error.code() == ErrorCode::Unavailable => {
                assert!(error.retry_after().is_some());
                tokio::task::yield_now().await;
            }
            received => return received.unwrap(),
        }
    }
}

fn some_bytes(len: u32) -> Vec<u8> {
    (0..len).map(|it| (it * 31).to_le_bytes()[1]).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_file_in_pieces_is_the_same_in_a_bucket(db: PgPool) {
    let server = S3Server::start("pieces").await;
    let people = people_in(db, &server).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let bytes = some_bytes(2_500_000);
    let mut upload = begin(&people, ada, "a.bin", bytes.len()).await;
    for part in [
        &bytes[..7],
        &bytes[7..1_048_576],
        &bytes[1_048_576..2_200_000],
        &bytes[2_200_000..],
    ] {
        upload = append(&people, ada, &upload, part).await;
    }
    assert_eq!(upload.state, UploadState::Ready);
    let id = upload.id;
    let pieces: Vec<_> = ["00000000-1048576", "00000001-1048576", "00000002-402848"]
        .iter()
        .map(|it| format!("{id}/{it}"))
        .collect();
    assert_eq!(server.objects(), pieces, "what was written anew is gone");
    assert!(read(&people, ada, id).await == bytes, "the same bytes");
    let content = chat.content(ada, id).await.unwrap();
    let part = chat.read_content(&content, 1_048_570..2_097_160);
    let part: Vec<_> = part.try_collect().await.unwrap();
    assert!(part.concat() == bytes[1_048_570..2_097_160], "a range");
    refused(
        chat.content(&people.outsider, id).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.delete_upload(&people.outsider, id).await,
        ErrorCode::NotFound,
    );
    chat.delete_upload(ada, id).await.unwrap();
    assert_eq!(server.objects(), [""; 0]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_picture_in_a_bucket_has_thumbnails_and_no_metadata(db: PgPool) {
    let server = S3Server::start("pictures").await;
    let people = people_in(db, &server).await;
    let (chat, ada, group) = (&people.chat, &people.ada, people.group().await);
    let clean = png(1000, 600, None);
    let place = b"N52.5 E13.4";
    let text = [b"\0\0\0\x0btEXt", &place[..], b"crc."].concat();
    let dirty = [&clean[..33], &text, &clean[33..], place].concat();
    let picture = uploaded(&people, ada, "a.png", &dirty).await;
    assert_eq!(picture.thumbnails.len(), 2);
    assert_eq!(read(&people, ada, picture.id).await, clean);
    let stored = server.bytes();
    assert!(!stored.windows(place.len()).any(|it| it == place));
    let names = server.objects();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().any(|it| it.contains("/stripped/")));

    let sent = chat.send_message(ada, group, with(&[&picture], "", None));
    let sent = sent.await.unwrap();
    let thumbnail = chat.thumbnail(&people.grace, picture.id, "800.webp");
    let thumbnail = thumbnail.await.unwrap();
    let webp = chat.read_content(&thumbnail, 0..thumbnail.size);
    let webp: Vec<_> = webp.try_collect().await.unwrap();
    assert_eq!(&webp.concat()[8..12], b"WEBP");
    let thumbnail = chat.thumbnail(&people.outsider, picture.id, "800.webp");
    refused(thumbnail.await, ErrorCode::NotFound);
    chat.delete_message(ada, sent.message.id).await.unwrap();
    assert_eq!(server.objects(), [""; 0]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bucket_that_is_away_keeps_the_offset_right_and_the_chat_going(db: PgPool) {
    let server = S3Server::start("away").await;
    let people = people_in(db.clone(), &server).await;
    let (chat, ada, group) = (&people.chat, &people.ada, people.group().await);
    let bytes = some_bytes(1_500_000);
    let gone = uploaded(&people, ada, "gone", b"gone").await;
    let kept = uploaded(&people, ada, "kept", b"kept").await;
    let upload = begin(&people, ada, "a.bin", bytes.len()).await;
    let upload = append(&people, ada, &upload, &bytes[..1_200_000]).await;
    assert_eq!(chat.bucket_answers(), Some(true));

    server.set(Mode::Away);
    let content = chat.content(ada, kept.id).await.unwrap();
    for _ in 0..3 {
        let rest = Bytes::copy_from_slice(&bytes[1_200_000..]);
        let rest = stream::iter([Ok::<_, Infallible>(rest)]);
        let failed = chat.receive_upload(ada, upload.id, upload.offset, rest);
        refused(failed.await, ErrorCode::Unavailable);
        assert_eq!(chat.upload(ada, upload.id).await.unwrap(), upload);
        let first = Box::pin(chat.read_content(&content, 0..4)).try_next().await;
        refused(first, ErrorCode::Unavailable);
    }
    assert_eq!(chat.bucket_answers(), Some(false));
    // What needs no files goes on, and what is deleted is gone for everybody.
    chat.send_message(ada, group, with(&[&kept], "see", None))
        .await
        .unwrap();
    chat.delete_upload(ada, gone.id).await.unwrap();
    refused(chat.content(ada, gone.id).await, ErrorCode::NotFound);

    server.set(Mode::Normal);
    let ready = send(&people, ada, upload.id, 1_200_000, &bytes[1_200_000..]).await;
    assert_eq!(ready.state, UploadState::Ready);
    assert!(
        read(&people, ada, ready.id).await == bytes,
        "the same bytes"
    );
    assert_eq!(chat.bucket_answers(), Some(true));
    let gone = format!("{}/00000000-4", gone.id);
    assert!(server.objects().contains(&gone), "not removed yet");
    expire_all(&db).await;
    chat.sweep().await.unwrap();
    let left = server.objects();
    assert_eq!(left, [format!("{}/00000000-4", kept.id)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_full_bucket_is_told_as_a_full_disk(db: PgPool) {
    let server = S3Server::start("full").await;
    let people = people_in(db, &server).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let upload = begin(&people, ada, "a", 6).await;
    let upload = append(&people, ada, &upload, b"abc").await;
    server.set(Mode::Full);
    let body = stream::iter([Ok::<_, Infallible>("def".into())]);
    let full = chat.receive_upload(ada, upload.id, 3, body).await;
    refused(full, ErrorCode::StorageFull);
    assert_eq!(chat.upload(ada, upload.id).await.unwrap(), upload);
    assert_eq!(chat.bucket_answers(), Some(true));
    server.set(Mode::Normal);
    let ready = append(&people, ada, &upload, b"def").await;
    assert_eq!(read(&people, ada, ready.id).await, b"abcdef");
}

#[tokio::test]
async fn a_bucket_that_cannot_be_used_says_what_it_answers() {
    let server = S3Server::start("check").await;
    let good = key(KEY_ID, SECRET_KEY);
    store(&server.url(), &good).check().await.unwrap();
    assert_eq!(server.objects(), [""; 0], "nothing is left of it");
    let wrong_secret = key(KEY_ID, "guessed-secret");
    let unknown = key("AKIDNOBODY", SECRET_KEY);
    let closed = "s3://files?endpoint=http://127.0.0.1:1";
    for (url, key, word) in [
        (
            server.url().as_str(),
            &wrong_secret,
            "403 SignatureDoesNotMatch",
        ),
        (server.url().as_str(), &unknown, "answers 4"),
        (server.url_of("nowhere").as_str(), &good, "404 NoSuchBucket"),
        (closed, &good, "cannot be reached"),
    ] {
        let words = store(url, key).check().await.expect_err(url);
        let host = url.split_once("endpoint=").unwrap().1;
        for part in [word, host, "writing an object"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        for secret in [SECRET_KEY, "guessed-secret", "AKID"] {
            assert!(!words.contains(secret), "{words}");
        }
    }
    server.set(Mode::Full);
    let words = store(&server.url(), &good).check().await.unwrap_err();
    assert!(words.contains("403 QuotaExceeded"), "{words}");
}
