//! The files of scheduled messages: kept until the message goes, sent with it once, and released with it.

use crate::{
    fixtures::{People, people, refused, settings},
    scheduled_messages::{list, make_due, schedule},
    uploads::{PNG, begin, expire_all, read, uploaded, with},
};
use chat::{Chat, MessagesRequest};
use model::{
    ConversationId, DraftChange, ErrorCode, Message, NewAttachment, NewMessage,
    NewScheduledMessage, PageRequest, ScheduledChange, ScheduledMessage, ScheduledState, Upload,
    UploadId,
};
use sqlx::{PgPool, error::DatabaseError};
use time::{Duration, OffsetDateTime};

fn new(files: &[&Upload], body: &str) -> NewScheduledMessage {
    NewScheduledMessage {
        body: body.to_owned(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: OffsetDateTime::now_utc() + Duration::hours(1),
        client_id: None,
        draft_seq: None,
        attachment_ids: files.iter().map(|it| it.id).collect(),
        poll: model::NoPoll,
    }
}

fn files(uploads: &[&Upload]) -> ScheduledChange {
    ScheduledChange {
        attachment_ids: Some(uploads.iter().map(|it| it.id).collect()),
        ..ScheduledChange::default()
    }
}

fn ids(scheduled: &ScheduledMessage) -> Vec<UploadId> {
    scheduled.uploads.iter().map(|it| it.id).collect()
}

async fn messages(people: &People, id: ConversationId) -> Vec<Message> {
    let page = MessagesRequest::default();
    people
        .chat
        .messages(&people.ada, id, page)
        .await
        .unwrap()
        .items
}

async fn held(db: &PgPool) -> i64 {
    let sql = "select count(*) from scheduled_uploads";
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_wait_with_their_message_and_go_with_it(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let picture = uploaded(&people, grace, "a.png", PNG).await;
    let notes = uploaded(&people, grace, "b.txt", b"notes").await;
    let scheduled = schedule(&people, grace, id, new(&[&picture, &notes], "")).await;
    assert_eq!(ids(&scheduled), [picture.id, notes.id]);
    assert_eq!(scheduled.uploads[0].url, picture.url);
    assert_eq!(list(&people, grace).await, std::slice::from_ref(&scheduled));
    let changes = chat.personal_changes(grace, 0).await.unwrap();
    let event = model::PersonalEvent::Scheduled {
        scheduled: scheduled.clone(),
    };
    assert_eq!(changes.items, [event]);

    // It waits for longer than an upload that nothing has.
    expire_all(&db).await;
    chat.sweep().await.unwrap();
    assert_eq!(read(&people, grace, picture.id).await, PNG);
    for other in [&people.ada, &people.outsider] {
        assert_eq!(list(&people, other).await, []);
        refused(chat.content(other, picture.id).await, ErrorCode::NotFound);
        refused(
            chat.change_scheduled(other, scheduled.id, files(&[])).await,
            ErrorCode::NotFound,
        );
    }
    refused(
        chat.delete_upload(grace, picture.id).await,
        ErrorCode::Conflict,
    );

    make_due(&db).await;
    let nodes = (0..3).map(|_| {
        let chat = Chat::new(db.clone(), settings());
        tokio::spawn(async move { chat.do_due().await.unwrap() })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap();
    }
    let sent = messages(&people, id).await;
    assert_eq!(sent.len(), 1);
    let names: Vec<_> = sent[0].attachments.iter().map(|it| &*it.name).collect();
    assert_eq!((&*sent[0].body, names), ("", vec!["a.png", "b.txt"]));
    assert_eq!(read(&people, &people.ada, picture.id).await, PNG);
    refused(
        chat.content(&people.outsider, picture.id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(list(&people, grace).await, []);
    assert_eq!(held(&db).await, 0);
    // With its message.
    chat.delete_message(grace, sent[0].id).await.unwrap();
    refused(chat.upload(grace, picture.id).await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_with_files_is_not_overtaken_by_the_next_one(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let expected = ["photos", "which?", "and?", "more", "all"];
    for body in expected {
        let mut with = Vec::new();
        if ["photos", "more"].contains(&body) {
            with.push(uploaded(&people, grace, "a.png", PNG).await);
        }
        schedule(
            &people,
            grace,
            id,
            new(&with.iter().collect::<Vec<_>>(), body),
        )
        .await;
    }
    // Of one time all.
    let sql = "update scheduled_messages set send_at = date_trunc('hour', send_at)";
    sqlx::query(sql).execute(&db).await.unwrap();
    make_due(&db).await;
    chat.do_due().await.unwrap();
    let sent = messages(&people, id).await;
    let bodies: Vec<_> = sent.iter().map(|it| &*it.body).collect();
    assert_eq!(bodies, expected);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_upload_goes_with_one_message_only(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let file = uploaded(&people, grace, "a.png", PNG).await;
    let scheduled = schedule(&people, grace, id, new(&[&file], "later")).await;
    let again = chat.schedule_message(grace, id, new(&[&file], "again"));
    refused(again.await, ErrorCode::Invalid);
    let sent = chat.send_message(grace, id, with(&[&file], "now", None));
    let error = sent.await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Invalid);
    assert!(error.to_string().contains("scheduled message"), "{error}");

    chat.send_scheduled_now(grace, scheduled.id).await.unwrap();
    // A message has it now.
    let third = chat.schedule_message(grace, id, new(&[&file], "third"));
    refused(third.await, ErrorCode::Invalid);
    assert_eq!(messages(&people, id).await.len(), 1);

    let (ours, theirs) = (
        uploaded(&people, grace, "ours", b"1").await,
        uploaded(&people, &people.ada, "theirs", b"1").await,
    );
    let unfinished = begin(&people, grace, "unfinished", 5).await;
    for wrong in [
        vec![&theirs],
        vec![&unfinished],
        vec![&ours; 2],
        vec![&ours; 11],
    ] {
        let scheduled = chat.schedule_message(grace, id, new(&wrong, "x"));
        refused(scheduled.await, ErrorCode::Invalid);
    }
    refused(
        chat.schedule_message(grace, id, new(&[], "")).await,
        ErrorCode::Invalid,
    );
    refused(
        chat.schedule_message(&people.outsider, id, new(&[], "x"))
            .await,
        ErrorCode::NotFound,
    );
    assert_eq!(held(&db).await, 0, "nothing is left of what was refused");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_send_with_a_file_of_a_scheduled_message_is_no_part_of_a_batch(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let file = uploaded(&people, grace, "a.png", PNG).await;
    schedule(&people, grace, id, new(&[&file], "later")).await;
    // Whatever gets there fails, with all that it shares a batch with.
    let fails = "create or replace function attach_uploads(
        outcomes text[], message_ids bigint[], numbers bigint[], positions bigint[], upload_ids bigint[]
    ) returns bigint language plpgsql as $$ begin raise 'written'; end $$";
    sqlx::raw_sql(fails).execute(&db).await.unwrap();
    let by_address = NewMessage {
        attachments: vec![NewAttachment {
            name: "a.png".to_owned(),
            url: file.url.clone(),
            upload: None,
        }],
        ..with(&[], "now", None)
    };
    for message in [with(&[&file], "now", None), by_address] {
        let error = chat.send_message(grace, id, message).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Invalid, "{error}");
        assert!(error.to_string().contains("scheduled message"), "{error}");
    }
    // To others it is no upload at all.
    let theirs = chat.send_message(&people.ada, id, with(&[&file], "mine", None));
    refused(theirs.await, ErrorCode::Invalid);
    let outsider = chat.send_message(&people.outsider, id, with(&[&file], "mine", None));
    refused(outsider.await, ErrorCode::Invalid);
    assert_eq!(messages(&people, id).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_are_changed_until_it_goes_and_released_for_a_day(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let (one, two) = (
        uploaded(&people, grace, "one", b"1").await,
        uploaded(&people, grace, "two", b"2").await,
    );
    let scheduled = schedule(&people, grace, id, new(&[&one], "text")).await;
    let changed = chat.change_scheduled(grace, scheduled.id, files(&[&two, &one]));
    assert_eq!(ids(&changed.await.unwrap()), [two.id, one.id]);
    let text = ScheduledChange {
        body: Some(String::new()),
        ..ScheduledChange::default()
    };
    let changed = chat.change_scheduled(grace, scheduled.id, text).await;
    let changed = changed.unwrap();
    assert_eq!((&*changed.body, ids(&changed)), ("", vec![two.id, one.id]));
    // Neither a text nor a file is no message.
    let nothing = chat.change_scheduled(grace, scheduled.id, files(&[]));
    refused(nothing.await, ErrorCode::Invalid);

    expire_all(&db).await;
    let changed = chat.change_scheduled(grace, scheduled.id, files(&[&one]));
    assert_eq!(ids(&changed.await.unwrap()), [one.id]);
    chat.sweep().await.unwrap();
    for upload in [&one, &two] {
        chat.upload(grace, upload.id).await.unwrap();
    }
    expire_all(&db).await;
    chat.cancel_scheduled(grace, scheduled.id).await.unwrap();
    assert_eq!(held(&db).await, 0);
    let released = chat.upload(grace, one.id).await.unwrap();
    let left = released.expires_at - OffsetDateTime::now_utc();
    assert!(left > Duration::hours(23), "{left}");
    chat.send_message(grace, id, with(&[&one], "", None))
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_a_send_and_a_scheduling_at_once_one_has_the_file(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    for _ in 0..20 {
        let file = uploaded(&people, grace, "a.png", PNG).await;
        let (sent, other, scheduled, deleted) = tokio::join!(
            chat.send_message(grace, id, with(&[&file], "now", None)),
            // In the same batch, and with nothing to do with the file.
            people.say(&people.ada, id, "hi"),
            chat.schedule_message(grace, id, new(&[&file], "later")),
            chat.delete_upload(grace, file.id),
        );
        assert_eq!(other.body, "hi");
        let done = [sent.is_ok(), scheduled.is_ok(), deleted.is_ok()];
        let count = done.into_iter().filter(|it| *it).count();
        assert_eq!(count, 1, "{sent:?} {scheduled:?} {deleted:?}");
    }
    refused(
        chat.schedule_message(&people.outsider, id, new(&[], "x"))
            .await,
        ErrorCode::NotFound,
    );
    let both: i64 = sqlx::query_scalar(
        "select count(*) from scheduled_uploads s join attachments a on a.upload_id = s.upload_id",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(both, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_whose_file_is_gone_fails_and_keeps_its_text(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let (gone, kept) = (
        uploaded(&people, grace, "gone", b"1").await,
        uploaded(&people, grace, "kept", b"2").await,
    );
    let scheduled = schedule(&people, grace, id, new(&[&gone, &kept], "words")).await;
    sqlx::query("delete from uploads where id = $1")
        .bind(gone.id.0)
        .execute(&db)
        .await
        .unwrap();
    refused(
        chat.send_scheduled_now(grace, scheduled.id).await,
        ErrorCode::Conflict,
    );
    make_due(&db).await;
    chat.do_due().await.unwrap();
    let failed = list(&people, grace).await.remove(0);
    assert_eq!(
        (failed.state, &*failed.body, ids(&failed)),
        (ScheduledState::Failed, "words", vec![kept.id])
    );
    let detail = failed.failure.unwrap().detail;
    assert!(detail.contains("file"), "{detail}");
    assert_eq!(list(&people, &people.outsider).await, []);
    assert_eq!(messages(&people, id).await, []);
    // Without a time it is changed, and goes on waiting for its user.
    let changed = chat.change_scheduled(grace, failed.id, files(&[&kept]));
    let changed = changed.await.unwrap();
    assert_eq!(changed.state, ScheduledState::Failed);
    assert!(changed.failure.is_some() && changed.seq > failed.seq);
    chat.do_due().await.unwrap();
    assert_eq!(messages(&people, id).await, []);
    chat.send_scheduled_now(grace, failed.id).await.unwrap();
    assert_eq!(messages(&people, id).await[0].attachments.len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_retry_with_other_files_is_another_request(db: PgPool) {
    let people = people(db).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let file = uploaded(&people, grace, "a.png", PNG).await;
    let draft = DraftChange {
        attachment_ids: Some(vec![file.id]),
        ..DraftChange::default()
    };
    let draft = chat.save_draft(grace, id, draft).await.unwrap().draft;
    let keyed = NewScheduledMessage {
        client_id: Some("k".to_owned()),
        draft_seq: Some(draft.seq),
        ..new(&[&file], "")
    };
    let scheduled = schedule(&people, grace, id, keyed.clone()).await;
    let drafts = chat.drafts(grace, PageRequest::default()).await.unwrap();
    assert_eq!(drafts.items, [], "the draft went with it, and its file");
    let (again, existed) = chat
        .schedule_message(grace, id, keyed.clone())
        .await
        .unwrap();
    assert_eq!(
        (again.id, ids(&again), existed),
        (scheduled.id, vec![file.id], true)
    );
    let other = NewScheduledMessage {
        body: "x".to_owned(),
        attachment_ids: Vec::new(),
        ..keyed.clone()
    };
    refused(
        chat.schedule_message(grace, id, other).await,
        ErrorCode::Conflict,
    );
    refused(
        chat.schedule_message(&people.outsider, id, keyed).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn nodes_that_know_no_files_do_not_send_them(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let file = uploaded(&people, grace, "a.png", PNG).await;
    let first = schedule(&people, grace, id, new(&[&file], "first")).await;
    let behind = schedule(&people, grace, id, new(&[], "behind")).await;
    make_due(&db).await;
    // The statements are those of the version before.
    let due = "select s.id from scheduled_messages s
        where s.state = 'scheduled' and s.attempt_at <= statement_timestamp() and not exists (
            select from scheduled_messages e
            where e.user_id = s.user_id and e.conversation_id = s.conversation_id and e.state = 'scheduled'
                and (e.send_at, e.id) < (s.send_at, s.id) and e.attempt_at > statement_timestamp()
        )";
    let due: Vec<i64> = sqlx::query_scalar(due).fetch_all(&db).await.unwrap();
    assert!(due.is_empty(), "nor what is behind it: {due:?}");
    let take_now = "update scheduled_messages set state = 'scheduled', send_at = clock_timestamp(),
            attempt_at = clock_timestamp() + interval '1 second' where id = $1";
    let taken = sqlx::query(take_now).bind(first.id.0).execute(&db).await;
    let error = taken.unwrap_err();
    let code = error.as_database_error().and_then(DatabaseError::code);
    assert_eq!(code.as_deref(), Some("55000"), "{error}");
    let change =
        "update scheduled_messages set body = 'changed', send_at = t.at, attempt_at = t.at,
            state = 'scheduled', failure = null
        from (select clock_timestamp() + interval '1 hour' as at) t where id = $1";
    sqlx::query(change)
        .bind(first.id.0)
        .execute(&db)
        .await
        .unwrap();
    chat.do_due().await.unwrap();
    let bodies = |messages: Vec<Message>| -> Vec<_> {
        let of = |it: Message| (it.body, it.attachments.len());
        messages.into_iter().map(of).collect()
    };
    let sent = bodies(messages(&people, id).await);
    assert_eq!(sent, [(behind.body, 0)]);
    make_due(&db).await;
    chat.do_due().await.unwrap();
    let sent = bodies(messages(&people, id).await);
    assert!(sent.contains(&("changed".to_owned(), 1)), "{sent:?}");
    assert_eq!(held(&db).await, 0);

    let file = uploaded(&people, grace, "b.png", PNG).await;
    let second = schedule(&people, grace, id, new(&[&file], "second")).await;
    let cancel = "update scheduled_messages set body = '', state = 'cancelled' where id = $1";
    sqlx::query(cancel)
        .bind(second.id.0)
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(held(&db).await, 0);
    let sent = chat.send_message(grace, id, with(&[&file], "now", None));
    sent.await.unwrap();
    assert_eq!(list(&people, &people.outsider).await, []);
}
