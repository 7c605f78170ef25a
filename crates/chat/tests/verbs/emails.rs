//! The queue of e-mails, and the link for a forgotten password.

use crate::{
    fixtures::{people_with, refused, settings},
    mailbox::{Letter, Mailbox, hasten, waiting},
};
use chat::{Authenticated, Caller, Chat, Client, SendError, Settings, SingleSignOn};
use model::{ErrorCode, Login, PasswordReset, Register};
use sqlx::PgPool;

const OLD: &str = "correct horse";
const NEW: &str = "a tin roof in the rain";

static CLIENT: Client = Client {
    address: None,
    user_agent: None,
    door: None,
    device: None,
    remembered: None,
};

fn register(username: &str, email: Option<&str>) -> Register {
    Register {
        username: username.to_owned(),
        password: OLD.to_owned(),
        name: None,
        email: email.map(str::to_owned),
    }
}

async fn login(chat: &Chat, password: &str) -> chat::Result<Authenticated> {
    let login = Login {
        login: "mallory".to_owned(),
        password: password.to_owned(),
    };
    chat.login(login, &CLIENT).await
}

fn reset(letter: &Letter, password: &str) -> PasswordReset {
    PasswordReset {
        token: letter.secret("reset"),
        password: password.to_owned(),
    }
}

/// A chat that sends mails, with mallory, who has proved her address.
async fn mallory(db: &PgPool, mailbox: &Mailbox) -> Chat {
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    let chat = people.chat;
    let new = register("mallory", Some("Mallory@example.org"));
    chat.register(new, &CLIENT).await.unwrap();
    chat.send_due_emails().await.unwrap();
    let letter = mailbox.take_one();
    assert_eq!(letter.to, "Mallory@example.org");
    let secret = letter.secret("confirm-email");
    let proof = chat.email_proof(&secret).await.unwrap();
    assert_eq!(proof.username, "mallory");
    chat.confirm_email(&secret).await.unwrap();
    chat
}

