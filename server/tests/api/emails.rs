//! E-mails over REST and on the pages: forgotten passwords, proofs of addresses, and invitations.

use crate::common::{
    App, PASSWORD,
    browser::Browser,
    mailbox::{Letter, Mailbox},
};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const NEW: &str = "a tin roof in the rain";

/// Waits until so many mails have come.
async fn letters(mailbox: &Mailbox, count: usize) -> Vec<Letter> {
    let mut letters = Vec::new();
    let arrived = async {
        while letters.len() < count {
            letters.extend(mailbox.take());
            sleep(Duration::from_millis(20)).await;
        }
    };
    let arrived = timeout(Duration::from_secs(20), arrived).await;
    arrived.unwrap_or_else(|_| panic!("too few mails: {letters:?}"));
    letters
}

/// Registers somebody who has proved their address.
async fn proved(app: &App, mailbox: &Mailbox, username: &str) -> crate::common::Person {
    let email = format!("{username}@example.org");
    let new = json!({ "username": username, "password": PASSWORD, "email": email });
    let signed_in = app.nobody().post("/auth/register", new).await.expect(201);
    let letter = letters(mailbox, 1).await.remove(0);
    let token = json!({ "token": letter.secret("confirm-email") });
    let nobody = app.nobody();
    let proof = nobody.post("/auth/confirm-email", token.clone()).await;
    assert_eq!(proof.expect(200)["email"], email.as_str());
    let again = app.nobody().post("/auth/confirm-email", token).await;
    again.refused(404, "not_found");
    app.signed_in(&signed_in)
}

