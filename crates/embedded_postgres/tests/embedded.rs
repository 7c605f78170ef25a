//! The private Postgres: start, stop, crash, take-over, and the errors that keep it from running.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use embedded_postgres::{EmbeddedError, Postgres};
use sqlx::{Connection, PgConnection};

/// A `DATA_DIR`, which is removed after the test, together with the folder that it may link to.
struct DataDir(PathBuf);

impl DataDir {
    fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> Self {
        let path = parent.join(format!("parlance-test-{:016x}", rand::random::<u64>()));
        fs::create_dir(&path).expect("a temporary folder");
        Self(path)
    }

    fn pid(&self) -> String {
        self.pid_if_running().expect("a running postmaster")
    }

    fn pid_if_running(&self) -> Option<String> {
        let file = fs::read_to_string(self.0.join("postgres/cluster/postmaster.pid")).ok()?;
        Some(file.lines().next()?.trim().to_owned())
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if let Ok(elsewhere) = fs::read_link(self.0.join("postgres")) {
            fs::remove_dir_all(&elsewhere).expect("the folder behind the link goes");
            // Fails if the folder holds another cluster, which then stays.
            let _ = elsewhere.parent().map(fs::remove_dir);
        }
        fs::remove_dir_all(&self.0).expect("the temporary folder goes");
    }
}

/// Runs [`WRITE`] in the database.
async fn write(url: &str) {
    let mut db = PgConnection::connect(url).await.expect("a connection");
    sqlx::raw_sql(WRITE)
        .execute(&mut db)
        .await
        .expect("the statements run");
    db.close().await.expect("the connection closes");
}

/// The row that [`WRITE`] has written.
async fn read(url: &str) -> String {
    let mut db = PgConnection::connect(url).await.expect("a connection");
    let body = sqlx::query_scalar("SELECT body FROM notes")
        .fetch_one(&mut db)
        .await
        .expect("the table is there");
    db.close().await.expect("the connection closes");
    body
}

const WRITE: &str = "CREATE TABLE notes (body text); INSERT INTO notes VALUES ('Grüße')";

fn kill(pid: &str) {
    let killed = Command::new("kill").args(["-9", pid]).status();
    assert!(killed.expect("kill runs").success());
}

/// The command lines that contain `folder`. Zombies have none.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().expect("a readable path");
    fs::read_dir("/proc")
        .expect("a list of processes")
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok())
        .filter(|command| command.contains(folder))
        .collect()
}

#[tokio::test]
async fn data_survives_a_stop_which_leaves_no_process() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    write(&postgres.url()).await;
    let cluster = fs::canonicalize(data.0.join("postgres/cluster")).expect("a cluster");
    assert_eq!(processes_of(&cluster).len(), 1, "one postmaster runs");
    postgres.stop().await;
    assert_eq!(processes_of(&cluster), Vec::<String>::new());
    assert!(!cluster.join("postmaster.pid").exists());

    let postgres = Postgres::start(&data.0).await.expect("a second start");
    assert_eq!(read(&postgres.url()).await, "Grüße");
    postgres.stop().await;
}

#[tokio::test]
async fn a_first_start_that_is_given_up_leaves_no_process() {
    let data = DataDir::new();
    let given_up = tokio::time::timeout(Duration::from_millis(100), Postgres::start(&data.0)).await;
    assert!(given_up.is_err(), "a cluster is not made in 100 ms");
    let folder = fs::canonicalize(&data.0).expect("the folder is there");
    let deadline = Instant::now() + Duration::from_secs(1);
    while !processes_of(&folder).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(processes_of(&folder), Vec::<String>::new());

    let postgres = Postgres::start(&data.0).await.expect("a second start");
    write(&postgres.url()).await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_killed_postmaster_is_started_again() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    write(&postgres.url()).await;
    let killed = data.pid();
    kill(&killed);
    drop(postgres);

    let postgres = Postgres::start(&data.0)
        .await
        .expect("a start after the kill");
    assert_ne!(data.pid(), killed);
    assert_eq!(read(&postgres.url()).await, "Grüße");
    postgres.stop().await;
}

#[tokio::test]
async fn a_postgres_that_outlived_its_server_is_taken_over() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    write(&postgres.url()).await;
    postgres.stop().await;
    let cluster = fs::canonicalize(data.0.join("postgres/cluster")).expect("a cluster");
    let mut left = start_by_hand(&cluster);
    let ready = || fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
    while !ready().contains("ready") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let postgres = Postgres::start(&data.0).await.expect("a start beside it");
    assert_eq!(data.pid(), left.id().to_string(), "it is the same one");
    assert_eq!(read(&postgres.url()).await, "Grüße");
    postgres.stop().await;
    assert!(left.wait().expect("it ended").success());
}

