//! Users who are there already: what an import says of them, after tokens, the directory and people.

use super::all;
use super::dump::{START, user};
use crate::{
    directory_fixtures::{APP, Directory, directory, token},
    fixtures::settings,
};
use chat::{
    Chat,
    imports::{Outcome, User},
};
use model::{Profile, UserRole};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

async fn import(chat: &Chat, users: &[User]) -> Outcome {
    let mut import = chat.begin_import(APP, false).await.unwrap();
    import.import_users(users).await.unwrap()
}

/// Name, username, e-mail address, role, and whether the user has ended.
async fn shown(db: &PgPool, name: &str) -> (String, String, Option<String>, String, bool) {
    sqlx::query_as(
        "select u.name, u.username, u.email, u.role, a.ended_at is not null
        from app_users a join users u on u.id = a.user_id where a.external_id = $1",
    )
    .bind(name)
    .fetch_one(db)
    .await
    .unwrap()
}

fn active(name: &str, active: bool) -> User {
    User {
        active: Some(active),
        ..user(name)
    }
}

async fn put(directory: &Directory, users: serde_json::Value) {
    let report = directory.put(users).await;
    assert!(report.rejected.is_empty(), "{report:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_whom_others_have_ended_comes_back(db: PgPool) {
    let directory = directory(db.clone()).await;
    let chat = &directory.chat;
    let dump = [
        active("ada", true),
        active("grace", true),
        active("linus", true),
    ];
    assert_eq!(import(chat, &dump).await.taken, 3);
    put(&directory, json!([{ "id": "ada", "active": false }])).await;
    chat.end_app_user(&directory.admin, APP, "grace")
        .await
        .unwrap();
    assert_eq!(import(chat, &dump).await.unchanged, 3);
    for name in ["ada", "grace"] {
        assert!(shown(&db, name).await.4, "{name}");
    }
    assert!(!shown(&db, "linus").await.4);

    // Also not if the other system has ended them in between.
    let gone = dump.clone().map(|it| User {
        active: Some(false),
        ..it
    });
    import(chat, &gone).await;
    assert!(shown(&db, "linus").await.4);
    import(chat, &dump).await;
    for (name, is_ended) in [("ada", true), ("grace", true), ("linus", false)] {
        assert_eq!(shown(&db, name).await.4, is_ended, "{name}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn whom_the_directory_has_brought_back_stays(db: PgPool) {
    let directory = directory(db.clone()).await;
    let chat = &directory.chat;
    let gone = [active("ada", false)];
    import(chat, &gone).await;
    assert!(shown(&db, "ada").await.4);
    put(&directory, json!([{ "id": "ada", "active": true }])).await;
    import(chat, &gone).await;
    assert!(!shown(&db, "ada").await.4);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_said_since_stays_until_the_dump_says_something_else(db: PgPool) {
    let directory = directory(db.clone()).await;
    let chat = &directory.chat;
    let dump = ["ada", "grace", "linus"].map(user);
    import(chat, &dump).await;
    // A token, the directory, and the user herself.
    let claims = json!({ "sub": "ada", "name": "Ada King", "email": "king@example.org" });
    chat.authenticate(&token(&claims)).await.unwrap();
    let said = json!([{ "id": "grace", "name": "Rear Admiral", "username": "admiral",
        "email": "admiral@example.org", "role": "member" }]);
    put(&directory, said).await;
    let linus = directory.sign_in("linus").await;
    let profile = Profile {
        name: Some("Myself".to_owned()),
        ..Profile::default()
    };
    chat.update_account(&linus, profile).await.unwrap();
    let before = [
        shown(&db, "ada").await,
        shown(&db, "grace").await,
        shown(&db, "linus").await,
    ];
    assert_eq!(before[0].0, "Ada King");
    assert_eq!(before[1].0, "Rear Admiral");
    let again = import(chat, &dump).await;
    assert_eq!((again.updated, again.unchanged), (0, 3));
    // Even a dump that has changed: it is of another time.
    let changed = dump.clone().map(|it| User {
        name: Some("From the dump".to_owned()),
        username: Some("dumped".to_owned()),
        email: Some(format!("{}@dump.example", it.id)),
        role: (it.id.as_str() == "grace").then_some(UserRole::Admin),
        ..it
    });
    import(chat, &changed).await;
    let after = [
        shown(&db, "ada").await,
        shown(&db, "grace").await,
        shown(&db, "linus").await,
    ];
    assert_eq!((&after[0].0, &after[0].2), (&before[0].0, &before[0].2));
    assert_eq!(after[1], before[1]);
    assert_eq!(after[2].0, "Myself");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_nobody_else_has_said_follows_the_dump(db: PgPool) {
    let directory = directory(db.clone()).await;
    let chat = &directory.chat;
    import(chat, &[user("ada")]).await;
    let changed = User {
        name: Some("Ada King".to_owned()),
        username: Some("king".to_owned()),
        email: Some("king@example.org".to_owned()),
        last_seen_at: Some(START),
        ..user("ada")
    };
    for (updated, unchanged) in [(1, 0), (0, 1)] {
        let outcome = import(chat, std::slice::from_ref(&changed)).await;
        assert_eq!((outcome.updated, outcome.unchanged), (updated, unchanged));
    }
    let email = Some("king@example.org".to_owned());
    let wanted = (
        "Ada King".to_owned(),
        "king".to_owned(),
        email,
        "member".to_owned(),
        false,
    );
    assert_eq!(shown(&db, "ada").await, wanted);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_linked_account_keeps_what_it_signs_in_with(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    import(
        &chat,
        &[User {
            username: None,
            email: None,
            ..user("ada")
        }],
    )
    .await;
    sqlx::raw_sql(
        "update users set password_hash = 'x', username = 'linda', email = 'l@home.example'",
    )
    .execute(&db)
    .await
    .unwrap();
    let dump = User {
        username: Some("taken-over".to_owned()),
        email: Some("new@evil.example".to_owned()),
        ..user("ada")
    };
    import(&chat, &[dump]).await;
    let (_, username, email, ..) = shown(&db, "ada").await;
    assert_eq!(
        (username.as_str(), email.as_deref()),
        ("linda", Some("l@home.example"))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_does_not_fit_or_is_taken_is_said(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut rows = ["1", "2", "3", "4", "5"].map(user);
    rows[0].name = Some("é".repeat(81));
    rows[1].email = Some("1@EXAMPLE.org".to_owned());
    rows[2].username = Some("1.old".to_owned());
    rows[3].name = Some("507f1f77bcf86cd799439011".to_owned());
    rows[4].name = Some("é".repeat(80));
    let outcome = import(&chat, &rows).await;
    let mut notes: Vec<_> = outcome
        .adjusted
        .iter()
        .map(|it| (it.id.as_str(), &*it.reason))
        .collect();
    notes.sort_unstable();
    assert_eq!(
        notes,
        [
            ("1", "name cut after 80 characters"),
            ("2", "e-mail address left out: another user has it"),
            ("3", "username taken with an addition: another user has it"),
            ("4", "name left out: it is not one for people"),
        ]
    );
    assert_eq!(outcome.taken, 5);
    // The address is taken once it is free.
    sqlx::raw_sql("update users set email = null where email = '1@example.org'")
        .execute(&db)
        .await
        .unwrap();
    let again = all(vec![import(&chat, &rows[1..2]).await]);
    assert_eq!((again.updated, again.adjusted.len()), (1, 0), "{again:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_can_take_all_usernames_beforehand(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut import = chat.begin_import("app", false).await.unwrap();
    // Every name that can be worked out from the app and the id.
    sqlx::query(
        "insert into users (username, name)
        select 'ada.old', 'Eve' union all
        select 'ada.old-' || substr(md5($1::bigint || chr(10) || 'ada' || n), 1, 8), 'Eve'
        from unnest(array['', '0', '1', '2']) n",
    )
    .bind(import.app_id().0)
    .execute(&db)
    .await
    .unwrap();
    let late = User {
        created_at: Some(START - Duration::days(1)),
        ..user("ada")
    };
    assert_eq!(import.import_users(&[late]).await.unwrap().taken, 1);
}