#[sqlx::test(migrations = "../migrations")]
async fn asking_for_a_password_answers_the_same_for_everybody(pool: PgPool) {
    let mailbox = Mailbox::default();
    let app = App::start_with_mails(pool, &[], &mailbox).await;
    proved(&app, &mailbox, "ada").await;
    let ask = async |login: &str| {
        let request = json!({ "login": login });
        let answer = app.nobody().post("/auth/password-resets", request).await;
        let headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        (answer.status, answer.body, headers)
    };
    let somebody = ask("ada@example.org").await;
    assert_eq!(somebody.0, 202);
    for nobody in [
        "nobody@example.org",
        "nobody",
        "ada@example.org.evil.example",
    ] {
        assert_eq!(ask(nobody).await, somebody, "{nobody}");
    }
    let letter = letters(&mailbox, 1).await.remove(0);
    assert_eq!(letter.to, "ada@example.org");
    let choice = json!({ "token": letter.secret("reset"), "password": NEW });
    let chosen = app
        .nobody()
        .post("/auth/reset-password", choice.clone())
        .await;
    chosen.expect(200);
    let again = app.nobody().post("/auth/reset-password", choice).await;
    again.refused(404, "not_found");
    let empty = json!({ "login": " " });
    let refused = app.nobody().post("/auth/password-resets", empty).await;
    refused.refused(422, "invalid");
    // The other mail says that the password was changed.
    let note = letters(&mailbox, 1).await.remove(0);
    assert_eq!(note.to, "ada@example.org");
    assert!(note.text.contains("The password was changed."));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_of_a_forgotten_password_works_without_scripts(pool: PgPool) {
    let mailbox = Mailbox::default();
    let app = App::start_with_mails(pool, &[], &mailbox).await;
    proved(&app, &mailbox, "ada").await;
    let browser = Browser::new(&app);
    assert!(
        browser
            .page("/sign-in")
            .await
            .contains("/forgotten-password")
    );
    let page = browser.page("/forgotten-password").await;
    assert!(page.contains("Send the link"), "{page}");
    let mut pages = Vec::new();
    for login in ["ada", "nobody"] {
        let answer = browser
            .post(
                "/forgotten-password",
                "forgotten-password",
                &[("login", login)],
            )
            .await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let path = answer.headers()["location"].to_str().unwrap().to_owned();
        pages.push((browser.page(&path).await.len(), path));
    }
    assert_eq!(pages[0], pages[1]);
    let letter = letters(&mailbox, 1).await.remove(0);
    // Links begin with the address of the settings, whatever the request said.
    assert!(letter.text.contains("https://chat.example.org/reset/"));
    let path = format!("/reset/{}", letter.secret("reset"));
    assert!(browser.page(&path).await.contains("Choose a password"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_is_changed_with_the_password_and_a_link(pool: PgPool) {
    let mailbox = Mailbox::default();
    let app = App::start_with_mails(pool, &[], &mailbox).await;
    let ada = proved(&app, &mailbox, "ada").await;
    let outsider = app.person("outsider").await;
    let change =
        |password: &str| json!({ "email": "new@example.org", "currentPassword": password });
    let refused = ada.put_json("/me/email", change("wrong horse")).await;
    refused.refused(422, "invalid");
    let past = json!({ "email": "new@example.org" });
    ada.patch("/me", past).await.refused(409, "conflict");
    let state = ada
        .put_json("/me/email", change(PASSWORD))
        .await
        .expect(200);
    assert_eq!(state["email"], "ada@example.org");
    assert_eq!(state["pendingEmail"], "new@example.org");
    let sent = letters(&mailbox, 2).await;
    let new = sent.iter().find(|it| it.to == "new@example.org").unwrap();
    assert!(sent.iter().any(|it| it.to == "ada@example.org"));

    // The link shows what it does, and does it by its button.
    let browser = Browser::new(&app);
    let secret = new.secret("confirm-email");
    let path = format!("/confirm-email/{secret}");
    let page = browser.page(&path).await;
    assert!(
        page.contains("new@example.org") && page.contains("ada"),
        "{page}"
    );
    assert_eq!(
        ada.get("/me/email").await.expect(200)["email"],
        "ada@example.org"
    );
    let form = [("token", secret.as_str())];
    let confirmed = browser.post(&path, "confirm-email", &form).await;
    assert_eq!(
        confirmed.headers()["location"],
        "/confirm-email?confirmed=yes"
    );
    let state = ada.get("/me/email").await.expect(200);
    assert_eq!(state["email"], "new@example.org");
    assert_eq!(state["pendingEmail"], Value::Null);
    assert!(state["verifiedAt"].is_string());
    let again = browser.open(&path).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);

    let nothing = outsider.get("/me/email").await.expect(200);
    assert_eq!(nothing["email"], Value::Null);
    let sent = outsider.post_empty("/me/email/verification").await;
    sent.refused(409, "conflict");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_hosts_are_asked_for_an_account_waits_for_its_proof(pool: PgPool) {
    let mailbox = Mailbox::default();
    let flags = ["--registration-domains=example.org"];
    let app = App::start_with_mails(pool, &flags, &mailbox).await;
    let new = json!({ "username": "ada", "password": PASSWORD, "email": "ada@example.org" });
    let made = app.nobody().post("/auth/register", new).await;
    made.refused(403, "email_unconfirmed");
    letters(&mailbox, 1).await;
    let login = json!({ "login": "ada", "password": PASSWORD });
    let waits = app.nobody().post("/auth/login", login.clone()).await;
    waits.refused(403, "email_unconfirmed");
    let letter = letters(&mailbox, 1).await.remove(0);
    let browser = Browser::new(&app);
    let form = [("login", "ada"), ("password", PASSWORD), ("next", "")];
    let answer = browser.post("/sign-in", "sign-in", &form).await;
    assert_eq!(answer.headers()["location"], "/confirm-email");
    assert!(answer.headers().get("set-cookie").is_none());
    let latest = letters(&mailbox, 1).await.remove(0);
    let old = json!({ "token": letter.secret("confirm-email") });
    let old = app.nobody().post("/auth/confirm-email", old).await;
    old.refused(404, "not_found");
    let token = json!({ "token": latest.secret("confirm-email") });
    let proof = app.nobody().post("/auth/confirm-email", token).await;
    proof.expect(200);
    app.nobody().post("/auth/login", login).await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_is_mailed(pool: PgPool) {
    let mailbox = Mailbox::default();
    let app = App::start_with_mails(pool, &[], &mailbox).await;
    let admin = app.administrator("ada").await;
    let outsider = app.person("outsider").await;
    let new = json!({ "email": "grace@example.org" });
    let refused = outsider.post("/invitations", new.clone()).await;
    refused.refused(403, "forbidden");
    let made = admin.post("/invitations", new).await.expect(201);
    assert_eq!(made["invitation"]["email"], "grace@example.org");
    let letter = letters(&mailbox, 1).await.remove(0);
    assert_eq!(letter.to, "grace@example.org");
    assert_eq!(letter.secret("invite"), made["token"].as_str().unwrap());
    let bad = json!({ "email": "grace@example.org\r\nBcc: eve@example.org" });
    admin
        .post("/invitations", bad)
        .await
        .refused(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_mail_server_the_pages_say_whom_to_ask(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let browser = Browser::new(&app);
    assert!(
        browser
            .page("/sign-in")
            .await
            .contains("Ask your administrator")
    );
    let page = browser.page("/forgotten-password").await;
    assert!(page.contains("Ask your administrator"), "{page}");
    let asked = json!({ "login": "ada" });
    let refused = app.nobody().post("/auth/password-resets", asked).await;
    refused.refused(409, "conflict");
    // The address changes at once, as it did.
    let change = json!({ "email": "ada@example.org", "currentPassword": PASSWORD });
    let state = ada.put_json("/me/email", change).await.expect(200);
    assert_eq!(state["email"], "ada@example.org");
    assert_eq!(state["sendsEmails"], false);
    let change = json!({ "email": "other@example.org" });
    ada.patch("/me", change).await.expect(200);
}
