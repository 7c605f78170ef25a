//! Batches: the same rows again, an interruption, what has come since, bad rows, and a dry run.

use super::dump::{START, members, user};
use super::{Dump, all, app_caller, history, id, message};
use crate::fixtures::{refused, settings};
use chat::{
    Chat,
    imports::{Attachment, ConversationRef, Message, ReadBy},
};
use model::{ErrorCode, MessageId, PageRequest};
use sqlx::PgPool;
use time::Duration;

/// The dump with an edit, a deletion, a reply, a reader and an attachment.
fn rich() -> Dump {
    let mut dump = Dump::of_group(40);
    let at = |n: i64| Some(START + Duration::seconds(n));
    dump.messages[4].edited_at = at(100);
    dump.messages[7].deleted_at = at(101);
    dump.messages[9].reply_to = Some(id("g-3"));
    dump.messages[39].reply_to = Some(id("g-1"));
    dump.messages[11].read_by = vec![ReadBy {
        user: id("grace"),
        at: at(102),
    }];
    dump.messages[12].attachments = vec![Attachment {
        name: None,
        url: "https://example.org/files/a.png?x=1".to_owned(),
    }];
    dump.messages[13].official = true;
    dump
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_rows_again_change_nothing(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let dump = rich();
    let first = all(dump.import(&chat).await);
    assert_eq!((first.taken, first.left), (3 + 1 + 3 + 40, vec![]));
    let before = history(&db).await;
    assert_eq!(
        before.len(),
        40 + 3 + 1 + before.iter().filter(|it| it.starts_with("[\"r\"")).count()
    );

    let again = all(dump.import(&chat).await);
    assert_eq!((again.taken, again.updated, again.unchanged), (0, 0, 47));
    assert_eq!(history(&db).await, before);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_interrupted_import_goes_on_at_any_batch(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let dump = rich();
    // What is written before the interruption: a part of the batches, none of them in part.
    for stopped_after in [0, 1, 7, 39] {
        let mut import = chat.begin_import("app", false).await.unwrap();
        let mut part = dump.clone();
        part.messages.truncate(stopped_after);
        part.import_in(&mut import, 7).await;
    }
    let mut import = chat.begin_import("app", false).await.unwrap();
    let rest = all(dump.import_in(&mut import, 7).await);
    assert_eq!((rest.taken, rest.updated), (1, 0));
    let resumed = history(&db).await;

    sqlx::raw_sql("truncate users, apps, conversations, messages, read_marks cascade")
        .execute(&db)
        .await
        .unwrap();
    let chat = Chat::new(db.clone(), settings());
    dump.import(&chat).await;
    assert_eq!(history(&db).await, resumed);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_failed_batch_has_written_nothing(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let dump = Dump::of_group(10);
    let mut part = dump.clone();
    part.messages.clear();
    part.import(&chat).await;
    // Attachments are written after the messages.
    sqlx::raw_sql("alter table attachments rename to gone")
        .execute(&db)
        .await
        .unwrap();
    let mut import = chat.begin_import("app", false).await.unwrap();
    let before = history_without_attachments(&db).await;
    let rows = {
        let mut rows = dump.messages.clone();
        rows[9].attachments = vec![Attachment {
            name: None,
            url: "/a".to_owned(),
        }];
        rows
    };
    refused(import.import_messages(&rows).await, ErrorCode::Internal);
    assert_eq!(history_without_attachments(&db).await, before);
    sqlx::raw_sql("alter table gone rename to attachments")
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(import.import_messages(&rows).await.unwrap().taken, 10);
}

async fn history_without_attachments(db: &PgPool) -> (i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from messages), (select count(*) from app_messages),
            (select sum(position + seq)::bigint from conversations)",
    )
    .fetch_one(db)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_has_come_since_is_added(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = Dump::of_group(10);
    dump.import(&chat).await;
    let ada = app_caller(&chat, "ada").await;
    let conversation_id = chat.resolve_conversation(&ada, "g").await.unwrap();
    let before = chat
        .changes(&ada, conversation_id, 0, Some(100))
        .await
        .unwrap();
    let known = before.items.last().unwrap().seq().unwrap().1;
    sqlx::query(
        "insert into wildcard_mentions (message_id, who, conversation_id, position, sender_id, seq, means_members)
        select id, 'all', conversation_id, position, sender_id, seq, true from messages where position <= 2",
    )
    .execute(chat.pool())
    .await
    .unwrap();

    let at = START + Duration::hours(1);
    dump.messages[0].body = "another text".to_owned();
    dump.messages[0].edited_at = Some(at);
    dump.messages[1].deleted_at = Some(at);
    dump.messages[9].read_by = vec![ReadBy {
        user: id("ada"),
        at: Some(at),
    }];
    dump.messages.push(Message {
        reply_to: Some(id("g-4")),
        ..message("g", 11, "grace")
    });
    dump.users.push(user("alan"));
    dump.users[0].name = Some("Ada Lovelace".to_owned());
    dump.conversations[0].title = Some("Engines".to_owned());
    // Linus has left, alan has come.
    dump.members = vec![members("g", &["ada", "grace", "alan"])];
    let delta = all(dump.import(&chat).await);
    assert_eq!((delta.taken, delta.ended), (1 + 1 + 1, 1), "{delta:?}");
    assert_eq!(
        delta.updated,
        1 + 1 + 3,
        "a user, the group, three messages"
    );

    let message = async |old: &str| {
        let id = chat.resolve_message(&ada, old).await.unwrap();
        chat.message(&ada, id).await.unwrap()
    };
    let edited = message("g-1").await;
    assert_eq!(
        (edited.body.as_str(), edited.edited_at),
        ("another text", Some(at))
    );
    let earlier = chat.edits(&ada, edited.id).await.unwrap();
    assert_eq!(earlier[0].body, "message 1");
    assert_eq!(message("g-2").await.deleted_at, Some(at));
    let of_many: Vec<i64> = sqlx::query_scalar("select position from wildcard_mentions")
        .fetch_all(chat.pool())
        .await
        .unwrap();
    assert_eq!(of_many, [1], "that of the deleted message is gone");
    let new = message("g-11").await;
    assert_eq!((new.position, new.reply_to.unwrap().position), (11, 4));

    let summary = chat.conversation(&ada, conversation_id).await.unwrap();
    assert_eq!(summary.conversation.title.as_deref(), Some("Engines"));
    assert_eq!(
        (
            summary.conversation.member_count,
            summary.conversation.position
        ),
        (3, 11)
    );
    // The feed has each change once, without holes at its end.
    let changes = chat
        .changes(&ada, conversation_id, known, Some(100))
        .await
        .unwrap();
    let seqs: Vec<_> = changes.items.iter().map(|it| it.seq().unwrap().1).collect();
    assert_eq!(*seqs.last().unwrap(), summary.conversation.seq);
    assert_eq!(
        seqs.len(),
        6,
        "title, linus, alan, edit, deletion, new: {seqs:?}"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_changed_here_stays(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let dump = Dump::of_group(9);
    dump.import(&chat).await;
    let linus = app_caller(&chat, "linus").await;
    let grace = app_caller(&chat, "grace").await;
    let mine = chat.resolve_message(&linus, "g-2").await.unwrap();
    chat.edit_message(&linus, mine, "edited here".to_owned())
        .await
        .unwrap();
    let hers = chat.resolve_message(&grace, "g-1").await.unwrap();
    chat.delete_message(&grace, hers).await.unwrap();
    let id = chat.resolve_conversation(&grace, "g").await.unwrap();
    let said = chat
        .send_message(&grace, id, crate::fixtures::text("native", None))
        .await;
    assert_eq!(said.unwrap().message.position, 10);

    let mut dump = dump;
    dump.messages.push(message("g", 10, "ada"));
    let again = all(dump.import(&chat).await);
    assert_eq!((again.taken, again.updated), (1, 0));
    let message = async |id: MessageId| chat.message(&grace, id).await.unwrap();
    assert_eq!(message(mine).await.body, "edited here");
    assert!(message(hers).await.deleted_at.is_some());
    // After what was written here, with its own time.
    let late = chat.resolve_message(&grace, "g-10").await.unwrap();
    let late = message(late).await;
    assert_eq!(
        (late.position, late.created_at),
        (11, START + Duration::seconds(10))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bad_row_is_left_with_its_reason_and_costs_no_other(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = Dump::of_group(12);
    let bad = |n: usize, change: fn(&mut Message)| (n, change);
    for (n, change) in [
        bad(0, |it| it.body = "é".repeat(10_001)),
        bad(1, |it| it.body = String::new()),
        bad(2, |it| it.body = "a\0b".to_owned()),
        bad(3, |it| it.conversation = ConversationRef::Id(id("nowhere"))),
        bad(4, |it| it.id = id("g-6")),
    ] {
        change(&mut dump.messages[n]);
    }
    // Taken, with something left out.
    dump.messages[6].reply_to = Some(id("g-1"));
    dump.messages[7].attachments = vec![Attachment {
        name: None,
        url: "javascript:alert(1)".to_owned(),
    }];
    // Taken as it is: the longest text, and a file without one.
    dump.messages[8].body = "é".repeat(10_000);
    dump.messages[9].body = String::new();
    dump.messages[9].attachments = vec![Attachment {
        name: None,
        url: "/uploads/plan.pdf".to_owned(),
    }];
    // Somebody nobody has heard of.
    dump.messages[10].sender = id("barbara");
    let outcome = all(dump.import(&chat).await);
    let left: Vec<_> = outcome
        .left
        .iter()
        .map(|it| (it.id.as_str(), &*it.reason))
        .collect();
    assert_eq!(
        left,
        [
            ("g-1", "the text has more than 10000 characters"),
            ("g-2", "the text is empty"),
            ("g-3", "the text has NUL characters"),
            ("g-6", "the same id twice"),
            ("g-4", "the conversation is not known"),
        ]
    );
    assert_eq!(outcome.taken, 3 + 1 + 3 + 7);
    assert_eq!(outcome.placeholders, 1);
    let adjusted: Vec<_> = outcome.adjusted.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(adjusted, ["g-8", "g-7"], "{:?}", outcome.adjusted);

    let ada = app_caller(&chat, "ada").await;
    let file = chat.resolve_message(&ada, "g-10").await.unwrap();
    let file = chat.message(&ada, file).await.unwrap();
    assert_eq!(
        (file.body.as_str(), file.attachments.len()),
        ("plan.pdf", 1)
    );
    refused(chat.resolve_message(&ada, "g-1").await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_dry_run_reports_the_same_and_writes_nothing(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let dump = rich();
    let mut import = chat.begin_import("app", true).await.unwrap();
    let would = dump.import_in(&mut import, 7).await;
    drop(import);
    assert_eq!(history(&db).await, Vec::<String>::new());
    let mut import = chat.begin_import("app", false).await.unwrap();
    assert_eq!(dump.import_in(&mut import, 7).await, would);
}

#[sqlx::test(migrations = "../../migrations")]
async fn too_many_rows_and_bad_names_are_refused(db: PgPool) {
    let chat = Chat::new(db, settings());
    for name in ["", "App", "-a", "a b", &"a".repeat(33)] {
        refused(
            chat.begin_import(name, false).await.map(drop),
            ErrorCode::Invalid,
        );
    }
    let mut import = chat.begin_import("app", false).await.unwrap();
    let rows: Vec<_> = (0..=5_000).map(|n| message("g", n, "ada")).collect();
    refused(import.import_messages(&rows).await, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_outsider_sees_nothing(db: PgPool) {
    let chat = Chat::new(db, settings());
    let mut dump = rich();
    dump.users.push(user("eve"));
    dump.import(&chat).await;
    let eve = app_caller(&chat, "eve").await;
    let ada = app_caller(&chat, "ada").await;
    assert_eq!(
        chat.conversations(&eve, PageRequest::default())
            .await
            .unwrap()
            .items,
        []
    );
    let group = chat.resolve_conversation(&eve, "g").await.unwrap();
    refused(chat.conversation(&eve, group).await, ErrorCode::NotFound);
    let message = chat.resolve_message(&eve, "g-5").await.unwrap();
    refused(chat.message(&eve, message).await, ErrorCode::NotFound);
    assert!(chat.message(&ada, message).await.is_ok());
    // Old ids are those of the app alone: for anybody else they name nothing.
    let stranger = chat::Caller {
        app_id: None,
        ..ada
    };
    refused(
        chat.resolve_message(&stranger, "g-5").await,
        ErrorCode::NotFound,
    );
}
