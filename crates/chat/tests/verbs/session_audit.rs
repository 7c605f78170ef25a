//! The audit of callers whose sockets are open.

use crate::{
    app_fixtures::{SHOP, chat_with, shop, token},
    fixtures::{SECRET, people, people_with, settings},
};
use chat::{Caller, Chat, Client, Keys, OwnKeys, Settings, TokenRules};
use model::{Register, UserRole};
use serde_json::json;
use sqlx::PgPool;

async fn execute(db: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(db).await.unwrap();
}

/// Ada with a session.
async fn signed_in(chat: &Chat) -> Caller {
    let ada = Register {
        username: "ada".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    };
    let ada = chat.register(ada, &Client::default()).await.unwrap();
    let tokens = chat.issue_tokens(ada, &Client::default()).await.unwrap();
    chat.authenticate(&tokens.access_token).await.unwrap()
}

async fn audit(chat: &Chat, caller: Caller) -> Option<UserRole> {
    chat.audit_callers(&[caller]).await.unwrap()[0]
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_session_that_has_ended_is_found_and_one_with_a_socket_goes_on(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = signed_in(&chat).await;
    assert_eq!(audit(&chat, ada).await, Some(UserRole::Member));
    execute(
        &db,
        "update sessions set last_used_at = now() - interval '59 days',
            expires_at = now() + interval '1 day'",
    )
    .await;
    assert_eq!(audit(&chat, ada).await, Some(UserRole::Member));
    let days: i32 = sqlx::query_scalar(
        "select round(extract(epoch from expires_at - now()) / 86400)::int from sessions",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(days, 60, "an open socket is use");
    execute(&db, "update sessions set expires_at = now()").await;
    assert_eq!(audit(&chat, ada).await, None);
    execute(
        &db,
        "update sessions set expires_at = now() + interval '1 day', revoked_at = now()",
    )
    .await;
    assert_eq!(audit(&chat, ada).await, None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_caller_gets_the_role_that_they_have_now(db: PgPool) {
    let people = people(db.clone()).await;
    execute(
        &db,
        "update users set role = 'admin' where username = 'grace'",
    )
    .await;
    execute(
        &db,
        "update users set blocked_at = now() where username = 'linus'",
    )
    .await;
    let gone = Caller {
        user_id: model::UserId(i64::MAX),
        ..people.ada
    };
    let no_session = Caller {
        session_id: Some(model::SessionId(i64::MAX)),
        ..people.ada
    };
    let callers = [people.ada, people.grace, people.linus, gone, no_session];
    let (member, admin) = (Some(UserRole::Member), Some(UserRole::Admin));
    let roles = people.chat.audit_callers(&callers).await.unwrap();
    assert_eq!(roles, [member, admin, None, None, None]);
    let many = vec![people.grace; 2_500];
    let roles = people.chat.audit_callers(&many).await.unwrap();
    assert_eq!(roles, vec![admin; 2_500]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_who_is_gone_from_the_app_is_found(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop()]);
    let claims = json!({ "sub": "6" });
    let ada = chat.authenticate(&token(claims, SHOP)).await.unwrap();
    assert_eq!(audit(&chat, ada).await, Some(UserRole::Member));
    execute(&db, "update app_users set ended_at = now()").await;
    assert_eq!(audit(&chat, ada).await, None);
}

/// The database has another role, and the socket keeps the one of its token.
#[sqlx::test(migrations = "../../migrations")]
async fn a_role_that_the_token_claims_is_told_as_such(db: PgPool) {
    let own = OwnKeys {
        secret: SECRET,
        rs256: None,
    };
    let rules = TokenRules {
        admin_claim: Some("role=admin".parse().unwrap()),
        ..TokenRules::default()
    };
    let keys = Keys::with_apps(&own, Some((own.issuer_keys(), rules)), Vec::new()).unwrap();
    let people = people_with(db, Settings { keys, ..settings() }).await;
    for (role, is_admin) in [("admin", true), ("member", false)] {
        let claims = json!({ "sub": people.ada.user_id, "role": role });
        let token = token(claims, SECRET);
        let authentication = people.chat.authenticate_token(None, &token).await.unwrap();
        assert_eq!(authentication.is_role_fixed, is_admin);
        assert_eq!(authentication.caller.role == UserRole::Admin, is_admin);
    }
}
