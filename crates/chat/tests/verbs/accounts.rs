//! Accounts: registration, signing in, sessions, profile.

use crate::fixtures::{people, refused, settings};
use chat::{Chat, Client, RateLimits, Settings};
use model::{ErrorCode, Login, Profile, Register, UserRole};
use sqlx::PgPool;

fn newcomer(username: &str) -> Register {
    Register {
        username: username.to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: Some(format!("{username}@example.org")),
    }
}

fn login(login: &str, password: &str) -> Login {
    Login {
        login: login.to_owned(),
        password: password.to_owned(),
    }
}

fn client() -> Client {
    Client {
        address: Some([127, 0, 0, 1].into()),
        user_agent: Some("test".to_owned()),
        ..Client::default()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_is_an_administrator_by_being_first(db: PgPool) {
    let chat = Chat::new(db, settings());
    let first = chat.register(newcomer("ada"), &client()).await.unwrap();
    assert_eq!(first.user().role, UserRole::Member);
    assert!(!chat.has_administrator().await.unwrap());
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_registers_with_a_name_that_stands_for_many(db: PgPool) {
    let chat = Chat::new(db, settings());
    for name in [
        "system", "everyone", "here", "all", "channel", "deleted", "ALL",
    ] {
        let made = chat.register(newcomer(name), &Client::default()).await;
        refused(made, ErrorCode::Invalid);
    }
    let made = chat.register(newcomer("allan"), &Client::default()).await;
    made.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn signs_in_by_username_or_email_in_any_case(db: PgPool) {
    let chat = Chat::new(db, settings());
    let ada = chat.register(newcomer("Ada"), &client()).await.unwrap();
    assert_eq!(ada.user().username, "ada");
    for name in ["ada", " ADA ", "ada@example.org", "Ada@Example.ORG"] {
        let again = chat
            .login(login(name, "correct horse"), &client())
            .await
            .unwrap();
        assert_eq!(again.user().id, ada.user().id);
    }
    for (name, password) in [
        ("ada", "wrong horse"),
        ("nobody", "correct horse"),
        ("", ""),
    ] {
        refused(
            chat.login(login(name, password), &client()).await,
            ErrorCode::Unauthenticated,
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn refuses_bad_and_taken_names(db: PgPool) {
    let chat = Chat::new(db, settings());
    chat.register(newcomer("ada"), &client()).await.unwrap();
    refused(
        chat.register(newcomer("ADA"), &client()).await,
        ErrorCode::Conflict,
    );
    let mut same_email = newcomer("ada2");
    same_email.email = Some("ADA@example.org".to_owned());
    refused(
        chat.register(same_email, &client()).await,
        ErrorCode::Conflict,
    );
    for bad in ["", "a", "-ada", "a da", "Ада", "a\0da", &"a".repeat(33)] {
        refused(
            chat.register(newcomer(bad), &client()).await,
            ErrorCode::Invalid,
        );
    }
    for bad in ["short", &"x".repeat(257)] {
        let new = Register {
            password: bad.to_owned(),
            ..newcomer("grace")
        };
        refused(chat.register(new, &client()).await, ErrorCode::Invalid);
    }
    for bad in ["grace", "@example.org", "grace@", "gr ace@example.org"] {
        let new = Register {
            email: Some(bad.to_owned()),
            ..newcomer("grace")
        };
        refused(chat.register(new, &client()).await, ErrorCode::Invalid);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn wrong_passwords_are_limited_even_when_volume_is_not(db: PgPool) {
    let limits = RateLimits {
        volume: false,
        wrong_passwords: 3,
        ..RateLimits::default()
    };
    let chat = Chat::new(
        db,
        Settings {
            rate_limits: limits,
            ..settings()
        },
    );
    chat.register(newcomer("ada"), &client()).await.unwrap();
    // Right passwords do not count.
    for _ in 0..5 {
        chat.login(login("ada", "correct horse"), &client())
            .await
            .unwrap();
    }
    for _ in 0..3 {
        refused(
            chat.login(login("ada", "wrong"), &client()).await,
            ErrorCode::Unauthenticated,
        );
    }
    let result = chat.login(login("ada", "correct horse"), &client()).await;
    assert!(
        result
            .as_ref()
            .is_err_and(|e| e.retry_after().is_some_and(|s| s > 800)),
        "{result:?}"
    );
    // Another address is not limited by it.
    let elsewhere = Client {
        address: Some([10, 0, 0, 1].into()),
        ..Client::default()
    };
    chat.login(login("ada", "correct horse"), &elsewhere)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn registrations_of_an_address_are_limited(db: PgPool) {
    let limits = RateLimits {
        registrations_per_hour: 2.try_into().unwrap(),
        ..RateLimits::default()
    };
    let chat = Chat::new(
        db,
        Settings {
            rate_limits: limits,
            ..settings()
        },
    );
    chat.register(newcomer("ada"), &client()).await.unwrap();
    chat.register(newcomer("grace"), &client()).await.unwrap();
    refused(
        chat.register(newcomer("linus"), &client()).await,
        ErrorCode::TooManyRequests,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_profile_changes_what_it_names(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let profile = Profile {
        email: Some("a@example.org".to_owned()),
        ..Profile::default()
    };
    let account = chat.update_account(&people.ada, profile).await.unwrap();
    assert_eq!(account.email.as_deref(), Some("a@example.org"));
    assert_eq!(account.user.name, "Ada Lovelace");
    let taken = Profile {
        email: Some("A@example.org".to_owned()),
        ..Profile::default()
    };
    refused(
        chat.update_account(&people.grace, taken).await,
        ErrorCode::Conflict,
    );
    let gone = Profile {
        email: Some(String::new()),
        name: Some(" Ada ".to_owned()),
        ..Profile::default()
    };
    let account = chat.update_account(&people.ada, gone).await.unwrap();
    assert_eq!((account.email, account.user.name.as_str()), (None, "Ada"));
    for bad in [
        Profile {
            name: Some(" ".to_owned()),
            ..Profile::default()
        },
        Profile {
            name: Some("x".repeat(81)),
            ..Profile::default()
        },
        Profile {
            avatar_url: Some("javascript:alert(1)".to_owned()),
            ..Profile::default()
        },
        Profile {
            avatar_url: Some("//evil.example/ada.png".to_owned()),
            ..Profile::default()
        },
        Profile {
            avatar_url: Some("/uploads/1/ada.png".to_owned()),
            ..Profile::default()
        },
        Profile {
            avatar_url: Some("https://ada@evil.example/ada.png".to_owned()),
            ..Profile::default()
        },
        Profile {
            email: Some("\"ada@evil.example\"@example.org".to_owned()),
            ..Profile::default()
        },
    ] {
        refused(
            chat.update_account(&people.ada, bad).await,
            ErrorCode::Invalid,
        );
    }
}
