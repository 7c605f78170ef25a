//! Imports that are repeated, interrupted, or of a dump that has grown.

use crate::{
    common::SECRET,
    history::{Scratch, conversations, dump, import, messages, users},
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool};
use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const CONTRACTS: [&str; 5] = ["broadcast", "conversations", "groups", "rooms", "direct"];

/// How long a test waits for rows of an import that runs.
const PATIENCE: Duration = Duration::from_mins(1);

async fn all(pool: &PgPool) -> Vec<String> {
    [
        users(pool).await,
        conversations(pool).await,
        messages(pool).await,
    ]
    .concat()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_dump_again_changes_nothing(pool: PgPool) {
    for contract in CONTRACTS {
        let first = import(&pool, contract, &dump(contract), &["--app", contract]).await;
        let history = all(&pool).await;
        let seqs: Vec<(i64, i64)> = seqs(&pool).await;
        for batch in ["2000", "3"] {
            let flags = ["--app", contract, "--batch", batch];
            let again = import(&pool, contract, &dump(contract), &flags).await;
            let counts = again["summary"]["counts"].as_object().unwrap();
            for (kind, counts) in counts {
                assert_eq!(counts["taken"], 0, "{contract} {kind} {again}");
                assert_eq!(counts["updated"], 0, "{contract} {kind}");
            }
            let taken = &first["summary"]["counts"]["messages"]["taken"];
            assert_eq!(&counts["messages"]["unchanged"], taken, "{contract}");
            assert_eq!(all(&pool).await, history, "{contract}");
            assert_eq!(
                self::seqs(&pool).await,
                seqs,
                "{contract}: no change was made up"
            );
        }
    }
}

async fn seqs(pool: &PgPool) -> Vec<(i64, i64)> {
    sqlx::query_as("select id, seq from conversations order by id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dry_run_reports_and_writes_nothing(pool: PgPool) {
    for contract in CONTRACTS {
        let dry = import(&pool, contract, &dump(contract), &["--dry-run"]).await;
        assert!(all(&pool).await.is_empty(), "{contract}");
        let wet = import(&pool, contract, &dump(contract), &[]).await;
        assert_eq!(dry, wet, "{contract}");
        sqlx::raw_sql("truncate users, conversations, messages, apps, read_marks cascade")
            .execute(&pool)
            .await
            .unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_has_happened_since_is_taken(pool: PgPool) {
    let folder = Scratch::new();
    for entry in dump("groups").read_dir().unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.0.join(path.file_name().unwrap())).unwrap();
    }
    import(&pool, "groups", &folder.0, &[]).await;
    let append = |file: &str, row: Value| {
        let path = folder.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{row}\n")).unwrap();
    };
    let replace = |file: &str, from: &str, to: &str| {
        let path = folder.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
    };
    append(
        "Message.jsonl",
        json!({ "id": "cmx7", "content": "News", "type": "TEXT", "senderId": "cmu3", "groupId": "cmg1",
            "replyToId": "cmx3", "createdAt": "2026-01-03T10:00:00", "updatedAt": "2026-01-03T10:00:00" }),
    );
    replace("Message.jsonl", "\"Hello back\"", "\"Hello again\"");
    replace(
        "Message.jsonl",
        "2026-01-01T10:01:00.251",
        "2026-01-03T11:00:00",
    );
    // Linus has left, and Grace owns the group now.
    replace(
        "GroupMember.jsonl",
        r#""MEMBER","userId":"cmu3","groupId":"cmg1""#,
        r#""MEMBER","userId":"cmu3","groupId":"cmg8""#,
    );
    let report = import(&pool, "groups", &folder.0, &[]).await;
    let counts = &report["summary"]["counts"];
    assert_eq!(counts["messages"]["taken"], 1);
    assert_eq!(counts["messages"]["updated"], 1);
    assert_eq!(counts["messages"]["unchanged"], 3);
    assert_eq!(counts["members"]["ended"], 1);
    let history = messages(&pool).await;
    assert!(
        history[1].starts_with(
            "cmx2 | 2 | Grace Hopper | text | Hello again | reply to cmx1 | edited 11:00:00"
        ),
        "{history:?}"
    );
    assert!(
        history[3].starts_with("cmx7 | 4 | Linus | text | News | reply to cmx3"),
        "{history:?}"
    );
}

/// A dump of `direct` with this many messages in ten conversations, in no order.
fn write_dump(folder: &Path, count: u32) {
    let at = |second: u32| {
        format!(
            "2026-01-01T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    };
    let mut users = String::new();
    let mut conversations = String::new();
    let mut messages = String::new();
    for id in 1..=11 {
        let row = json!({ "id": id, "name": format!("User {id}"), "username": format!("user{id}"),
            "createdAt": at(0) });
        writeln!(users, "{row}").unwrap();
    }
    for id in 1..=10 {
        let row = json!({ "id": id, "participant_1_id": id, "participant_2_id": id + 1, "createdAt": at(0) });
        writeln!(conversations, "{row}").unwrap();
    }
    for number in 0..count {
        // 7919 has no common factor with the count.
        let id = number * 7919 % count + 1;
        let conversation = id % 10 + 1;
        let sender = conversation + id / 10 % 2;
        let row = json!({ "id": id, "sender_id": sender, "receiver_id": 2 * conversation + 1 - sender,
            "conversation_id": conversation, "content": format!("message {id}"), "is_read": id < count / 2,
            "read_at": (id < count / 2).then(|| at(count)), "createdAt": at(id) });
        writeln!(messages, "{row}").unwrap();
    }
    fs::write(folder.join("users.jsonl"), users).unwrap();
    fs::write(folder.join("Conversations.jsonl"), conversations).unwrap();
    fs::write(folder.join("Messages.jsonl"), messages).unwrap();
}

fn program(database_url: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlance"));
    command
        .args([
            "import",
            "direct",
            folder.to_str().unwrap(),
            "--batch",
            "100",
        ])
        .args(["--jwt-secret", SECRET])
        .env("DATABASE_URL", database_url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

async fn count(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from messages")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Runs the program until it has written so many messages, and kills it.
async fn kill_after(pool: &PgPool, url: &str, folder: &Path, messages: i64) {
    let mut running = program(url, folder).spawn().unwrap();
    let started = Instant::now();
    while count(pool).await < messages {
        assert!(started.elapsed() < PATIENCE, "the import writes nothing");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    running.kill().unwrap();
    running.wait().unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_killed_import_goes_on_where_it_ended(pool: PgPool) {
    const MESSAGES: u32 = 5000;
    let folder = Scratch::new();
    write_dump(&folder.0, MESSAGES);
    let url = pool.connect_options().to_url_lossy().to_string();
    kill_after(&pool, &url, &folder.0, 1).await;
    let first = count(&pool).await;
    assert!(first < i64::from(MESSAGES), "it was killed in the middle");
    kill_after(&pool, &url, &folder.0, first + 1000).await;
    let second = count(&pool).await;
    assert!(second > first && second < i64::from(MESSAGES));

    let output = program(&url, &folder.0).output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(
        count(&pool).await,
        i64::from(MESSAGES),
        "none is missing, none is there twice"
    );
    // Every conversation is in the order of time, without holes, under the old ids.
    let wrong: i64 = sqlx::query_scalar(
        "select count(*) from (
            select m.position, a.external_id, row_number() over w as nth,
                lag(m.created_at) over w > m.created_at as is_early
            from messages m join app_messages a on a.message_id = m.id
            window w as (partition by m.conversation_id order by m.position)
        ) x where position <> nth or is_early",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(wrong, 0);
    let uncounted: i64 = sqlx::query_scalar(
        "select count(*) from conversations c
        where position <> (select count(*) from messages m where m.conversation_id = c.id)",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(uncounted, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_program_says_by_its_exit_code_whether_all_was_taken(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    let output = program(&url, &dump("direct")).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(
        report.contains("1 messages: the conversation is not known (1013)"),
        "{report}"
    );
    let output = program(&url, Path::new("/nonexistent")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
