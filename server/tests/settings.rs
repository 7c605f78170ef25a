//! Settings as the environment of the program has them.

mod common;

use common::{
    PASSWORD, SECRET,
    process::Process,
    s3_server::{KEY_ID, S3Server, SECRET_KEY},
};
use serde_json::{Value, json};
use server::Cli;
use sqlx::{ConnectOptions, PgPool};
use std::process::{Output, Stdio};
use tokio::process::Command;

/// Runs `parlance migrate` with this environment alone.
async fn migrate(variables: &[(String, String)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parlance"))
        .arg("migrate")
        .env_clear()
        .envs(variables.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

fn url(pool: &PgPool) -> (String, String) {
    let url = pool.connect_options().to_url_lossy().to_string();
    ("DATABASE_URL".to_owned(), url)
}

/// As a compose file hands them on, where they are not set.
#[sqlx::test(migrations = "../migrations")]
async fn an_empty_variable_counts_as_absent_whichever_it_is(pool: PgPool) {
    use clap::CommandFactory;
    let command = Cli::command();
    let names = command.get_arguments().filter_map(|it| it.get_env());
    let names: Vec<_> = names.map(|it| it.to_str().unwrap().to_owned()).collect();
    for wanted in [
        "JWT_JWKS_URL",
        "JWT_ADMIN_CLAIM",
        "PORT",
        "SESSION_MAX_DAYS",
    ] {
        assert!(names.iter().any(|name| name == wanted), "{wanted}");
    }
    for empty in ["", "  "] {
        let mut variables: Vec<_> = names
            .iter()
            .filter(|name| *name != "DATABASE_URL")
            .map(|name| (name.clone(), empty.to_owned()))
            .collect();
        variables.push(url(&pool));
        let output = migrate(&variables).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_secret_that_can_be_guessed_is_refused_by_every_command(pool: PgPool) {
    let with_secret = async |name: &str, secret: &str, more: &[(&str, &str)]| {
        let mut variables = vec![url(&pool), (name.to_owned(), secret.to_owned())];
        variables.extend(more.iter().map(|it| (it.0.to_owned(), it.1.to_owned())));
        let output = Command::new(env!("CARGO_BIN_EXE_parlance"))
            .args(["users", "list", "nobody"])
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    for (name, secret) in [
        ("JWT_SECRET", "a"),
        ("JWT_SECRET", "thirty-one bytes are too short."),
        ("NEXT_PUBLIC_JWT_SECRET", "secret"),
    ] {
        let words = with_secret(name, secret, &[]).await;
        assert!(
            words.contains("needs 32 or more (RFC 7518, 3.2)"),
            "{words}"
        );
        assert!(words.contains("ALLOW_SHORT_SECRET=on"), "{words}");
        let words = with_secret(name, secret, &[("ALLOW_SHORT_SECRET", "on")]).await;
        assert!(!words.contains("ALLOW_SHORT_SECRET"), "{words}");
    }
    let words = with_secret("JWT_SECRET", SECRET, &[]).await;
    assert!(!words.contains("RFC 7518"), "{words}");
}

/// Nobody could register where the only host is none.
#[sqlx::test(migrations = "../migrations")]
async fn hosts_of_addresses_are_names_of_hosts(pool: PgPool) {
    let domains = async |hosts: &str| {
        let variable = ("REGISTRATION_DOMAINS".to_owned(), hosts.to_owned());
        migrate(&[url(&pool), variable]).await
    };
    for hosts in ["example.org", "@example.org, münchen.de"] {
        let output = domains(hosts).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{hosts}: {stderr}");
    }
    for hosts in [
        "example",
        "example.org,*.example.com",
        "https://example.org",
    ] {
        let output = domains(hosts).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{hosts}");
        assert!(
            stderr.contains("is not the host of e-mail addresses"),
            "{stderr}"
        );
    }
}

/// What is missing for single sign-on is said before anybody is sent anywhere.
#[sqlx::test(migrations = "../migrations")]
async fn settings_of_single_sign_on_that_cannot_work_are_refused(pool: PgPool) {
    let said = async |more: &[(&str, &str)]| {
        let mut variables = vec![url(&pool), ("JWT_SECRET".to_owned(), SECRET.to_owned())];
        variables.extend(more.iter().map(|it| (it.0.to_owned(), it.1.to_owned())));
        let output = Command::new(env!("CARGO_BIN_EXE_parlance"))
            .args(["users", "list"])
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let issuer = ("OIDC_ISSUER", "https://id.parlance.chat");
    let client = ("OIDC_CLIENT_ID", "parlance");
    let public = ("PUBLIC_URL", "https://chat.parlance.chat");
    for (variables, words) in [
        (&[issuer, public][..], "OIDC_CLIENT_ID is not set"),
        (&[issuer, client], "PUBLIC_URL is not set"),
        (&[("PASSWORD_SIGN_IN", "off")], "nobody could sign in"),
        (&[("SSO_FILE", "/none")], "cannot read /none"),
        (&[("PUBLIC_URL", "chat.parlance.chat")], "without a path"),
        (
            &[("OIDC_ISSUER", "http://id.parlance.chat"), client, public],
            "https://",
        ),
        (
            &[
                issuer,
                client,
                public,
                ("OIDC_CLIENT_SECRET", "12345678"),
                ("OIDC_CLIENT_SECRET_FILE", "/x"),
            ],
            "the secret of the client is set",
        ),
    ] {
        let stderr = said(variables).await;
        assert!(stderr.contains(words), "{variables:?}: {stderr}");
        assert!(!stderr.contains("12345678"), "{stderr}");
    }
    let good = said(&[issuer, client, public, ("PASSWORD_SIGN_IN", "off")]).await;
    assert!(!good.contains("parlance: "), "{good}");
}

/// Neither at the level `trace` of everything.
#[sqlx::test(migrations = "../migrations")]
async fn no_level_of_the_log_has_a_secret(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy();
    let server = Process::start(url.as_str(), &["--log=trace"]).await;
    let base = server.base.clone();
    let mut secrets = vec![PASSWORD.to_owned()];
    let log = server.log_of(async {
        let http = reqwest::Client::new();
        let person = json!({ "username": "ada", "password": PASSWORD });
        let registered = http.post(format!("{base}/api/v1/auth/register"));
        let registered = registered.json(&person).send().await.unwrap();
        assert_eq!(registered.status(), 201);
        let session: Value = registered.json().await.unwrap();
        for token in ["accessToken", "refreshToken"] {
            secrets.push(session[token].as_str().unwrap().to_owned());
        }
        let me = http.get(format!("{base}/api/v1/me"));
        let me = me.bearer_auth(&secrets[1]).send().await.unwrap();
        assert_eq!(me.status(), 200);

        let polling = format!("{base}/socket.io/?EIO=4&transport=polling");
        let opened = http.get(&polling).send().await.unwrap().text().await;
        let opened: Value = serde_json::from_str(&opened.unwrap()[1..]).unwrap();
        let polling = format!("{polling}&sid={}", opened["sid"].as_str().unwrap());
        let join = format!(r#"40{{"token":"{}"}}"#, secrets[1]);
        let joined = http.post(&polling).body(join).send().await.unwrap();
        assert_eq!(joined.status(), 200);
        // A ping may come first.
        let mut heard = String::new();
        while !heard.contains(r#"40{"sid""#) {
            assert!(!heard.contains("44"), "{heard}");
            let answer = http.get(&polling).send().await.unwrap();
            heard.push_str(&answer.text().await.unwrap());
        }
    });
    let log = log.await;
    assert!(log.contains("DEBUG"), "{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
    }
}

/// A server that could keep no file does not start, and says why without the key.
#[sqlx::test(migrations = "../migrations")]
async fn a_bucket_that_cannot_be_used_is_refused_at_the_start(pool: PgPool) {
    let bucket = S3Server::start("settings").await;
    let said = async |command: &[&str], more: &[(&str, &str)]| {
        let mut variables = vec![url(&pool), ("JWT_SECRET".to_owned(), SECRET.to_owned())];
        variables.extend(more.iter().map(|it| (it.0.to_owned(), it.1.to_owned())));
        let output = Command::new(env!("CARGO_BIN_EXE_parlance"))
            .args(command)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(
            command != ["serve"] || !output.status.success(),
            "it started"
        );
        String::from_utf8(output.stderr).unwrap()
    };
    let (address, nowhere) = (bucket.url(), bucket.url_of("nowhere"));
    let address = ("S3_URL", address.as_str());
    let id = ("AWS_ACCESS_KEY_ID", KEY_ID);
    let good = ("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    let wrong = ("AWS_SECRET_ACCESS_KEY", "guessed-secret");
    for (variables, words) in [
        (&[address, id, wrong][..], "403 SignatureDoesNotMatch"),
        (&[address, id], "are set together, or neither"),
        (
            &[("S3_URL", nowhere.as_str()), id, good],
            "the bucket nowhere of S3 at http://127.0.0.1:",
        ),
        (
            &[("S3_URL", "s3://u:guessed-secret@b")],
            "AWS_ACCESS_KEY_ID",
        ),
        (&[("S3_URL", "/srv/files")], "is no URL"),
    ] {
        let stderr = said(&["serve"], variables).await;
        assert!(stderr.contains(words), "{variables:?}: {stderr}");
        for secret in ["guessed-secret", SECRET_KEY, KEY_ID] {
            assert!(!stderr.contains(secret), "{stderr}");
        }
    }
    // A command that needs no files works without them.
    let users = said(&["users", "list"], &[address, id, wrong]).await;
    assert!(!users.contains("parlance: "), "{users}");
    assert_eq!(bucket.objects(), [""; 0]);
}
