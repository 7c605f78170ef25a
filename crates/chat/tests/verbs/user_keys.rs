//! Users named by an app and its id, in the public API.

use crate::{
    directory_fixtures::{APP, directory},
    fixtures::refused,
};
use chat::{Caller, Client};
use model::{AppUserId, ErrorCode, PageRequest, Register, UserKey};
use serde_json::json;
use sqlx::PgPool;

fn key(text: &str) -> UserKey {
    text.parse().unwrap()
}

fn app_id(id: &str) -> AppUserId {
    AppUserId {
        app: APP.to_owned(),
        id: id.to_owned(),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_number_is_ours_and_an_apps_id_has_its_name(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    directory.put(json!([{ "id": 1 }, { "id": "a/b:c" }])).await;
    let (one, other) = (
        directory.sign_in("1").await,
        directory.sign_in("a/b:c").await,
    );
    assert_ne!(one.user_id, directory.admin.user_id);
    let keys = [
        key(&directory.admin.user_id.to_string()),
        key("app:a/b:c"),
        key("app:1"),
        key("app:a/b:c"),
    ];
    let found = chat
        .resolve_user_keys(&one, "userIds", &keys)
        .await
        .unwrap();
    assert_eq!(
        found,
        [
            directory.admin.user_id,
            other.user_id,
            one.user_id,
            other.user_id
        ]
    );
    let found = chat.user_by_app_id(&one, &app_id("a/b:c")).await.unwrap();
    assert_eq!(found.id, other.user_id);
    // Ids that are made for users without one are no ids of the app.
    for id in [
        "-1",
        "ffffffff0000000000000001",
        "czzzzzzzz0000000000000001",
    ] {
        let found = chat.user_by_app_id(&directory.admin, &app_id(id)).await;
        refused(found, ErrorCode::NotFound);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_naming_somebody_for_something_makes_a_placeholder(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    let ada = directory.sign_in("1").await;
    let number = async || {
        let page = PageRequest::default();
        let users = chat.app_users(&directory.admin, APP, page).await.unwrap();
        users.items.len()
    };
    for caller in [&ada, &directory.admin] {
        refused(
            chat.user_by_app_id(caller, &app_id("2")).await,
            ErrorCode::NotFound,
        );
        refused(
            chat.find_user_by_key(caller, &key("app:2")).await,
            ErrorCode::NotFound,
        );
    }
    let many = vec![key("app:2"); 502];
    let named = chat.resolve_user_keys(&ada, "userIds", &many).await;
    refused(named, ErrorCode::Invalid);
    assert_eq!(number().await, 1);

    let keys = [key("app:2"), key("app:3"), key("app:2"), key("app:1")];
    let named = chat
        .resolve_user_keys(&ada, "userIds", &keys)
        .await
        .unwrap();
    assert_eq!((named[0], named[3]), (named[2], ada.user_id));
    assert_ne!(named[0], named[1]);
    assert_eq!(number().await, 3);
    let again = chat
        .resolve_user_keys(&directory.admin, "userIds", &keys)
        .await;
    assert_eq!(again.unwrap(), named);
    assert_eq!(directory.sign_in("3").await.user_id, named[1]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_apps_ids_are_no_business_of_others(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    let ada = directory.sign_in("1").await;
    let outsider = Register {
        username: "eve".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    };
    let outsider = chat.register(outsider, &Client::default()).await.unwrap();
    let outsider = Caller {
        user_id: outsider.user().id,
        ..Caller::OPERATOR
    };
    let outsider = Caller {
        role: model::UserRole::Member,
        ..outsider
    };
    // A user of another app.
    let claims = json!({ "iss": "forum", "sub": "1" });
    let claims = crate::directory_fixtures::token(&claims);
    let other = chat.authenticate(&claims).await.unwrap();
    assert_ne!((other.user_id, other.app_id), (ada.user_id, ada.app_id));
    for caller in [&outsider, &other] {
        for id in ["1", "2"] {
            let found = chat.user_by_app_id(caller, &app_id(id)).await;
            refused(found, ErrorCode::NotFound);
            let named = [UserKey::App(app_id(id))];
            let named = chat.resolve_user_keys(caller, "userIds", &named).await;
            refused(named, ErrorCode::NotFound);
        }
    }
    // A browser of Ada's, without a token of the app, knows its users but makes no placeholders.
    let browser = Caller {
        app_id: None,
        ..ada
    };
    let found = chat.user_by_app_id(&browser, &app_id("1")).await.unwrap();
    assert_eq!(found.id, ada.user_id);
    let named = chat
        .resolve_user_keys(&browser, "userIds", &[key("app:9")])
        .await;
    refused(named, ErrorCode::NotFound);
    let app = key("forum:1");
    refused(chat.find_user_by_key(&ada, &app).await, ErrorCode::NotFound);
}
