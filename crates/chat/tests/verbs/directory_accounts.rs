//! Users of an app who have an account here as well, and users who are spelled differently: what
//! directories, imports and tokens may do to them.

use crate::{
    app_fixtures::{SHOP, chat_with, shop, token},
    fixtures::refused,
};
use chat::{Caller, Chat, Client, ExternalId, imports};
use model::{DirectoryReport, ErrorCode, Login, Register, UserId, UserRole};
use serde_json::{Value, json};
use sqlx::PgPool;

const PASSWORD: &str = "correct horse battery";

/// The account of an administrator with a password, linked to the shop's `lnk1`.
async fn linked(chat: &Chat) -> UserId {
    let register = Register {
        username: "linda".to_owned(),
        name: Some("Linda".to_owned()),
        email: Some("linda@own.example".to_owned()),
        password: PASSWORD.to_owned(),
    };
    let client = Client::default();
    let linda = chat.register(register, &client).await.unwrap();
    let promotion = chat.set_user_role(&Caller::OPERATOR, linda.user().id, UserRole::Admin);
    promotion.await.unwrap();
    let app_id = chat.app_named("shop").await.unwrap().unwrap();
    let id = ExternalId::parse("lnk1").unwrap();
    let linking = chat.link_app_user(&Caller::OPERATOR, app_id, &id, linda.user().id);
    linking.await.unwrap();
    linda.user().id
}

async fn signs_in(chat: &Chat, login: &str) -> bool {
    let login = Login {
        login: login.to_owned(),
        password: PASSWORD.to_owned(),
    };
    chat.login(login, &Client::default()).await.is_ok()
}

async fn put(chat: &Chat, entry: Value) -> DirectoryReport {
    chat.update_app_users(&Caller::OPERATOR, "shop", &[entry], false)
        .await
        .unwrap()
}

async fn role(db: &PgPool, user_id: UserId) -> String {
    sqlx::query_scalar("select role from users where id = $1")
        .bind(user_id.0)
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_directory_leaves_the_sign_in_of_an_account_alone(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop()]);
    let linda = linked(&chat).await;
    assert_eq!(role(&db, linda).await, "admin");
    let entry = json!({ "id": "lnk1", "username": "taken-over", "email": "new@evil.example",
        "name": "Evil", "role": "member" });
    for _ in 0..2 {
        put(&chat, entry.clone()).await;
        assert!(signs_in(&chat, "linda").await && signs_in(&chat, "linda@own.example").await);
        assert_eq!(role(&db, linda).await, "admin");
        let card = chat.user_card(linda).await.unwrap();
        assert_eq!(card.name, "Linda", "the account's own");
    }
    // A name that changes at the app is followed, as with tokens.
    put(&chat, json!({ "id": "lnk1", "name": "Linda King" })).await;
    assert_eq!(chat.user_card(linda).await.unwrap().name, "Linda King");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_directory_demotes_an_account_that_it_has_promoted(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop()]);
    let linda = linked(&chat).await;
    sqlx::query("update users set role = 'member'")
        .execute(&db)
        .await
        .unwrap();
    put(&chat, json!({ "id": "lnk1", "role": "admin" })).await;
    assert_eq!(role(&db, linda).await, "admin");
    put(&chat, json!({ "id": "lnk1", "role": "member" })).await;
    assert_eq!(role(&db, linda).await, "member");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_import_leaves_the_sign_in_of_an_account_alone(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop()]);
    let linda = linked(&chat).await;
    let mut import = chat.begin_import("shop", false).await.unwrap();
    let row = imports::User {
        id: ExternalId::parse("lnk1").unwrap(),
        name: Some("Evil".to_owned()),
        username: Some("taken-over".to_owned()),
        email: Some("new@evil.example".to_owned()),
        avatar_url: None,
        role: Some(UserRole::Member),
        created_at: None,
        last_seen_at: None,
        active: None,
    };
    import.import_users(&[row]).await.unwrap();
    assert!(signs_in(&chat, "linda").await && signs_in(&chat, "linda@own.example").await);
    assert_eq!(role(&db, linda).await, "admin");
    assert_eq!(chat.user_card(linda).await.unwrap().name, "Linda");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_id_ends_in_any_spelling(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let lower = "507f1f77bcf86cd7994390aa";
    let token = token(json!({ "sub": lower }), SHOP);
    chat.authenticate(&token).await.unwrap();
    let upper = lower.to_ascii_uppercase();
    let ended = chat.end_app_user(&Caller::OPERATOR, "shop", &upper);
    ended.await.unwrap();
    refused(chat.authenticate(&token).await, ErrorCode::Unauthenticated);
    put(&chat, json!({ "id": upper })).await;
    chat.authenticate(&token).await.unwrap();
}
