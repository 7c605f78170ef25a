//! The files of drafts, which follow their user to all of their devices, and are kept as long as the draft.

use crate::{
    drafts::list,
    fixtures::{People, event, people, refused},
    uploads::{PNG, append, begin, expire_all, read, uploaded, with},
};
use chat::{Audience, Delivery};
use model::{
    ConversationId, Draft, DraftChange, DraftSaved, ErrorCode, Event, NewMessage,
    NewScheduledMessage, PersonalEvent, Upload, UploadId, UploadState,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

fn change(files: &[&Upload], body: &str, base: i64, editor: &str) -> DraftChange {
    DraftChange {
        body: body.to_owned(),
        base,
        editor_id: Some(editor.to_owned()),
        attachment_ids: Some(files.iter().map(|it| it.id).collect()),
        ..DraftChange::default()
    }
}

async fn save(people: &People, id: ConversationId, change: DraftChange) -> DraftSaved {
    let saved = people.chat.save_draft(&people.grace, id, change).await;
    saved.unwrap()
}

fn ids(draft: &Draft) -> Vec<UploadId> {
    draft.uploads.iter().map(|it| it.id).collect()
}

fn told(deliveries: &[Delivery]) -> Vec<(Vec<UploadId>, i64)> {
    let drafts = deliveries.iter().filter_map(|it| match event(it)? {
        Event::Personal(event) => match &**event {
            PersonalEvent::Draft { draft } => Some((ids(draft), draft.seq)),
            _ => None,
        },
        _ => None,
    });
    drafts.collect()
}

async fn expires_in(people: &People, id: UploadId) -> Duration {
    let upload = people.chat.upload(&people.grace, id).await.unwrap();
    upload.expires_at - OffsetDateTime::now_utc()
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_alone_are_a_draft_and_are_not_swept(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let picture = uploaded(&people, grace, "a.png", PNG).await;
    let unfinished = begin(&people, grace, "b.txt", 5).await;
    let mut subscription = chat.subscribe();
    let saved = save(&people, id, change(&[&picture, &unfinished], "", 0, "tab")).await;
    assert!(saved.saved);
    assert_eq!(ids(&saved.draft), [picture.id, unfinished.id]);
    let states: Vec<_> = saved.draft.uploads.iter().map(|it| it.state).collect();
    assert_eq!(states, [UploadState::Ready, UploadState::Uploading]);
    assert_eq!(saved.draft.uploads[0].url, picture.url);
    // The same files in the same order change nothing; in another one they do.
    let same = save(
        &people,
        id,
        change(&[&picture, &unfinished], "", 0, "other"),
    )
    .await;
    assert_eq!((same.saved, same.draft.seq), (true, saved.draft.seq));
    let turned = change(&[&unfinished, &picture], "", saved.draft.seq, "tab");
    let turned = save(&people, id, turned).await.draft;
    assert_eq!(ids(&turned), [unfinished.id, picture.id]);
    let deliveries = people.drain(&mut subscription).await;
    let audience = Audience::Users(vec![grace.user_id]);
    let is_for_grace =
        |it: &Delivery| matches!(it, Delivery::Emit { audience: to, .. } if *to == audience);
    assert!(deliveries.iter().all(is_for_grace), "{deliveries:?}");
    assert_eq!(
        told(&deliveries),
        [
            (vec![picture.id, unfinished.id], saved.draft.seq),
            (vec![unfinished.id, picture.id], turned.seq)
        ]
    );

    expire_all(&db).await;
    chat.sweep().await.unwrap();
    assert_eq!(list(&people, grace).await[0].uploads.len(), 2);
    let whole = append(&people, grace, &unfinished, b"notes").await;
    assert_eq!(whole.state, UploadState::Ready);
    assert_eq!(read(&people, grace, picture.id).await, PNG);
    for other in [&people.ada, &people.outsider] {
        assert_eq!(list(&people, other).await, []);
        refused(chat.content(other, picture.id).await, ErrorCode::NotFound);
    }

    expire_all(&db).await;
    let removed = save(&people, id, change(&[], "", turned.seq, "tab")).await;
    assert_eq!((removed.saved, ids(&removed.draft)), (true, vec![]));
    assert_eq!(list(&people, grace).await, []);
    chat.sweep().await.unwrap();
    assert!(expires_in(&people, picture.id).await > Duration::hours(23));
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_draft_cannot_have_is_left_out_and_its_text_is_written(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let [theirs, ours, sent, scheduled, deleted] = [
        uploaded(&people, &people.ada, "theirs", b"1").await,
        uploaded(&people, grace, "ours", b"1").await,
        uploaded(&people, grace, "sent", b"1").await,
        uploaded(&people, grace, "scheduled", b"1").await,
        uploaded(&people, grace, "deleted", b"1").await,
    ];
    for wrong in [vec![&ours; 2], vec![&ours; 11]] {
        let saved = chat.save_draft(grace, id, change(&wrong, "x", 0, "tab"));
        refused(saved.await, ErrorCode::Invalid);
    }
    let outsider = chat.save_draft(&people.outsider, id, change(&[&ours], "x", 0, "tab"));
    refused(outsider.await, ErrorCode::NotFound);
    // Nothing is left of this one: it is no draft.
    let nothing = save(&people, id, change(&[&theirs], "", 0, "tab")).await;
    assert_eq!((nothing.saved, nothing.draft.seq), (true, 0));
    assert_eq!(list(&people, grace).await, []);

    let all = [&sent, &ours, &theirs, &scheduled, &deleted];
    let draft = save(&people, id, change(&all, "text", 0, "tab"))
        .await
        .draft;
    assert_eq!(ids(&draft), [sent.id, ours.id, scheduled.id, deleted.id]);
    chat.send_message(grace, id, with(&[&sent], "", None))
        .await
        .unwrap();
    let later = NewScheduledMessage {
        body: String::new(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: OffsetDateTime::now_utc() + Duration::hours(1),
        client_id: None,
        draft_seq: None,
        attachment_ids: vec![scheduled.id],
        poll: model::NoPoll,
    };
    chat.schedule_message(grace, id, later).await.unwrap();
    chat.delete_upload(grace, deleted.id).await.unwrap();
    let more = save(&people, id, change(&all, "more", draft.seq, "tab")).await;
    assert!(more.saved);
    assert_eq!(
        (&*more.draft.body, ids(&more.draft)),
        ("more", vec![ours.id])
    );
    // The same once more is no change, whatever it names.
    let again = save(&people, id, change(&all, "more", draft.seq, "tab")).await;
    assert_eq!((again.saved, again.draft.seq), (true, more.draft.seq));
    assert_eq!(list(&people, &people.ada).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_client_that_knows_no_files_takes_none_from_a_draft(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let (one, two) = (
        uploaded(&people, grace, "one", b"1").await,
        uploaded(&people, grace, "two", b"2").await,
    );
    let text = |body: &str, base| DraftChange {
        attachment_ids: None,
        ..change(&[], body, base, "old")
    };
    let draft = save(&people, id, change(&[&one, &two], "a", 0, "tab"))
        .await
        .draft;
    let longer = save(&people, id, text("ab", draft.seq)).await;
    assert_eq!((longer.saved, &*longer.draft.body), (true, "ab"));
    assert_eq!(ids(&longer.draft), [one.id, two.id]);
    let same = save(&people, id, text("ab", longer.draft.seq)).await;
    assert_eq!(same.draft.seq, longer.draft.seq);
    let none = save(&people, id, text("", longer.draft.seq)).await.draft;
    assert_eq!(ids(&none), [one.id, two.id], "files alone are a draft");

    // It sends the text: the draft has the files still. So it does with one of them.
    let mut seq = save(&people, id, text("hi", none.seq)).await.draft.seq;
    let mut subscription = chat.subscribe();
    for (sent, left) in [(vec![], vec![one.id, two.id]), (vec![&two], vec![one.id])] {
        let message = NewMessage {
            draft_seq: Some(seq),
            ..with(&sent, "hi", None)
        };
        chat.send_message(grace, id, message).await.unwrap();
        let draft = list(&people, grace).await.remove(0);
        assert_eq!((&*draft.body, ids(&draft)), ("", left.clone()));
        let deliveries = people.drain(&mut subscription).await;
        assert_eq!(told(&deliveries), [(left, draft.seq)]);
        seq = draft.seq;
    }
    expire_all(&db).await;
    chat.sweep().await.unwrap();
    assert_eq!(read(&people, grace, one.id).await, b"1");
    assert_eq!(list(&people, &people.outsider).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_devices_with_other_files_are_a_conflict(db: PgPool) {
    let people = people(db.clone()).await;
    let (id, grace) = (people.group().await, &people.grace);
    let (one, two) = (
        uploaded(&people, grace, "one", b"1").await,
        uploaded(&people, grace, "two", b"2").await,
    );
    let first = save(&people, id, change(&[&one], "text", 0, "desk"))
        .await
        .draft;
    let phone = save(&people, id, change(&[&two], "text", 0, "phone")).await;
    assert_eq!((phone.saved, &phone.draft), (false, &first));
    let phone = save(
        &people,
        id,
        change(&[&one, &two], "text", first.seq, "phone"),
    )
    .await;
    assert!(phone.saved);
    assert_eq!(list(&people, &people.outsider).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_draft_goes_with_its_message_which_has_the_files_then(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let file = uploaded(&people, grace, "a.png", PNG).await;
    let draft = save(&people, id, change(&[&file], "", 0, "tab"))
        .await
        .draft;
    let message = NewMessage {
        draft_seq: Some(draft.seq),
        ..with(&[&file], "", None)
    };
    let sent = chat.send_message(grace, id, message).await.unwrap();
    assert_eq!(list(&people, grace).await, []);
    let held: i64 = sqlx::query_scalar("select count(*) from draft_uploads")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(held, 0);
    expire_all(&db).await;
    chat.sweep().await.unwrap();
    assert_eq!(read(&people, &people.ada, file.id).await, PNG);
    refused(
        chat.content(&people.outsider, file.id).await,
        ErrorCode::NotFound,
    );
    chat.delete_message(grace, sent.message.id).await.unwrap();
    refused(chat.upload(grace, file.id).await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deleted_upload_leaves_the_drafts_and_a_draft_leaves_with_its_member(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let (one, two) = (
        uploaded(&people, grace, "one", b"1").await,
        uploaded(&people, grace, "two", b"2").await,
    );
    let draft = save(&people, id, change(&[&one, &two], "", 0, "tab"))
        .await
        .draft;
    refused(
        chat.delete_upload(&people.outsider, one.id).await,
        ErrorCode::NotFound,
    );
    let mut subscription = chat.subscribe();
    chat.delete_upload(grace, one.id).await.unwrap();
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(told(&deliveries), [(vec![two.id], draft.seq + 1)]);
    assert_eq!(ids(&list(&people, grace).await[0]), [two.id]);

    expire_all(&db).await;
    chat.leave_conversation(grace, id).await.unwrap();
    assert_eq!(list(&people, grace).await, []);
    chat.sweep().await.unwrap();
    assert!(expires_in(&people, two.id).await > Duration::hours(23));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_upload_that_may_not_be_deleted_stays_in_the_drafts(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let file = uploaded(&people, grace, "a.png", PNG).await;
    let draft = save(&people, id, change(&[&file], "", 0, "tab"))
        .await
        .draft;
    let sent = chat.send_message(grace, id, with(&[&file], "", None)).await;
    let sent = sent.unwrap().message;
    refused(
        chat.delete_upload(grace, file.id).await,
        ErrorCode::Conflict,
    );
    refused(
        chat.delete_upload(&people.outsider, file.id).await,
        ErrorCode::NotFound,
    );
    let kept = list(&people, grace).await.remove(0);
    assert_eq!((ids(&kept), kept.seq), (vec![file.id], draft.seq));

    // With the message its file goes, from a draft that does not know better as well.
    let mut subscription = chat.subscribe();
    chat.delete_message(&people.ada, sent.id).await.unwrap();
    refused(chat.upload(grace, file.id).await, ErrorCode::NotFound);
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(told(&deliveries), [(vec![], draft.seq + 1)]);
    assert_eq!(list(&people, grace).await, []);
}