/// Starts a postmaster as a server does that is killed afterwards.
fn start_by_hand(cluster: &Path) -> std::process::Child {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;

    let made = fs::metadata(cluster).expect("a cluster");
    let program = fs::read_to_string(cluster.join("postmaster.opts")).expect("how it ran");
    let program = program.split_whitespace().next().expect("a program");
    let mut command = Command::new(program);
    command
        .arg("-D")
        .arg(cluster)
        .arg("-k")
        .arg(cluster)
        .args(["-c", "listen_addresses="])
        .current_dir("/")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if fs::metadata("/proc/self").expect("ourselves").uid() == 0 {
        command.uid(made.uid()).gid(made.gid());
    }
    command.spawn().expect("a postmaster")
}

#[tokio::test]
async fn a_stale_pid_file_does_not_prevent_a_start() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    postgres.stop().await;
    // As after a power cut: another process has the number now, here the test itself.
    let cluster = fs::canonicalize(data.0.join("postgres/cluster")).expect("a cluster");
    let content = format!("{}\n{}\n", std::process::id(), cluster.display());
    fs::write(cluster.join("postmaster.pid"), content).expect("a stale file");

    let postgres = Postgres::start(&data.0).await.expect("a second start");
    postgres.stop().await;
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    let refused = Postgres::start(&data.0).await.expect_err("a second server");
    let EmbeddedError::InUse { pid, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*pid, std::process::id().to_string());
    assert!(refused.to_string().contains("DATA_DIR"), "{refused}");
    postgres.stop().await;
}

#[tokio::test]
async fn data_of_another_version_is_left_alone() {
    let data = DataDir::new();
    let cluster = data.0.join("postgres/cluster");
    fs::create_dir_all(&cluster).expect("a cluster");
    fs::write(cluster.join("PG_VERSION"), "9\n").expect("a version");
    let refused = Postgres::start(&data.0)
        .await
        .expect_err("no such Postgres");
    let EmbeddedError::NoMatchingBinaries { wanted: 9, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(refused.to_string().contains("postgresql-9"), "{refused}");
}

#[tokio::test]
async fn a_failed_start_reports_the_reason() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    postgres.stop().await;
    let conf = data.0.join("postgres/cluster/postgresql.conf");
    let broken = fs::read_to_string(&conf).expect("settings") + "\nno_such_setting = on\n";
    fs::write(&conf, broken).expect("broken settings");
    let began = Instant::now();
    let refused = Postgres::start(&data.0).await.expect_err("broken settings");
    assert!(refused.to_string().contains("no_such_setting"), "{refused}");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it fails without waiting for the timeout"
    );
}

#[tokio::test]
async fn a_data_dir_with_a_long_and_strange_name_works() {
    let data = DataDir::new();
    let deep = data.0.join("ein 'langer' & #schräger%20 Name ".repeat(4));
    fs::create_dir(&deep).expect("a folder");
    let postgres = Postgres::start(&deep).await.expect("a start");
    write(&postgres.url()).await;
    assert_eq!(read(&postgres.url()).await, "Grüße");
    let short = data.0.join("ein 'kurzer' & #schräger%20 Name");
    fs::create_dir(&short).expect("a folder");
    let beside = Postgres::start(&short).await.expect("a start");
    write(&beside.url()).await;
    beside.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_folder_that_the_database_user_cannot_reach_is_no_obstacle() {
    use std::os::unix::fs::PermissionsExt;

    // Root's home folder has such a mode on most systems.
    let parent = DataDir::new();
    fs::set_permissions(&parent.0, fs::Permissions::from_mode(0o700)).expect("a closed folder");
    let data = DataDir::below(&parent.0);
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    write(&postgres.url()).await;
    postgres.stop().await;
    let postgres = Postgres::start(&data.0).await.expect("a second start");
    assert_eq!(read(&postgres.url()).await, "Grüße");
    postgres.stop().await;
    let mode = fs::metadata(&parent.0)
        .expect("a folder")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700, "what is not ours keeps its mode");
}

