//! The commands `parlance users`, beside a server that runs.

mod common;

use common::{SECRET, client::Client, process::Process};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool};
use std::process::Stdio;
use tokio::{io::AsyncWriteExt, process::Command};

struct Database(String);

/// What a command has said, and its exit code.
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Database {
    /// Runs `parlance users …` with this standard input.
    async fn users(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlance"))
            .arg("users")
            .args(arguments)
            .args(["--jwt-subjects=foreign", "--jwt-secret", SECRET])
            .env("DATABASE_URL", &self.0)
            .env("RUST_LOG", "info")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn token(id: &str) -> String {
    let claims = json!({ "sub": id, "exp": 4_102_444_800_u64 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::default(), &claims, &key).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn users_are_imported_and_listed_by_the_command(pool: PgPool) {
    let database = Database(pool.connect_options().to_url_lossy().to_string());
    let lines = "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":\"2\",\"name\":\"Grace\"}\n";
    let imported = database.users(&["import", "app", "-"], lines).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let counts = |stdout: &str| -> Vec<String> {
        let words = stdout.lines().map(|line| line.split_whitespace());
        words.map(|it| it.collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(
        counts(&imported.stdout),
        [
            "read 2",
            "created 2",
            "updated 0",
            "unchanged 0",
            "ended 0",
            "rejected 0"
        ]
    );
    let more = "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":\"3\",\"role\":\"owner\"}\nnonsense\n";
    let imported = database.users(&["import", "app", "-"], more).await;
    assert_eq!(imported.code, Some(3), "{}", imported.stderr);
    assert!(
        imported.stderr.contains("line 2 (id 3): role must be"),
        "{}",
        imported.stderr
    );
    assert!(
        imported.stderr.contains("line 3: is not JSON"),
        "{}",
        imported.stderr
    );

    let listed = database.users(&["list", "app"], "").await;
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let users: Vec<Value> = listed
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(users.len(), 2);
    assert_eq!(
        (&users[0]["id"], &users[0]["name"]),
        (&json!("1"), &json!("Ada"))
    );

    for arguments in [&["import", "shop", "-"], &["import", "app", "/nonexistent"]] {
        let failed = database.users(arguments, lines).await;
        assert_eq!(failed.code, Some(1), "{}", failed.stderr);
        assert!(failed.stderr.contains("parlance: "), "{}", failed.stderr);
    }
    let wrong = database.users(&["import", "app"], "").await;
    assert_eq!(wrong.code, Some(2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_runs_refuses_whom_the_command_has_ended(pool: PgPool) {
    let database = Database(pool.connect_options().to_url_lossy().to_string());
    let flags = ["--jwt-subjects=foreign", "--contracts=off"];
    let server = Process::start(&database.0, &flags).await;
    let address = server
        .base
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let mut socket = Client::connect(address, &token("6")).await.unwrap();
    let ended = database
        .users(&["import", "app", "-"], "id,active\n6,false\n")
        .await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let refused = Client::connect(address, &token("6")).await.err();
    let refused = refused.expect("an ended user");
    assert!(refused.starts_with("unauthenticated: "), "{refused}");
    // The next look for ended users, which has no Redis to hear it from, ends the socket.
    socket.connection_closes().await;
    server.signal("TERM").await;
    assert!(server.wait().await.0.success());
}
