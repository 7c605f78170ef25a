//! Uploads: parts, attachments, who gets them, quota, deletion and sweeping.

use crate::fixtures::{People, people, people_with, refused, settings, text};
use chat::{Caller, FileStore, Grant, Settings, UploadSettings};
use futures_util::{TryStreamExt, stream};
use model::{
    AttachmentKind, ErrorCode, NewAttachment, NewMessage, NewUpload, Scope, SessionId, Upload,
    UploadId, UploadState,
};
use sqlx::PgPool;
use std::{convert::Infallible, path::PathBuf};
use tokio::sync::oneshot;

/// Two pixels beside each other.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\0\0\0\0\xd1I V\
    \0\0\0\x0bIDATx\xdacph\0\0\x01\x03\0\xc1G\x85\x97\x1d\0\0\0\0IEND\xaeB`\x82";

pub async fn begin(people: &People, who: &Caller, name: &str, size: usize) -> Upload {
    let new = NewUpload {
        name: name.to_owned(),
        size: i64::try_from(size).unwrap(),
        ..NewUpload::default()
    };
    people.chat.create_upload(who, new).await.unwrap().0
}

pub async fn append(people: &People, who: &Caller, upload: &Upload, bytes: &[u8]) -> Upload {
    let parts: Vec<_> = bytes.chunks(300_000).map(<[u8]>::to_vec).collect();
    let body = stream::iter(parts.into_iter().map(|it| Ok::<_, Infallible>(it.into())));
    let received = people
        .chat
        .receive_upload(who, upload.id, upload.offset, body);
    received.await.unwrap()
}

pub async fn uploaded(people: &People, who: &Caller, name: &str, bytes: &[u8]) -> Upload {
    let upload = begin(people, who, name, bytes.len()).await;
    append(people, who, &upload, bytes).await
}

pub async fn read(people: &People, who: &Caller, id: UploadId) -> Vec<u8> {
    let content = people.chat.content(who, id).await.unwrap();
    let stream = people.chat.read_content(&content, 0..content.size);
    let pieces: Vec<_> = stream.try_collect().await.unwrap();
    pieces.concat()
}

pub fn with(uploads: &[&Upload], body: &str, client_id: Option<&str>) -> NewMessage {
    NewMessage {
        attachment_ids: uploads.iter().map(|it| it.id).collect(),
        ..text(body, client_id)
    }
}

/// Lets the time of all uploads be over, and the next sweep be due.
pub async fn expire_all(db: &PgPool) {
    for sql in [
        "update uploads set expires_at = now() - interval '1 second'",
        "update sweeps set finished_at = null",
    ] {
        sqlx::query(sql).execute(db).await.unwrap();
    }
}

/// People whose files are stored below a folder of this test, which removes it.
pub async fn people_below(db: PgPool, name: &str) -> (People, PathBuf) {
    let folder = std::env::temp_dir().join(format!("parlance-{name}-{}", std::process::id()));
    let uploads = UploadSettings {
        store: FileStore::below(&folder).unwrap(),
        ..UploadSettings::default()
    };
    let settings = Settings {
        uploads,
        ..settings()
    };
    (people_with(db, settings).await, folder)
}

#[sqlx::test(migrations = "../../migrations")]
async fn parts_of_any_length_become_the_same_bytes(db: PgPool) {
    let people = people(db).await;
    let bytes: Vec<u8> = (0..2_500_000_u32)
        .map(|it| (it * 31).to_le_bytes()[1])
        .collect();
    let mut upload = begin(&people, &people.ada, "a.bin", bytes.len()).await;
    assert_eq!((upload.offset, upload.state), (0, UploadState::Uploading));
    for part in [
        &bytes[..7],
        &bytes[7..1_048_576],
        &bytes[1_048_576..2_200_000],
        &bytes[2_200_000..],
    ] {
        upload = append(&people, &people.ada, &upload, part).await;
    }
    assert_eq!(upload.offset, upload.size);
    assert_eq!(upload.state, UploadState::Ready);
    assert!(
        read(&people, &people.ada, upload.id).await == bytes,
        "the same bytes"
    );

    let content = people.chat.content(&people.ada, upload.id).await.unwrap();
    let part = people.chat.read_content(&content, 1_048_570..2_097_160);
    let part: Vec<_> = part.try_collect().await.unwrap();
    assert!(
        part.concat() == bytes[1_048_570..2_097_160],
        "a part over three pieces"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_wrong_offset_and_a_byte_too_many_change_nothing(db: PgPool) {
    let people = people(db).await;
    let upload = begin(&people, &people.ada, "a.bin", 10).await;
    let upload = append(&people, &people.ada, &upload, b"1234").await;
    let body = |text: &'static [u8]| stream::iter([Ok::<_, Infallible>(text.into())]);
    let chat = &people.chat;
    let wrong = chat
        .receive_upload(&people.ada, upload.id, 3, body(b"45"))
        .await;
    refused(wrong, ErrorCode::Conflict);
    let long = chat
        .receive_upload(&people.ada, upload.id, 4, body(b"5678901"))
        .await;
    refused(long, ErrorCode::TooLarge);
    let others = chat
        .receive_upload(&people.outsider, upload.id, 4, body(b"56"))
        .await;
    refused(others, ErrorCode::NotFound);
    refused(
        chat.upload(&people.grace, upload.id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(chat.upload(&people.ada, upload.id).await.unwrap().offset, 4);
    let upload = append(&people, &people.ada, &upload, b"567890").await;
    assert_eq!(read(&people, &people.ada, upload.id).await, b"1234567890");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_file_that_is_complete_never_changes(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let upload = begin(&people, &people.ada, "a.png", PNG.len()).await;
    let (asked, is_asked) = oneshot::channel();
    let (go, may_go) = oneshot::channel();
    let body = stream::once(async move {
        asked.send(()).unwrap();
        may_go.await.unwrap();
        Ok::<_, Infallible>(vec![b'<'; PNG.len()].into())
    });
    let first = chat.receive_upload(&people.ada, upload.id, 0, body);
    let second = async {
        // The first request has found the offset by then.
        is_asked.await.unwrap();
        let ready = append(&people, &people.ada, &upload, PNG).await;
        go.send(()).unwrap();
        ready
    };
    let (first, ready) = tokio::join!(first, second);
    refused(first, ErrorCode::Conflict);
    assert_eq!(ready.state, UploadState::Ready);
    assert_eq!(read(&people, &people.ada, upload.id).await, PNG);
    let more = stream::iter([Ok::<_, Infallible>("x".into())]);
    let end = ready.size;
    let more = chat.receive_upload(&people.ada, upload.id, end, more).await;
    refused(more, ErrorCode::TooLarge);
    let none = stream::iter([Ok::<_, Infallible>("".into())]);
    let none = chat.receive_upload(&people.ada, upload.id, end, none).await;
    assert_eq!(none.unwrap(), ready);
}

#[sqlx::test(migrations = "../../migrations")]
async fn metadata_of_a_picture_is_nowhere_once_it_is_ready(db: PgPool) {
    let folder = std::env::temp_dir().join(format!("parlance-pictures-{}", std::process::id()));
    let store = FileStore::below(&folder).unwrap();
    let uploads = UploadSettings {
        store,
        ..UploadSettings::default()
    };
    let people = people_with(
        db.clone(),
        Settings {
            uploads,
            ..settings()
        },
    )
    .await;
    let place = b"N52.5 E13.4";
    let text = [b"\0\0\0\x0btEXt", &place[..], b"crc."].concat();
    let dirty = [&PNG[..33], &text, &PNG[33..], place].concat();
    let upload = begin(&people, &people.ada, "a.png", dirty.len()).await;
    let half = append(&people, &people.ada, &upload, &dirty[..50]).await;
    let ready = append(&people, &people.ada, &half, &dirty[50..]).await;
    let len = |bytes: &[u8]| i64::try_from(bytes.len()).unwrap();
    assert_eq!((ready.size, ready.offset), (len(&dirty), len(&dirty)));
    assert_eq!(ready.content_size, Some(len(PNG)));
    assert_eq!(read(&people, &people.ada, upload.id).await, PNG);
    let stored = folder.join(upload.id.to_string()).join("stripped");
    let pieces: Vec<_> = std::fs::read_dir(&stored).unwrap().collect();
    assert_eq!(pieces.len(), 1);
    let siblings = std::fs::read_dir(stored.parent().unwrap()).unwrap();
    assert_eq!(siblings.count(), 1, "what was received is gone");

    // Of a picture that is too large to be shown, it is gone as well.
    let mut large = dirty.clone();
    large[16..24].copy_from_slice(b"\0\0\x75\x30\0\0\x75\x30");
    let large = uploaded(&people, &people.ada, "large.png", &large).await;
    assert_eq!((large.kind, large.width), (AttachmentKind::File, None));
    let kept = read(&people, &people.ada, large.id).await;
    assert_eq!(kept.len(), PNG.len());

    for id in [upload.id, large.id] {
        people.chat.delete_upload(&people.ada, id).await.unwrap();
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_store_that_fails_keeps_the_offset_right(db: PgPool) {
    let (people, folder) = people_below(db, "failing").await;
    let upload = begin(&people, &people.ada, "a", 6).await;
    let upload = append(&people, &people.ada, &upload, b"abc").await;
    let own = folder.join(upload.id.to_string());
    let aside = folder.join("aside");
    // A file in place of the folder: nothing is read or written below it.
    std::fs::rename(&own, &aside).unwrap();
    std::fs::write(&own, "").unwrap();
    let body = || stream::iter([Ok::<_, Infallible>("def".into())]);
    let chat = &people.chat;
    let failed = chat.receive_upload(&people.ada, upload.id, 3, body()).await;
    refused(failed, ErrorCode::Unavailable);
    assert_eq!(chat.upload(&people.ada, upload.id).await.unwrap(), upload);
    std::fs::remove_file(&own).unwrap();
    std::fs::rename(&aside, &own).unwrap();
    let ready = chat.receive_upload(&people.ada, upload.id, 3, body()).await;
    assert_eq!(ready.unwrap().state, UploadState::Ready);
    assert_eq!(read(&people, &people.ada, upload.id).await, b"abcdef");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_has_uploads_and_only_its_members_get_them(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let picture = uploaded(&people, &people.ada, "../a b.png", PNG).await;
    assert_eq!(picture.url, format!("/uploads/{}/a%20b.png", picture.id));
    for other in [&people.grace, &people.outsider] {
        refused(chat.content(other, picture.id).await, ErrorCode::NotFound);
        let stolen = chat
            .send_message(other, group, with(&[&picture], "mine", None))
            .await;
        assert!(stolen.is_err(), "an upload is its uploader's");
    }

    let new = with(&[&picture], "", Some("k"));
    let sent = chat
        .send_message(&people.ada, group, new.clone())
        .await
        .unwrap();
    let attachment = &sent.message.attachments[0];
    assert_eq!(attachment.kind, AttachmentKind::Image);
    assert_eq!(attachment.content_type.as_deref(), Some("image/png"));
    assert_eq!(attachment.size, i64::try_from(PNG.len()).ok());
    assert_eq!(
        (attachment.name.as_str(), &attachment.url),
        ("a b.png", &picture.url)
    );
    assert_eq!((attachment.width, attachment.height), (Some(2), Some(1)));
    let read_back = chat.message(&people.grace, sent.message.id).await.unwrap();
    assert_eq!(read_back, sent.message);
    assert!(
        chat.send_message(&people.ada, group, new)
            .await
            .unwrap()
            .deduplicated
    );

    for member in [&people.ada, &people.grace, &people.linus] {
        assert_eq!(read(&people, member, picture.id).await, PNG);
    }
    refused(
        chat.content(&people.outsider, picture.id).await,
        ErrorCode::NotFound,
    );
    chat.leave_conversation(&people.grace, group).await.unwrap();
    refused(
        chat.content(&people.grace, picture.id).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.delete_upload(&people.ada, picture.id).await,
        ErrorCode::Conflict,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_address_of_an_own_upload_stands_for_it(db: PgPool) {
    let people = people(db).await;
    let group = people.group().await;
    let picture = uploaded(&people, &people.ada, "a.png", PNG).await;
    let linked = |url: &str| NewMessage {
        attachments: vec![NewAttachment::at(url)],
        ..text("see", None)
    };
    let sent = people
        .chat
        .send_message(&people.grace, group, linked(&picture.url))
        .await
        .unwrap();
    assert_eq!(sent.message.attachments[0].kind, AttachmentKind::File);
    refused(
        people.chat.content(&people.grace, picture.id).await,
        ErrorCode::NotFound,
    );
    let sent = people
        .chat
        .send_message(&people.ada, group, linked(&picture.url))
        .await
        .unwrap();
    assert_eq!(sent.message.attachments[0].kind, AttachmentKind::Image);
    assert_eq!(read(&people, &people.grace, picture.id).await, PNG);
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_own_ready_uploads_are_attached_each_once(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let unfinished = begin(&people, &people.ada, "a", 5).await;
    let ready = uploaded(&people, &people.ada, "b", b"b").await;
    let empty = begin(&people, &people.ada, "empty", 0).await;
    assert_eq!(empty.state, UploadState::Ready);
    for wrong in [vec![&unfinished], vec![&ready, &ready], vec![&ready; 11]] {
        let sent = chat
            .send_message(&people.ada, group, with(&wrong, "x", None))
            .await;
        refused(sent, ErrorCode::Invalid);
    }
    refused(
        chat.send_message(&people.ada, group, with(&[], "", None))
            .await,
        ErrorCode::Invalid,
    );
    let sent = chat
        .send_message(&people.ada, group, with(&[&empty, &ready], "", None))
        .await
        .unwrap();
    let names: Vec<_> = sent
        .message
        .attachments
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["empty", "b"]);
    assert_eq!(read(&people, &people.linus, empty.id).await, b"");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_token_limited_to_conversations_has_the_files_that_it_has_uploaded(db: PgPool) {
    let (people, folder) = people_below(db, "limited-token").await;
    let (chat, ada) = (&people.chat, &people.ada);
    let group = people.group().await;
    let own = uploaded(&people, ada, "plan.txt", b"of a person").await;
    let token = Caller {
        session_id: Some(SessionId(7)),
        grant: Some(Grant::new(&[Scope::Write], true)),
        ..*ada
    };
    refused(chat.upload(&token, own.id).await, ErrorCode::NotFound);
    refused(
        chat.delete_upload(&token, own.id).await,
        ErrorCode::NotFound,
    );
    let sent = chat.send_message(&token, group, with(&[&own], "", None));
    refused(sent.await, ErrorCode::Invalid);
    let theirs = uploaded(&people, &token, "log.txt", b"of a program").await;
    let sent = chat.send_message(&token, group, with(&[&theirs], "", None));
    sent.await.unwrap();
    assert_eq!(chat.upload(ada, theirs.id).await.unwrap().name, "log.txt");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_go_with_their_last_message(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let file = uploaded(&people, &people.ada, "a.txt", b"words").await;
    let mut sent = Vec::new();
    for _ in 0..2 {
        let message = chat
            .send_message(&people.ada, group, with(&[&file], "", None))
            .await
            .unwrap();
        sent.push(message.message.id);
    }
    chat.delete_message(&people.ada, sent[0]).await.unwrap();
    assert_eq!(read(&people, &people.grace, file.id).await, b"words");
    chat.delete_message(&people.ada, sent[1]).await.unwrap();
    for member in [&people.ada, &people.grace] {
        refused(chat.content(member, file.id).await, ErrorCode::NotFound);
    }
    let left: i64 = sqlx::query_scalar("select count(*) from uploads")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_not_sent_is_swept_with_its_bytes(db: PgPool) {
    let (people, folder) = people_below(db.clone(), "uploads").await;
    let (chat, group) = (&people.chat, people.group().await);
    let kept = uploaded(&people, &people.ada, "kept", b"kept").await;
    chat.send_message(&people.ada, group, with(&[&kept], "", None))
        .await
        .unwrap();
    let finished = uploaded(&people, &people.ada, "finished", b"finished").await;
    let unfinished = begin(&people, &people.ada, "unfinished", 9).await;
    append(&people, &people.ada, &unfinished, b"unf").await;
    let fresh = begin(&people, &people.ada, "fresh", 9).await;
    let old = "update uploads set expires_at = now() - interval '1 second' where id <> $1";
    sqlx::query(old)
        .bind(fresh.id.0)
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);

    chat.sweep().await.unwrap();
    for gone in [&finished, &unfinished] {
        refused(chat.upload(&people.ada, gone.id).await, ErrorCode::NotFound);
    }
    chat.upload(&people.ada, fresh.id).await.unwrap();
    assert_eq!(read(&people, &people.grace, kept.id).await, b"kept");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_keep_to_the_limits(db: PgPool) {
    let uploads = UploadSettings {
        max_bytes: 10,
        quota_bytes: 15,
        ..UploadSettings::default()
    };
    let people = people_with(
        db,
        Settings {
            uploads,
            ..settings()
        },
    )
    .await;
    let new = |size, client_id: Option<&str>| NewUpload {
        name: "a".to_owned(),
        size,
        client_id: client_id.map(str::to_owned),
        ..NewUpload::default()
    };
    let create = |new| people.chat.create_upload(&people.ada, new);
    refused(create(new(11, None)).await, ErrorCode::TooLarge);
    let (first, existed) = create(new(10, Some("k"))).await.unwrap();
    assert!(!existed);
    refused(create(new(6, None)).await, ErrorCode::StorageFull);
    assert_eq!(
        create(new(10, Some("k"))).await.unwrap(),
        (first.clone(), true)
    );
    refused(create(new(9, Some("k"))).await, ErrorCode::Conflict);
    people
        .chat
        .create_upload(&people.grace, new(10, Some("k")))
        .await
        .unwrap();
    people
        .chat
        .delete_upload(&people.ada, first.id)
        .await
        .unwrap();
    create(new(6, None)).await.unwrap();
}
