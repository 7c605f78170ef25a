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

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_there_in_another_spelling_is_not_missing(pool: PgPool) {
    let database = Database(pool.connect_options().to_url_lossy().to_string());
    let lower = "{\"id\":\"507f1f77bcf86cd7994390aa\"}\n{\"id\":\"507f1f77bcf86cd7994390bb\"}\n";
    database.users(&["import", "app", "-"], lower).await;
    let upper = lower.to_uppercase().replace("ID", "id");
    let arguments = ["import", "app", "-", "--end-missing"];
    let imported = database.users(&arguments, &upper).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let ended = "select count(*) from app_users where ended_at is not null";
    let ended: i64 = sqlx::query_scalar(ended).fetch_one(&pool).await.unwrap();
    assert_eq!(ended, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_operator_makes_an_administrator(pool: PgPool) {
    let database = Database(pool.connect_options().to_url_lossy().to_string());
    sqlx::query("insert into users (username, name, password_hash) values ('ada', 'Ada', '')")
        .execute(&pool)
        .await
        .unwrap();
    let role = async || -> String {
        let role = sqlx::query_scalar("select role from users where username = 'ada'");
        role.fetch_one(&pool).await.unwrap()
    };
    let promoted = database.users(&["promote", "ada"], "").await;
    assert_eq!(promoted.stdout, "ada is an administrator.\n");
    assert_eq!((promoted.code, role().await.as_str()), (Some(0), "admin"));
    let again = database.users(&["promote", "ada"], "").await;
    assert_eq!(again.stdout, "ada is an administrator already.\n");
    // There is always one.
    let last = database.users(&["demote", "ada"], "").await;
    assert_eq!(last.code, Some(1));
    assert!(
        last.stderr.contains("the last administrator"),
        "{}",
        last.stderr
    );
    let other = database.users(&["create", "grace", "--admin"], "").await;
    assert_eq!(other.code, Some(0), "{}", other.stderr);
    // Who has no password yet is nobody whom one could rely on.
    let last = database.users(&["block", "ada"], "").await;
    assert_eq!(last.code, Some(1), "{}", last.stderr);
    sqlx::query("update users set password_hash = '' where username = 'grace'")
        .execute(&pool)
        .await
        .unwrap();
    let demoted = database.users(&["demote", "ada"], "").await;
    assert_eq!(demoted.stdout, "ada is a member.\n");
    assert_eq!(role().await, "member");
    let nobody = database.users(&["promote", "nobody"], "").await;
    assert_eq!(nobody.code, Some(1));
    assert!(
        nobody
            .stderr
            .contains("there is no user with the username \"nobody\"")
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_operator_makes_signs_out_and_blocks_accounts_beside_a_server(pool: PgPool) {
    let database = Database(pool.connect_options().to_url_lossy().to_string());
    let server = Process::start(&database.0, &["--contracts=off"]).await;
    let http = reqwest::Client::new();
    let api = format!("{}/api/v1", server.base);
    let created = database
        .users(
            &[
                "create",
                "ada",
                "--admin",
                "--json",
                "--url",
                "https://chat.example.org/",
            ],
            "",
        )
        .await;
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    let created: Value = serde_json::from_str(&created.stdout).unwrap();
    assert_eq!(created["account"]["role"], "admin");
    let token = created["passwordReset"]["token"].as_str().unwrap();
    assert_eq!(
        created["url"],
        format!("https://chat.example.org/reset/{token}")
    );
    let choice = json!({ "token": token, "password": "a tin roof in the rain" });
    let path = format!("{api}/auth/reset-password");
    let chosen = http.post(&path).json(&choice).send().await.unwrap();
    let signed_in: Value = chosen.json().await.unwrap();
    let again = http.post(&path).json(&choice).send().await.unwrap();
    assert_eq!(again.status(), 404);

    // A socket ends within the interval in which nodes look, where no bus tells them.
    let access_token = signed_in["accessToken"].as_str().unwrap();
    let address = server
        .base
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let mut socket = Client::of(address, access_token).await;
    let ended = database.users(&["end-sessions", "ada"], "").await;
    assert_eq!(ended.stdout, "ada is signed out everywhere.\n");
    let me = http.get(format!("{api}/me")).bearer_auth(access_token);
    assert_eq!(me.send().await.unwrap().status(), 401);
    let closes = socket.connection_closes().await;
    assert!(
        !closes,
        "the socket is disconnected, and the connection stays"
    );

    let other = database.users(&["create", "grace", "--admin"], "").await;
    assert_eq!(other.code, Some(0), "{}", other.stderr);
    sqlx::query("update users set password_hash = '' where username = 'grace'")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("insert into two_factors select id, '', 0 from users where username = 'ada'")
        .execute(&pool)
        .await
        .unwrap();
    for state in ["", " already"] {
        let reset = database.users(&["reset-two-factor", "ada"], "").await;
        let said = format!("ada is without two-factor authentication{state}.\n");
        assert_eq!(
            (reset.code, reset.stdout),
            (Some(0), said),
            "{}",
            reset.stderr
        );
    }
    for (command, state) in [("block", "blocked"), ("unblock", "active")] {
        let done = database.users(&[command, "ada"], "").await;
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let listed = database.users(&["list"], "").await;
        let row = listed.stdout.lines().find(|it| it.starts_with("ada "));
        assert!(row.unwrap().contains(state), "{}", listed.stdout);
    }
    let reset = database.users(&["reset", "ada"], "").await;
    assert!(reset.stdout.contains("/reset/"), "{}", reset.stdout);
    assert!(!reset.stderr.contains("/reset/"), "no log has a secret");
}
