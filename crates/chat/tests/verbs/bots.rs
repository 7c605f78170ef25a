//! Bots: made by administrators, shown as programs, with tokens of their own.

use crate::fixtures::{people, refused};
use crate::two_factor::{CLIENT, PASSWORD, register, session};
use chat::{Caller, Chat, is_api_token};
use model::{
    Bot, ErrorCode, Login, MemberRole, NewApiToken, NewBot, NewBotToken, NewMembers, NewMessage,
    NewWebhook, PageRequest, Scope, UserRole,
};
use sqlx::PgPool;

fn wanted() -> NewBotToken {
    NewBotToken {
        token: NewApiToken {
            name: "Server".to_owned(),
            scopes: vec![Scope::Write],
            conversation_ids: None,
            expires_in_days: 30,
        },
        current_password: PASSWORD.to_owned(),
        code: None,
    }
}

/// Mallory, an administrator with a password.
pub async fn administrator(chat: &Chat, db: &PgPool) -> Caller {
    let caller = session(chat, register(chat).await).await.0;
    let sql = "update users set role = 'admin' where id = $1";
    sqlx::query(sql)
        .bind(caller.user_id.0)
        .execute(db)
        .await
        .unwrap();
    Caller {
        role: UserRole::Admin,
        ..caller
    }
}

pub async fn bot(chat: &Chat, admin: &Caller) -> Bot {
    let new = NewBot {
        username: "builds".to_owned(),
        name: Some("Builds".to_owned()),
    };
    chat.create_bot(admin, new).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_administrators_make_bots_and_their_tokens(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let admin = administrator(chat, &db).await;
    let new = NewBot {
        username: "mine".to_owned(),
        name: None,
    };
    refused(
        chat.create_bot(&people.ada, new).await,
        ErrorCode::Forbidden,
    );
    let bot = bot(chat, &admin).await;
    let id = bot.user.id;
    assert!(bot.user.bot);
    assert_eq!(bot.owner.as_deref(), Some("mallory"));
    let again = NewBot {
        username: "BUILDS".to_owned(),
        name: None,
    };
    refused(chat.create_bot(&admin, again).await, ErrorCode::Conflict);
    let page = PageRequest::default();
    assert_eq!(chat.bots(&admin, &page).await.unwrap().items.len(), 1);
    for other in [&people.outsider, &people.ada] {
        let forbidden = ErrorCode::Forbidden;
        refused(chat.bots(other, &page).await, forbidden);
        refused(chat.bot_tokens(other, id, &page).await, forbidden);
        let made = chat.create_bot_token(other, id, wanted(), &CLIENT).await;
        refused(made, forbidden);
    }
    // Of a person nobody makes one.
    let of_ada = chat.create_bot_token(&admin, people.ada.user_id, wanted(), &CLIENT);
    refused(of_ada.await, ErrorCode::NotFound);
    // The bot of a webhook would read for an administrator a conversation that is not theirs.
    let group = people.group().await;
    let hook = NewWebhook {
        name: "Monitoring".to_owned(),
        may_mention_many: false,
    };
    let hook = chat.create_webhook(&people.ada, group, hook).await.unwrap();
    let hook = hook.webhook.bot.id;
    let of_hook = chat.create_bot_token(&admin, hook, wanted(), &CLIENT);
    refused(of_hook.await, ErrorCode::NotFound);
    let wrong = NewBotToken {
        current_password: "wrong horse".to_owned(),
        ..wanted()
    };
    let made = chat.create_bot_token(&admin, id, wrong, &CLIENT).await;
    refused(made, ErrorCode::Invalid);
    let created = chat.create_bot_token(&admin, id, wanted(), &CLIENT).await;
    let created = created.unwrap();
    assert!(created.token.starts_with("parlance_bot_") && is_api_token(&created.token));
    let listed = chat.bot_tokens(&admin, id, &page).await.unwrap().items;
    assert_eq!(listed, std::slice::from_ref(&created.details));
    assert!(
        chat.api_tokens(&admin, &page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    // It is a token of the bot's, not of whoever made it.
    let token_id = created.details.id;
    let deleted = chat.delete_api_token(&admin, token_id).await;
    refused(deleted, ErrorCode::NotFound);
    chat.delete_bot_token(&admin, id, token_id).await.unwrap();
    let refusal = chat.authenticate_api_token(&created.token).await;
    refused(refusal, ErrorCode::Unauthenticated);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_signs_in_as_a_bot(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let admin = administrator(chat, &db).await;
    let bot = bot(chat, &admin).await;
    for password in ["", "correct horse"] {
        let login = Login {
            login: "builds".to_owned(),
            password: password.to_owned(),
        };
        refused(chat.login(login, &CLIENT).await, ErrorCode::Unauthenticated);
    }
    let link = chat.create_password_reset(&admin, bot.user.id).await;
    refused(link, ErrorCode::Conflict);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bot_is_no_administrator(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let admin = administrator(chat, &db).await;
    let bot = bot(chat, &admin).await.user.id;
    for caller in [&admin, &Caller::OPERATOR] {
        for role in [UserRole::Admin, UserRole::Member] {
            let set = chat.set_user_role(caller, bot, role).await;
            refused(set, ErrorCode::Conflict);
        }
    }
    let user = chat.user(&people.ada, bot).await.unwrap();
    assert_eq!(user.role, UserRole::Member);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bot_is_shown_as_one_wherever_it_writes(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let admin = administrator(chat, &db).await;
    let bot = bot(chat, &admin).await;
    let group = people.group().await;
    let new = NewMembers {
        user_ids: vec![bot.user.id],
        role: MemberRole::Member,
    };
    let members = chat.add_members(&people.ada, group, new).await.unwrap();
    assert!(members.iter().any(|member| member.user.bot));
    let created = chat.create_bot_token(&admin, bot.user.id, wanted(), &CLIENT);
    let token = created.await.unwrap().token;
    let caller = chat.authenticate_api_token(&token).await.unwrap().caller;
    let new = |body: &str| NewMessage {
        body: body.to_owned(),
        ..NewMessage::default()
    };
    let sent = chat
        .send_message(&caller, group, new("Built."))
        .await
        .unwrap();
    assert!(sent.message.sender.bot);
    let read = chat.message(&people.grace, sent.message.id).await.unwrap();
    assert_eq!(read, sent.message);
    let reply = NewMessage {
        reply_to_id: Some(read.id),
        ..new("Thanks")
    };
    let reply = chat.send_message(&people.ada, group, reply).await.unwrap();
    assert!(!reply.message.sender.bot);
    assert!(reply.message.reply_to.unwrap().sender.bot);
    // People are not.
    let json = serde_json::to_value(chat.user(&people.ada, people.grace.user_id).await.unwrap());
    assert_eq!(json.unwrap().get("bot"), None);

    chat.block_user(&admin, bot.user.id).await.unwrap();
    let refusal = chat.authenticate_api_token(&token).await;
    refused(refusal, ErrorCode::Forbidden);
    let made = chat.create_bot_token(&admin, bot.user.id, wanted(), &CLIENT);
    refused(made.await, ErrorCode::Conflict);
}
