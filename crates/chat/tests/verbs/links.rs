//! Links: two ids that are one person, proved by two tokens.

use crate::{
    app_fixtures::{SHOP, app, chat_with, shop, token},
    fixtures::{SECRET, refused},
};
use chat::{AppConfig, Caller, Chat, Client, Delivery, ExternalId, TokenRules};
use model::{
    ConversationKind, ErrorCode, MessagesOfDeleted, NewConversation, Register, UserId, UserRole,
};
use serde_json::json;
use sqlx::PgPool;

const FORUM: &[u8] = b"a secret of the forum";

pub fn chat(db: PgPool) -> Chat {
    chat_with(db, vec![shop(), app("forum", FORUM)])
}

pub fn of_shop(id: &str) -> String {
    token(json!({ "sub": id, "email": "ada@example.org" }), SHOP)
}

pub fn of_forum(id: &str) -> String {
    token(json!({ "sub": id, "email": "ada@example.org" }), FORUM)
}

async fn direct(chat: &Chat, caller: &Caller, with: UserId) {
    let new = NewConversation {
        kind: ConversationKind::Direct,
        member_ids: vec![with],
        title: None,
        description: None,
        private: true,
        client_id: None,
    };
    chat.create_conversation(caller, new).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_tokens_prove_one_person(db: PgPool) {
    let chat = chat(db);
    let ada = chat.authenticate(&of_shop("6")).await.unwrap();
    // The same address is no proof.
    let other = chat.authenticate(&of_forum("x")).await.unwrap();
    assert_ne!(other.user_id, ada.user_id);
    chat.resolve_user(&other, "x").await.unwrap();
    let mut deliveries = chat.subscribe();
    chat.link_token(&ada, &of_forum("x")).await.unwrap();
    let linked = chat.authenticate(&of_forum("x")).await.unwrap();
    assert_eq!(linked.user_id, ada.user_id);
    assert_eq!(linked.app_id, other.app_id, "as a user of the forum");
    assert_eq!(chat.resolve_user(&linked, "x").await.unwrap(), ada.user_id);
    refused(chat.user(&ada, other.user_id).await, ErrorCode::NotFound);
    let delivery = deliveries.next().await.unwrap();
    assert_eq!(*delivery.unwrap(), Delivery::DisconnectUser(other.user_id));
    // Again, and with somebody of the forum whom nobody has seen.
    chat.link_token(&ada, &of_forum("x")).await.unwrap();
    let grace = chat.authenticate(&of_shop("7")).await.unwrap();
    chat.link_token(&grace, &of_forum("y")).await.unwrap();
    let linked = chat.authenticate(&of_forum("y")).await.unwrap();
    assert_eq!(linked.user_id, grace.user_id);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_proof_links_nothing(db: PgPool) {
    let chat = chat(db);
    let ada = Register {
        username: "ada".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: Some("ada@example.org".to_owned()),
    };
    let ada = chat.register(ada, &Client::default()).await.unwrap();
    let tokens = chat.issue_tokens(ada, &Client::default()).await.unwrap();
    let ada = chat.authenticate(&tokens.access_token).await.unwrap();
    let grace = chat.authenticate(&of_shop("7")).await.unwrap();
    for (token, code) in [
        (tokens.access_token.as_str(), ErrorCode::Invalid),
        ("", ErrorCode::Unauthenticated),
        (
            &token(json!({ "sub": "x" }), SECRET),
            ErrorCode::Unauthenticated,
        ),
        (
            &token(json!({ "sub": "x", "exp": 1 }), FORUM),
            ErrorCode::Unauthenticated,
        ),
    ] {
        refused(chat.link_token(&grace, token).await, code);
    }
    // An account of ours takes an id of an app, and keeps its password and its name.
    chat.link_token(&ada, &of_forum("x")).await.unwrap();
    let named = json!({ "sub": "x", "name": "Somebody Else" });
    chat.authenticate(&token(named, FORUM)).await.unwrap();
    let account = chat.account(&ada).await.unwrap();
    assert_eq!(account.user.username, "ada");
    let linked = chat.authenticate(&of_forum("x")).await.unwrap();
    assert_eq!(linked.user_id, ada.user_id);
    // Its id cannot be taken away, as it is the other way in of a user who stays.
    refused(
        chat.link_token(&grace, &of_forum("x")).await,
        ErrorCode::Conflict,
    );
    // One person has one id in an app.
    refused(
        chat.link_token(&ada, &of_forum("z")).await,
        ErrorCode::Conflict,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_with_a_past_stays(db: PgPool) {
    let chat = chat(db);
    let ada = chat.authenticate(&of_shop("6")).await.unwrap();
    let grace = chat.authenticate(&of_shop("7")).await.unwrap();
    let other = chat.authenticate(&of_forum("x")).await.unwrap();
    direct(&chat, &grace, other.user_id).await;
    refused(
        chat.link_token(&ada, &of_forum("x")).await,
        ErrorCode::Conflict,
    );
    let still = chat.authenticate(&of_forum("x")).await.unwrap();
    assert_eq!(still.user_id, other.user_id);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_administrator_links_for_others(db: PgPool) {
    let chat = chat(db.clone());
    let ada = chat.authenticate(&of_shop("6")).await.unwrap();
    let grace = chat.authenticate(&of_shop("7")).await.unwrap();
    let other = chat.authenticate(&of_forum("x")).await.unwrap();
    let (forum, id) = (other.app_id.unwrap(), ExternalId::parse("x").unwrap());
    let link = chat.link_app_user(&grace, forum, &id, ada.user_id).await;
    refused(link, ErrorCode::Forbidden);
    let admin = Caller {
        role: model::UserRole::Admin,
        ..grace
    };
    let unknown = chat
        .link_app_user(&admin, forum, &id, UserId(999_999))
        .await;
    refused(unknown, ErrorCode::NotFound);
    chat.link_app_user(&admin, forum, &id, ada.user_id)
        .await
        .unwrap();
    let linked = chat.authenticate(&of_forum("x")).await.unwrap();
    assert_eq!(linked.user_id, ada.user_id);

    // Nothing leads to an account that was deleted, and nobody gets the id that it had.
    let gone = chat.authenticate(&of_shop("8")).await.unwrap();
    chat.delete_account_of(&Caller::OPERATOR, gone.user_id, MessagesOfDeleted::Keep)
        .await
        .unwrap();
    let to_deleted = chat.link_app_user(&admin, forum, &id, gone.user_id).await;
    refused(to_deleted, ErrorCode::NotFound);
    let heir = chat.authenticate(&of_forum("y")).await.unwrap();
    let (shop, id) = (gone.app_id.unwrap(), ExternalId::parse("8").unwrap());
    let of_deleted = chat.link_app_user(&admin, shop, &id, heir.user_id).await;
    refused(of_deleted, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_link_gives_and_takes_no_role(db: PgPool) {
    let rules = TokenRules {
        admin_claim: Some("role=admin".parse().unwrap()),
        ..TokenRules::default()
    };
    let forum = AppConfig {
        rules,
        ..app("forum", FORUM)
    };
    let chat = chat_with(db.clone(), vec![shop(), forum]);
    let ada = chat.authenticate(&of_shop("6")).await.unwrap();
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(ada.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let boss = token(json!({ "sub": "x", "role": "admin" }), FORUM);
    chat.authenticate(&boss).await.unwrap();
    chat.link_token(&ada, &boss).await.unwrap();
    let later = json!({ "sub": "x", "iat": crate::app_fixtures::in_seconds(1) });
    let linked = chat.authenticate(&token(later, FORUM)).await.unwrap();
    assert_eq!(
        (linked.user_id, linked.role),
        (ada.user_id, UserRole::Admin)
    );
}
