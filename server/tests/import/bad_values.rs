//! Values and rows that cannot be taken: each is left, or taken with a change, and the import goes on.

use crate::history::{Scratch, chat, dump, import, left, messages, options, users};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{fs, path::Path};

/// A copy of a dump with more rows in a file.
fn with_rows(contract: &str, file: &str, rows: &[Value]) -> Scratch {
    let folder = Scratch::new();
    copy(&dump(contract), &folder.0);
    let path = folder.0.join(file);
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    for row in rows {
        text.push_str(&row.to_string());
        text.push('\n');
    }
    fs::write(path, text).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// The rows that were taken with a change: row and reason.
fn adjusted(report: &Value) -> Vec<String> {
    let rows = report["rows"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["what"] == "adjusted");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| format!("{}: {}", text(&row["row"]), text(&row["reason"])))
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_date_that_nobody_can_hold_costs_its_row_alone(pool: PgPool) {
    let dates = [
        json!("9999-12-31T23:59:59-23:59"),
        json!({ "$date": { "$numberLong": "-210900000000000" } }),
        json!({ "$date": "9999-12-31T23:59:59.999Z" }),
        json!(-377_705_116_800_000_i64),
        json!("-infinity"),
    ];
    let message = |n: usize, at: &Value| {
        json!({ "id": 2000 + n, "sender_id": 5, "receiver_id": 6, "conversation_id": 17,
            "content": "when?", "is_read": false, "createdAt": at })
    };
    let rows: Vec<_> = dates
        .iter()
        .enumerate()
        .map(|(n, at)| message(n, at))
        .collect();
    let folder = with_rows("direct", "Messages.jsonl", &rows);
    let user = |n: usize, at: &Value| json!({ "id": 30 + n, "name": "When", "createdAt": at });
    let more: Vec<_> = dates
        .iter()
        .enumerate()
        .map(|(n, at)| user(n, at))
        .collect();
    let more: Vec<_> = more.iter().map(Value::to_string).collect();
    let text = more.join("\n");
    let path = folder.0.join("users.jsonl");
    fs::write(&path, fs::read_to_string(&path).unwrap() + &text).unwrap();
    let report = import(&pool, "direct", &folder.0, &[]).await;
    let of_dates: Vec<_> = left(&report)
        .into_iter()
        .filter(|it| it.ends_with("`createdAt` is not a time"))
        .collect();
    assert_eq!(of_dates.len(), 2 * dates.len(), "{report}");
    assert_eq!(messages(&pool).await.len(), 4);
    assert_eq!(users(&pool).await.len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn values_of_other_types_and_sizes_abort_nothing(pool: PgPool) {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let lines = [
        r#"{"id": 3000, "sender_id": 5, "receiver_id": 6, "conversation_id": 17, "createdAt": 1e400}"#
            .to_owned(),
        r#"{"id": 3001, "content": "\ud83d"}"#.to_owned(),
        format!(r#"{{"id": 3002, "content": {deep}}}"#),
        r#"{"id": 1e30, "sender_id": 5, "receiver_id": 6, "conversation_id": 17, "createdAt": 1}"#
            .to_owned(),
        r#"{"id": 3003, "sender_id": 5, "receiver_id": 6, "conversation_id": 17, "createdAt": 1,
            "content": "a\u0000b"}"#
            .replace('\n', " "),
        r#"{"id": 3004, "sender_id": 5, "receiver_id": 6, "conversation_id": 17, "createdAt": 1,
            "content": "taken", "attachment_url": "https://x.example/\u0000"}"#
            .replace('\n', " "),
    ];
    let folder = with_rows("direct", "Messages.jsonl", &[]);
    let path = folder.0.join("Messages.jsonl");
    let text = fs::read_to_string(&path).unwrap() + &lines.join("\n");
    fs::write(&path, text).unwrap();
    let users = folder.0.join("users.jsonl");
    let text = fs::read_to_string(&users).unwrap()
        + "{\"id\": 40, \"name\": \"\\u0000\\u202e\", \"username\": \"\\u0000\", \"email\": \"\\u0000@x\"}";
    fs::write(&users, text).unwrap();
    let report = import(&pool, "direct", &folder.0, &[]).await;
    assert_eq!(left(&report).len(), 2 + 5, "{report}");
    assert_eq!(messages(&pool).await.len(), 4 + 1);
    assert_eq!(self::users(&pool).await.len(), 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_between_others_is_left(pool: PgPool) {
    let row = json!({ "id": 2000, "sender_id": 7, "receiver_id": 8, "conversation_id": 17,
        "content": "not for you", "is_read": false, "createdAt": "2026-01-01T10:05:00Z" });
    let other = json!({ "id": 2001, "sender_id": 5, "receiver_id": 7, "conversation_id": 17,
        "content": "not for you", "is_read": false, "createdAt": "2026-01-01T10:05:00Z" });
    let folder = with_rows("direct", "Messages.jsonl", &[row, other]);
    let report = import(&pool, "direct", &folder.0, &[]).await;
    let left = left(&report);
    for line in [
        "messages 2000: its sender is not one of the two people of the conversation",
        "messages 2001: its receiver is not one of the two people of the conversation",
    ] {
        assert!(left.contains(&line.to_owned()), "{left:?}");
    }
    assert!(
        !messages(&pool)
            .await
            .iter()
            .any(|it| it.contains("not for you"))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reader_that_cannot_be_read_is_left_out(pool: PgPool) {
    let row = json!({ "_id": { "$oid": "660000000000000000000209" },
        "sender": { "$oid": "660000000000000000000001" },
        "conversationId": { "$oid": "660000000000000000000102" }, "content": "Read by whom?",
        "type": "text", "readBy": [{ "userId": [] }, { "userId": { "$oid": "660000000000000000000002" },
            "readAt": "9999-12-31T23:59:59-23:59" }, null],
        "createdAt": { "$date": "2026-01-02T12:00:00Z" } });
    let folder = with_rows("conversations", "messages.json", &[row]);
    let report = import(&pool, "conversations", &folder.0, &[]).await;
    assert!(
        messages(&pool)
            .await
            .iter()
            .any(|it| it.contains("Read by whom? | read by Grace Hopper")),
        "{report}"
    );
    let adjusted = adjusted(&report);
    for reason in [
        "660000000000000000000209: a reader left out: it is not an id",
        "660000000000000000000209: the time of a reader left out: it is not a time",
    ] {
        assert!(adjusted.contains(&reason.to_owned()), "{adjusted:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_dump_of_another_contract_writes_nothing(pool: PgPool) {
    for (contract, other) in [
        ("groups", "direct"),
        ("direct", "groups"),
        ("broadcast", "conversations"),
        ("conversations", "broadcast"),
        ("rooms", "groups"),
    ] {
        let source = dump(other);
        let more = ["--app", "xx", "--new-app"];
        let options = options(contract, source.to_str().unwrap(), &more);
        let error = server::import::run(&chat(&pool), &options).await;
        assert!(error.is_err(), "{contract} {other}");
        let rows: i64 =
            sqlx::query_scalar("select (select count(*) from users) + (select count(*) from apps)")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(rows, 0, "{contract} {other}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_app_is_made_only_when_asked_for(pool: PgPool) {
    let source = dump("groups");
    let source = source.to_str().unwrap();
    import(&pool, "groups", &dump("groups"), &["--app", "shop"]).await;
    let before = users(&pool).await;
    let chat = chat(&pool);
    let typo = options("groups", source, &["--app", "shpo"]);
    let error = server::import::run(&chat, &typo).await.unwrap_err();
    assert!(error.to_string().contains("only shop;"), "{error}");
    let apps: i64 = sqlx::query_scalar("select count(*) from apps")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!((apps, users(&pool).await), (1, before));
    let known = options("groups", source, &["--app", "shop"]);
    assert!(server::import::run(&chat, &known).await.is_ok());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_announcements_keep_their_id(pool: PgPool) {
    let row = json!({ "id": 0, "participant_1_id": 5, "participant_2_id": 8,
        "createdAt": "2026-01-01T09:00:00Z" });
    let folder = with_rows("direct", "Conversations.jsonl", &[row]);
    let report = import(&pool, "direct", &folder.0, &[]).await;
    let reason = "0: clients find it by its new id only: 0 is that of the announcements";
    assert!(adjusted(&report).contains(&reason.to_owned()), "{report}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_unread_and_counts_as_read_is_said(pool: PgPool) {
    let message = |n: i64, read: bool| {
        let (from, to) = if n % 3 == 0 { (6, 5) } else { (5, 6) };
        json!({ "id": 100 + n, "sender_id": from, "receiver_id": to, "conversation_id": 17,
            "content": "text", "is_read": read,
            "read_at": read.then_some("2026-01-01T12:00:00Z"),
            "createdAt": format!("2026-01-01T10:00:{n:02}Z") })
    };
    let folder = Scratch::new();
    copy(&dump("direct"), &folder.0);
    // By 5, 5, 6, 5, 5, 6, 5; the second one of 5 after 6 has written is read.
    let rows: Vec<_> = (1..=7).map(|n| message(n, n == 7).to_string()).collect();
    fs::write(folder.0.join("Messages.jsonl"), rows.join("\n")).unwrap();
    let report = import(&pool, "direct", &folder.0, &["--batch", "2"]).await;
    let read_here =
        "unread in the dump, counts as read: its receiver has read or written a later one";
    // 6 has answered 101, 102, 104 and 105; 5 has answered 103 and 106.
    let wanted = [101, 102, 103, 104, 105, 106].map(|id| format!("{id}: {read_here}"));
    let mut adjusted = adjusted(&report);
    adjusted.sort();
    assert_eq!(adjusted, wanted);
    let marks: i64 = sqlx::query_scalar("select count(*) from read_marks")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(marks, 1, "a time of reading is one that the dump has");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_was_edited_and_deleted_keeps_both(pool: PgPool) {
    let row = json!({ "id": "m8", "roomId": "r1", "senderId": "cmu1", "content": "x", "type": "TEXT",
        "createdAt": "2026-01-01T10:06:00Z", "editedAt": "2026-01-01T10:07:00Z",
        "deletedAt": "2026-01-01T10:08:00Z" });
    let folder = with_rows("rooms", "chat_messages.jsonl", &[row]);
    import(&pool, "rooms", &folder.0, &[]).await;
    let messages = messages(&pool).await;
    assert!(
        messages
            .iter()
            .any(|it| it.contains("edited 10:07:00 | deleted 10:08:00")),
        "{messages:?}"
    );
}