async fn ask(chat: &Chat, login: &str) {
    chat.request_password_reset(login, &CLIENT).await.unwrap();
    chat.send_due_emails().await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_forgotten_password_is_replaced_by_a_mailed_link(db: PgPool) {
    let mailbox = Mailbox::default();
    let chat = mallory(&db, &mailbox).await;
    for name in ["mallory", "mallory@EXAMPLE.org", " MALLORY "] {
        ask(&chat, name).await;
        let letter = mailbox.take_one();
        // To the address of the account, and not to what was typed.
        assert_eq!(letter.to, "Mallory@example.org");
        assert_eq!(waiting(&db).await, 0);
    }
    ask(&chat, "mallory").await;
    let letter = mailbox.take_one();
    login(&chat, OLD).await.unwrap();
    let too_short = chat.reset_password(reset(&letter, "short"), &CLIENT);
    refused(too_short.await, ErrorCode::Invalid);
    // Of two at once, one finds the link.
    let (first, second) = tokio::join!(
        chat.reset_password(reset(&letter, NEW), &CLIENT),
        chat.reset_password(reset(&letter, NEW), &CLIENT)
    );
    assert!(first.is_ok() != second.is_ok());
    let again = chat.reset_password(reset(&letter, OLD), &CLIENT);
    refused(again.await, ErrorCode::NotFound);
    refused(login(&chat, OLD).await, ErrorCode::Unauthenticated);
    login(&chat, NEW).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_learns_who_exists(db: PgPool) {
    let mailbox = Mailbox::default();
    let chat = mallory(&db, &mailbox).await;
    // Someone has typed this address, and nobody has proved it.
    let new = register("trent", Some("trent@example.org"));
    let trent = chat.register(new, &CLIENT).await.unwrap();
    chat.send_due_emails().await.unwrap();
    mailbox.take();
    for name in [
        "nobody",
        "nobody@example.org",
        "trent",
        "trent@example.org",
        "ada",
        "x\r\nBcc: eve@example.org",
        "mallory@example.org, eve@example.org",
        "mallory",
    ] {
        let asked = chat.request_password_reset(name, &CLIENT).await;
        assert!(asked.is_ok(), "{name}");
        assert_eq!(waiting(&db).await, 1, "{name}: one row, whoever it is");
        chat.send_due_emails().await.unwrap();
        let expected = usize::from(name == "mallory");
        assert_eq!(mailbox.take().len(), expected, "{name}");
        assert_eq!(waiting(&db).await, 0, "{name}");
    }
    for bad in ["", "   ", &"x".repeat(255)] {
        let asked = chat.request_password_reset(bad, &CLIENT);
        refused(asked.await, ErrorCode::Invalid);
    }
    // Nor by being blocked.
    let id = trent.user().id;
    chat.block_user(&Caller::OPERATOR, id).await.unwrap();
    ask(&chat, "trent").await;
    assert!(mailbox.take().is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_fills_the_mailbox_of_another_person(db: PgPool) {
    let mailbox = Mailbox::default();
    let chat = mallory(&db, &mailbox).await;
    for name in [
        "mallory",
        "mallory@example.org",
        "MALLORY@example.org",
        "Mallory@Example.Org",
    ] {
        for _ in 0..7 {
            ask(&chat, name).await;
        }
    }
    assert_eq!(mailbox.take().len(), 5);
    assert_eq!(waiting(&db).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mail_waits_for_its_server_and_has_the_same_link(db: PgPool) {
    let mailbox = Mailbox::default();
    let chat = mallory(&db, &mailbox).await;
    let later = || SendError::Later("the mail server answers 451".to_owned());
    mailbox.refuse(later());
    ask(&chat, "mallory").await;
    assert!(mailbox.take().is_empty());
    assert_eq!(waiting(&db).await, 1);
    // It is not tried again at once.
    chat.send_due_emails().await.unwrap();
    assert!(mailbox.take().is_empty());
    // Nothing that opens the link is in the row.
    let row: String = sqlx::query_scalar("select e::text from emails e")
        .fetch_one(&db)
        .await
        .unwrap();
    hasten(&db).await;
    chat.send_due_emails().await.unwrap();
    let first = mailbox.take_one();
    assert!(!row.contains(&first.secret("reset")), "{row}");
    assert_eq!(waiting(&db).await, 0);
    chat.reset_password(reset(&first, NEW), &CLIENT)
        .await
        .unwrap();
    // The note of the changed password.
    chat.send_due_emails().await.unwrap();
    assert_eq!(mailbox.take().len(), 1);

    // One that the mail server will never take is forgotten.
    mailbox.refuse(SendError::Never("the mail server answers 550".to_owned()));
    ask(&chat, "mallory").await;
    assert_eq!((mailbox.take().len(), waiting(&db).await), (0, 0));

    // And one that has waited for a day.
    mailbox.refuse(later());
    ask(&chat, "mallory").await;
    let sql = "update emails set queued_at = now() - interval '25 hours'";
    sqlx::query(sql).execute(&db).await.unwrap();
    hasten(&db).await;
    chat.send_due_emails().await.unwrap();
    assert_eq!((mailbox.take().len(), waiting(&db).await), (0, 0));
}

/// The mail server has taken it, and the answer was lost: the mail is sent again, when its link was used already.
#[sqlx::test(migrations = "../../migrations")]
async fn a_used_link_does_not_come_back_with_a_second_attempt(db: PgPool) {
    let mailbox = Mailbox::default();
    let chat = mallory(&db, &mailbox).await;
    chat.request_password_reset("mallory", &CLIENT)
        .await
        .unwrap();
    let nonce: Vec<u8> = sqlx::query_scalar("select nonce from emails")
        .fetch_one(&db)
        .await
        .unwrap();
    chat.send_due_emails().await.unwrap();
    let letter = mailbox.take_one();
    chat.reset_password(reset(&letter, NEW), &CLIENT)
        .await
        .unwrap();
    // The note of the changed password.
    chat.send_due_emails().await.unwrap();
    assert_eq!(mailbox.take().len(), 1);
    let sql = "insert into emails (kind, recipient, nonce, has_link, attempts)
        values ('password_reset', 'mallory', $1, true, 1)";
    sqlx::query(sql).bind(nonce).execute(&db).await.unwrap();
    chat.send_due_emails().await.unwrap();
    assert_eq!((mailbox.take().len(), waiting(&db).await), (0, 0));
    let again = chat.reset_password(reset(&letter, OLD), &CLIENT);
    refused(again.await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_mail_is_sent_by_one_node(db: PgPool) {
    let mailbox = Mailbox::default();
    let one = mallory(&db, &mailbox).await;
    let other = Chat::new(db.clone(), mailbox.settings(settings()));
    for n in 0..12 {
        let email = format!("person{n}@example.org");
        let new = register(&format!("person{n}"), Some(&email));
        one.register(new, &CLIENT).await.unwrap();
    }
    assert_eq!(waiting(&db).await, 12);
    let (first, second) = tokio::join!(one.send_due_emails(), other.send_due_emails());
    first.unwrap();
    second.unwrap();
    let mut to: Vec<_> = mailbox.take().into_iter().map(|it| it.to).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), waiting(&db).await), (12, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_server_without_mails_says_so(db: PgPool) {
    let people = people_with(db.clone(), settings()).await;
    let chat = &people.chat;
    let asked = chat.request_password_reset("mallory", &CLIENT);
    refused(asked.await, ErrorCode::Conflict);
    let sent = chat.send_verification(&people.ada, &CLIENT);
    refused(sent.await, ErrorCode::Conflict);
    chat.register(register("trent", Some("trent@example.org")), &CLIENT)
        .await
        .unwrap();
    assert_eq!(waiting(&db).await, 0);
    assert_eq!(chat.email_backlog(), None);
}

/// Nobody comes past a provider by the password of before.
#[sqlx::test(migrations = "../../migrations")]
async fn where_passwords_are_off_no_link_is_mailed(db: PgPool) {
    let mailbox = Mailbox::default();
    let chat = mallory(&db, &mailbox).await;
    ask(&chat, "mallory").await;
    mailbox.take_one();
    let off = Settings {
        single_sign_on: SingleSignOn {
            passwords: false,
            ..SingleSignOn::default()
        },
        ..mailbox.settings(settings())
    };
    let chat = Chat::new(db.clone(), off);
    let asked = chat.request_password_reset("mallory", &CLIENT).await;
    refused(asked, ErrorCode::Forbidden);
    // One that waited when they were turned off.
    let sql =
        "insert into emails (kind, recipient, nonce) values ('password_reset', 'mallory', $1)";
    sqlx::query(sql)
        .bind(vec![7_u8; 32])
        .execute(&db)
        .await
        .unwrap();
    chat.send_due_emails().await.unwrap();
    assert!(mailbox.take().is_empty());
    assert_eq!(waiting(&db).await, 0);
}