/// Connects as soon as it is possible, for 20 s at most.
async fn connect_again(url: &str) -> PgConnection {
    let began = Instant::now();
    loop {
        match PgConnection::connect(url).await {
            Ok(connection) => return connection,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_postgres_that_dies_in_use_is_started_again_each_time() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    write(&postgres.url()).await;
    for _ in 0..3 {
        let killed = data.pid();
        kill(&killed);
        // The backends of the killed one go on until they notice.
        while data.pid_if_running().is_none_or(|pid| pid == killed)
            || PgConnection::connect(&postgres.url()).await.is_err()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(connect_again(&postgres.url()).await);
        assert_eq!(read(&postgres.url()).await, "Grüße");
    }
    let cluster = fs::canonicalize(data.0.join("postgres/cluster")).expect("a cluster");
    postgres.stop().await;
    assert_eq!(processes_of(&cluster), Vec::<String>::new());
}

#[tokio::test]
async fn a_postgres_that_was_taken_over_is_started_again_as_well() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a first start");
    write(&postgres.url()).await;
    postgres.stop().await;
    let cluster = fs::canonicalize(data.0.join("postgres/cluster")).expect("a cluster");
    let mut left = start_by_hand(&cluster);
    while !fs::read_to_string(cluster.join("postmaster.pid")).is_ok_and(|it| it.contains("ready")) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let postgres = Postgres::start(&data.0).await.expect("a take-over");
    kill(&left.id().to_string());
    left.wait().expect("it ended");
    drop(connect_again(&postgres.url()).await);
    assert_eq!(read(&postgres.url()).await, "Grüße");
    postgres.stop().await;
}

#[tokio::test]
async fn stopping_takes_no_longer_than_it_may() {
    for signal in ["KILL", "STOP"] {
        let data = DataDir::new();
        let postgres = Postgres::start(&data.0).await.expect("a start");
        let status = Command::new("kill")
            .args(["-s", signal, &data.pid()])
            .status();
        assert!(status.expect("kill runs").success());
        let began = Instant::now();
        postgres.stop_within(Duration::from_secs(4)).await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(5), "{signal}: {took:?}");
        if signal == "KILL" {
            assert!(
                took < Duration::from_secs(1),
                "{took:?}: there is nothing to wait for"
            );
        }
    }
}

#[tokio::test]
async fn a_postgres_in_a_hurry_recovers_at_its_next_start() {
    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a start");
    write(&postgres.url()).await;
    let began = Instant::now();
    let postmaster = postgres.postmaster();
    drop(postgres);
    postmaster.stop_immediately();
    let cluster = fs::canonicalize(data.0.join("postgres/cluster")).expect("a cluster");
    while !processes_of(&cluster).is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(began.elapsed() < Duration::from_secs(5), "it does not end");
    }
    let postgres = Postgres::start(&data.0).await.expect("a second start");
    assert_eq!(read(&postgres.url()).await, "Grüße");
    postgres.stop().await;
}

/// Statements that fail with what a person has written, in a parameter, a detail or the text itself.
const REVEALING: [&str; 4] = [
    "INSERT INTO people VALUES ($1)",
    "INSERT INTO people SELECT 'Ada@Example.org' FROM (SELECT $1::text) it",
    "UPDATE people SET email = $1 || repeat('x', 300)",
    "SELECT ($1 || 'Ada@Example.org')::bigint, no_such_column",
];

#[tokio::test]
async fn the_log_is_private_and_does_not_repeat_what_people_wrote() {
    use std::os::unix::fs::PermissionsExt;

    let data = DataDir::new();
    let postgres = Postgres::start(&data.0).await.expect("a start");
    let log = data.0.join("postgres/log");
    let mode = || fs::metadata(&log).expect("a log").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    let mut db = PgConnection::connect(&postgres.url())
        .await
        .expect("a connection");
    let table = "CREATE TABLE people (email text UNIQUE CHECK (length(email) < 200));
        INSERT INTO people VALUES ('Ada@Example.org')";
    sqlx::raw_sql(table)
        .execute(&mut db)
        .await
        .expect("a table");
    for statement in REVEALING {
        let refused = sqlx::query(statement)
            .bind("Ada@Example.org")
            .execute(&mut db)
            .await;
        refused.expect_err("all of them fail");
    }
    drop(db);
    postgres.stop().await;
    let text = fs::read_to_string(&log).expect("a readable log");
    assert!(
        text.contains("people_email_key"),
        "the error itself is there: {text}"
    );
    assert!(!text.contains("Ada@Example.org"), "{text}");

    // One that an earlier version has left open to everybody, and that has grown.
    fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).expect("an open log");
    let grown = "x".repeat(9 << 20);
    fs::write(&log, &grown).expect("a long log");
    let postgres = Postgres::start(&data.0).await.expect("a second start");
    assert_eq!(mode(), 0o600);
    let began = Instant::now();
    while fs::metadata(&log).expect("a log").len() > 1 << 20 {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "the log stays long"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let earlier = data.0.join("postgres/log.1");
    let earlier = fs::metadata(earlier).expect("the earlier log");
    assert!(earlier.len() >= 9 << 20 && earlier.permissions().mode() & 0o777 == 0o600);
    postgres.stop().await;
}
