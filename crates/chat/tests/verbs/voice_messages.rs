//! Voice messages: what their recorder says, what the file says, and what lists call them. The length and size of sound and
//! film.

use crate::{
    fixtures::{People, people, refused},
    uploads::{append, begin, with},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chat::Caller;
use model::{AttachmentKind, ErrorCode, NewForward, NewUpload, NewVoice, Upload};
use sqlx::PgPool;

const LIVE: &[u8] = include_bytes!("../media/live.webm");
const FILM: &[u8] = include_bytes!("../media/turned.mp4");
const WAVE: &[u8] = &[0, 8, 255];

fn said(duration: i64, waveform: &[u8]) -> NewVoice {
    NewVoice {
        duration,
        waveform: waveform.to_vec(),
    }
}

async fn recorded(people: &People, who: &Caller, duration: i64, bytes: &[u8]) -> Upload {
    let new = NewUpload {
        name: "Voice message.webm".to_owned(),
        content_type: "audio/webm".to_owned(),
        size: i64::try_from(bytes.len()).unwrap(),
        voice: Some(said(duration, WAVE)),
        ..NewUpload::default()
    };
    let (upload, _) = people.chat.create_upload(who, new).await.unwrap();
    append(people, who, &upload, bytes).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_voice_message_has_a_waveform_and_is_called_by_its_length(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let upload = recorded(&people, &people.ada, 99_000, LIVE).await;
    let waveform = BASE64_STANDARD.encode(WAVE);
    assert_eq!(upload.waveform.as_ref(), Some(&waveform));
    // What the file says is believed.
    assert_eq!(upload.duration.map(|it| it / 100), Some(15));
    let sent = chat.send_message(&people.ada, group, with(&[&upload], "", None));
    let sent = sent.await.unwrap().message;
    let read = chat.message(&people.grace, sent.id).await.unwrap();
    for message in [&sent, &read] {
        let attachment = &message.attachments[0];
        assert_eq!(attachment.kind, AttachmentKind::Audio);
        assert_eq!(attachment.waveform.as_ref(), Some(&waveform));
        assert_eq!(attachment.duration, upload.duration);
        assert_eq!(message.preview.as_deref(), Some("Voice message (0:02)"));
    }
    let summary = chat.conversation(&people.grace, group).await.unwrap();
    let last = summary.last_message.unwrap();
    assert_eq!(last.preview.as_deref(), Some("Voice message (0:02)"));
    refused(
        chat.message(&people.outsider, sent.id).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.upload(&people.outsider, upload.id).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.content(&people.outsider, upload.id).await,
        ErrorCode::NotFound,
    );

    let forward = NewForward {
        message_ids: vec![sent.id],
        ..NewForward::default()
    };
    let forwarded = chat
        .forward_messages(&people.grace, group, forward)
        .await
        .unwrap();
    let forwarded = &forwarded.messages[0];
    assert_eq!(forwarded.attachments[0].waveform.as_ref(), Some(&waveform));
    assert_eq!(forwarded.preview.as_deref(), Some("Voice message (0:02)"));

    let second = recorded(&people, &people.ada, 1, LIVE).await;
    let third = recorded(&people, &people.ada, 1, LIVE).await;
    let both = chat.send_message(&people.ada, group, with(&[&second, &third], "", None));
    let both = both.await.unwrap().message;
    assert_eq!(both.preview.as_deref(), Some("2 voice messages"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn where_the_file_says_no_length_the_recorder_is_believed(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    // The header alone.
    let upload = recorded(&people, &people.ada, 3_723_000, &LIVE[..150]).await;
    assert_eq!(upload.duration, Some(3_723_000));
    let sent = chat.send_message(&people.ada, group, with(&[&upload], "", None));
    let preview = sent.await.unwrap().message.preview;
    assert_eq!(preview.as_deref(), Some("Voice message (1:02:03)"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_sound_is_no_voice_message(db: PgPool) {
    let people = people(db).await;
    let group = people.group().await;
    for (bytes, kind, line) in [
        (&b"words"[..], AttachmentKind::File, "Voice message.webm"),
        (FILM, AttachmentKind::Video, "Video"),
    ] {
        let upload = recorded(&people, &people.ada, 5000, bytes).await;
        assert_eq!((upload.kind, &upload.waveform), (kind, &None));
        assert_ne!(upload.duration, Some(5000));
        let sent = people
            .chat
            .send_message(&people.ada, group, with(&[&upload], "", None));
        let preview = sent.await.unwrap().message.preview;
        assert_eq!(preview.as_deref(), Some(line));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_waveform_is_bounded_and_has_a_length(db: PgPool) {
    let people = people(db).await;
    let long = [1; 101];
    for voice in [
        said(1000, &[]),
        said(1000, &long),
        said(0, WAVE),
        said(-1, WAVE),
        said(360_000_001, WAVE),
    ] {
        let new = NewUpload {
            name: "a.webm".to_owned(),
            size: 10,
            voice: Some(voice),
            ..NewUpload::default()
        };
        let refusal = people.chat.create_upload(&people.ada, new).await;
        refused(refusal, ErrorCode::Invalid);
    }
    let new = NewUpload {
        name: "a.webm".to_owned(),
        size: 10,
        voice: Some(said(360_000_000, &long[..100])),
        ..NewUpload::default()
    };
    let (upload, _) = people.chat.create_upload(&people.ada, new).await.unwrap();
    assert_eq!(upload.waveform.map(|it| it.len()), Some(136));
}

#[sqlx::test(migrations = "../../migrations")]
async fn sound_and_film_have_a_length_and_a_film_its_size(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let upload = begin(&people, &people.ada, "turned.mp4", FILM.len()).await;
    let film = append(&people, &people.ada, &upload, FILM).await;
    assert_eq!((film.width, film.height), (Some(48), Some(64)));
    assert_eq!((film.duration, &film.waveform), (Some(1400), &None));
    let m4a: &[u8] = include_bytes!("../media/fragments.m4a");
    let upload = begin(&people, &people.ada, "recorded.mp4", m4a.len()).await;
    let sound = append(&people, &people.ada, &upload, m4a).await;
    // Said to be a film by its first bytes, and without a picture.
    assert_eq!(sound.kind, AttachmentKind::Audio);
    assert_eq!(sound.content_type.as_deref(), Some("audio/mp4"));
    let sent = chat.send_message(&people.ada, group, with(&[&film, &sound], "", None));
    let sent = sent.await.unwrap().message;
    assert_eq!(sent.attachments[0].duration, Some(1400));
    assert_eq!(sent.attachments[0].width, Some(48));
    assert!(sent.attachments[1].duration.is_some());
}
