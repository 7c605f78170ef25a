//! Names of apps: each is the app's that the configuration calls so, whatever tokens have made before.

use crate::app_fixtures::{SHOP, app, chat_with, shop, token};
use chat::{AppConfig, Caller, Chat, TokenRules};
use model::{UserId, UserRole};
use serde_json::json;
use sqlx::PgPool;

const SECOND: &[u8] = b"a secret of the second shop, not of the first";

fn of(issuer: &str, id: &str, secret: &[u8]) -> String {
    token(json!({ "iss": issuer, "sub": id }), secret)
}

/// The shop with these issuers, or with any.
fn shop_of(issuers: &[&str]) -> AppConfig {
    AppConfig {
        rules: TokenRules {
            issuers: issuers.iter().map(ToString::to_string).collect(),
            ..TokenRules::default()
        },
        ..shop()
    }
}

async fn user_of(chat: &Chat, token: &str) -> UserId {
    chat.authenticate(token).await.unwrap().user_id
}

async fn names(db: &PgPool) -> Vec<(String, String)> {
    let names = sqlx::query_as("select configured_as, name from apps order by 1, 2");
    names.fetch_all(db).await.unwrap()
}

async fn make_admin(chat: &Chat, app: &str, id: &str) {
    let entry = json!({ "id": id, "role": "admin" });
    let report = chat
        .update_app_users(&Caller::OPERATOR, app, &[entry], false)
        .await;
    assert!(report.unwrap().rejected.is_empty());
}

fn pair(configured_as: &str, name: &str) -> (String, String) {
    (configured_as.to_owned(), name.to_owned())
}

#[sqlx::test(migrations = "../../migrations")]
async fn no_token_gets_the_name_of_a_configured_app(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop(), app("shop-2", SECOND)]);
    user_of(&chat, &of("a", "u1", SHOP)).await;
    let other = user_of(&chat, &of("b", "u1", SHOP)).await;
    assert_eq!(
        names(&db).await,
        [pair("shop", "shop"), pair("shop", "shop-3")]
    );
    make_admin(&chat, "shop-2", "u1").await;
    let imported = chat.begin_import("shop-2", false).await.unwrap().app_id();
    let second = token(json!({ "sub": "u1" }), SECOND);
    let second = chat.authenticate(&second).await.unwrap();
    assert_eq!(
        (second.role, second.app_id),
        (UserRole::Admin, Some(imported))
    );
    assert_ne!(second.user_id, other);
    let other = chat.authenticate(&of("b", "u1", SHOP)).await.unwrap();
    assert_eq!(other.role, UserRole::Member);
    let all = [
        pair("shop", "shop"),
        pair("shop", "shop-3"),
        pair("shop-2", "shop-2"),
    ];
    assert_eq!(names(&db).await, all);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_app_that_is_configured_later_gets_its_name_back(db: PgPool) {
    let before = chat_with(db.clone(), vec![shop()]);
    user_of(&before, &of("a", "u1", SHOP)).await;
    let squatter = user_of(&before, &of("b", "u1", SHOP)).await;
    assert_eq!(
        names(&db).await,
        [pair("shop", "shop"), pair("shop", "shop-2")]
    );
    let after = chat_with(db.clone(), vec![shop(), app("shop-2", SECOND)]);
    make_admin(&after, "shop-2", "u1").await;
    let second = token(json!({ "sub": "u1" }), SECOND);
    let second = after.authenticate(&second).await.unwrap();
    assert_eq!(second.role, UserRole::Admin);
    // The other one is a member under another name, and the same user as before.
    let other = after.authenticate(&of("b", "u1", SHOP)).await.unwrap();
    assert_eq!((other.user_id, other.role), (squatter, UserRole::Member));
    let all = [
        pair("shop", "shop"),
        pair("shop", "shop-3"),
        pair("shop-2", "shop-2"),
    ];
    assert_eq!(names(&db).await, all);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_issuer_that_is_renamed_keeps_its_users(db: PgPool) {
    let user = async |chat: Chat, issuer: &str| user_of(&chat, &of(issuer, "77", SHOP)).await;
    let of_issuers = |issuers: &[&str]| chat_with(db.clone(), vec![shop_of(issuers)]);
    let first = user(of_issuers(&["old"]), "old").await;
    let both = of_issuers(&["new", "old"]);
    assert_eq!(user(both.clone(), "old").await, first);
    assert_eq!(user(both, "new").await, first);
    assert_eq!(user(of_issuers(&["new"]), "new").await, first);
    assert_eq!(user(of_issuers(&["old"]), "old").await, first, "and back");
    // An issuer that has never stood beside these is somebody else, with ids of its own.
    assert_ne!(user(of_issuers(&["other"]), "other").await, first);
    assert_eq!(user(of_issuers(&["new"]), "new").await, first);
}

#[sqlx::test(migrations = "../../migrations")]
async fn issuers_that_have_come_apart_before_can_be_named_together(db: PgPool) {
    let any = chat_with(db.clone(), vec![shop()]);
    let first = user_of(&any, &of("a", "77", SHOP)).await;
    let second = user_of(&any, &of("b", "77", SHOP)).await;
    assert_ne!(first, second);
    for issuers in [["a", "b"], ["b", "a"]] {
        let both = chat_with(db.clone(), vec![shop_of(&issuers)]);
        for issuer in issuers {
            assert_eq!(user_of(&both, &of(issuer, "77", SHOP)).await, first);
        }
    }
}
