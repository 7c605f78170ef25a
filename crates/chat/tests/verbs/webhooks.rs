//! Incoming webhooks: made by owners and admins, used by whoever has the address, and removed.

use crate::fixtures::{people, refused};
use chat::{Caller, Chat, Grant, OpenWebhook};
use model::{
    ConversationId, CreatedWebhook, ErrorCode, MemberRole, NewMembers, NewWebhook, Scope, WebhookId,
};
use sqlx::PgPool;

fn wanted(name: &str) -> NewWebhook {
    NewWebhook {
        name: name.to_owned(),
        may_mention_many: false,
    }
}

async fn made(chat: &Chat, caller: &Caller, id: ConversationId) -> CreatedWebhook {
    let created = chat.create_webhook(caller, id, wanted("Monitoring")).await;
    created.unwrap()
}

fn parts(path: &str) -> (WebhookId, String) {
    let rest = path.strip_prefix("/hooks/").unwrap();
    let (id, secret) = rest.split_once('/').unwrap();
    (id.parse().unwrap(), secret.to_owned())
}

async fn open(chat: &Chat, created: &CreatedWebhook) -> OpenWebhook {
    let (id, secret) = parts(&created.path);
    chat.open_webhook(id, &secret).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn owners_and_admins_make_webhooks_and_others_do_not(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let group = people.group().await;
    let created = made(chat, &people.ada, group).await;
    let (_, secret) = parts(&created.path);
    assert_eq!(secret.len(), 43);
    assert_eq!(created.webhook.bot.name, "Monitoring");
    assert!(created.webhook.bot.bot);
    assert_eq!(created.webhook.created_by.as_deref(), Some("Ada Lovelace"));
    let kept: String = sqlx::query_scalar("select to_jsonb(w)::text from webhooks w")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!kept.contains(&secret), "only a hash is kept");
    let listed = chat.webhooks(&people.ada, group).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&created.webhook));

    let id = created.webhook.id;
    for (caller, code) in [
        (&people.grace, ErrorCode::Forbidden),
        (&people.outsider, ErrorCode::NotFound),
    ] {
        refused(chat.create_webhook(caller, group, wanted("x")).await, code);
        refused(chat.webhooks(caller, group).await, code);
        refused(chat.delete_webhook(caller, group, id).await, code);
    }
    // An address would outlive the token.
    let program = Caller {
        grant: Some(Grant::new(&Scope::ALL, false)),
        ..people.ada
    };
    let by_token = chat.create_webhook(&program, group, wanted("x")).await;
    refused(by_token, ErrorCode::Forbidden);
    refused(chat.webhooks(&program, group).await, ErrorCode::Forbidden);
    let direct = people.direct().await;
    let made = chat.create_webhook(&people.ada, direct, wanted("x")).await;
    refused(made, ErrorCode::Conflict);
    let nameless = chat.create_webhook(&people.ada, group, wanted(" ")).await;
    refused(nameless, ErrorCode::Invalid);
    // Of another conversation it is none.
    let channel = people.channel().await;
    let elsewhere = chat.delete_webhook(&people.ada, channel, id).await;
    refused(elsewhere, ErrorCode::NotFound);
    assert_eq!(chat.webhooks(&people.ada, group).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_it_sends_is_of_a_bot_and_once_by_its_key(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let group = people.group().await;
    let created = made(chat, &people.ada, group).await;
    let webhook = open(chat, &created).await;
    let key = || Some("alert-1".to_owned());
    let sent = chat
        .send_by_webhook(&webhook, "*Down*", key())
        .await
        .unwrap();
    assert_eq!(sent.message.conversation_id, group);
    assert!(sent.message.sender.bot);
    assert_eq!(sent.message.sender.name, "Monitoring");
    let again = chat
        .send_by_webhook(&webhook, "*Down*", key())
        .await
        .unwrap();
    assert!(again.deduplicated);
    assert_eq!(again.message.id, sent.message.id);
    let other = chat.send_by_webhook(&webhook, "*Up*", key()).await;
    refused(other, ErrorCode::Conflict);
    let long = "a".repeat(50_000);
    let cut = chat.send_by_webhook(&webhook, &long, None).await.unwrap();
    assert_eq!(cut.message.body.chars().count(), 10_000);
    let empty = chat.send_by_webhook(&webhook, " ", None).await;
    refused(empty, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn many_are_told_by_a_webhook_that_may(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let group = people.group().await;
    let quiet = open(chat, &made(chat, &people.ada, group).await).await;
    let loud = NewWebhook {
        may_mention_many: true,
        ..wanted("Alarm")
    };
    let loud = chat.create_webhook(&people.ada, group, loud).await.unwrap();
    let loud = open(chat, &loud).await;
    let mentions = async || {
        let summary = chat.conversation(&people.grace, group).await.unwrap();
        summary.mentions
    };
    chat.send_by_webhook(&quiet, "@all @here Up", None)
        .await
        .unwrap();
    assert_eq!(mentions().await, 0);
    chat.send_by_webhook(&quiet, "@grace Up", None)
        .await
        .unwrap();
    assert_eq!(mentions().await, 1);
    chat.send_by_webhook(&loud, "@all Down", None)
        .await
        .unwrap();
    assert_eq!(mentions().await, 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_address_is_good_as_it_was_made_and_not_after_its_end(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let group = people.group().await;
    let created = made(chat, &people.ada, group).await;
    let other = made(chat, &people.ada, group).await;
    let (id, secret) = parts(&created.path);
    let (other_id, _) = parts(&other.path);
    let long = "a".repeat(100_000);
    for (id, secret) in [
        (other_id, secret.as_str()),
        (id, ""),
        (id, &secret[1..]),
        (id, &long),
        (WebhookId(i64::MAX), &secret),
    ] {
        refused(chat.open_webhook(id, secret).await, ErrorCode::NotFound);
    }
    assert_eq!(
        chat.webhooks(&people.ada, group).await.unwrap()[0].last_used_at,
        None
    );
    let webhook = open(chat, &created).await;
    let listed = chat.webhooks(&people.ada, group).await.unwrap();
    assert!(listed[0].last_used_at.is_some());

    let bot_id = created.webhook.bot.id;
    chat.delete_webhook(&people.ada, group, id).await.unwrap();
    refused(chat.open_webhook(id, &secret).await, ErrorCode::NotFound);
    // A request that was under way, too.
    let late = chat.send_by_webhook(&webhook, "late", None).await;
    refused(late, ErrorCode::NotFound);
    let deleted = chat.delete_webhook(&people.ada, group, id).await;
    refused(deleted, ErrorCode::NotFound);
    let page = model::PageRequest::default();
    let members = chat.members(&people.ada, group, page).await.unwrap();
    assert!(members.items.iter().all(|member| member.user.id != bot_id));
    open(chat, &other).await;

    // Whoever removes its bot ends what it sends.
    let (other_id, other_secret) = parts(&other.path);
    let bot = other.webhook.bot.id;
    chat.remove_member(&people.ada, group, bot).await.unwrap();
    let webhook = chat.open_webhook(other_id, &other_secret).await.unwrap();
    let sent = chat.send_by_webhook(&webhook, "Hello?", None).await;
    refused(sent, ErrorCode::NotFound);
    chat.delete_webhook(&people.ada, group, other_id)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_admin_of_a_channel_has_webhooks_as_long_as_they_are_one(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let channel = people.channel().await;
    let admin = NewMembers {
        user_ids: vec![people.linus.user_id],
        role: MemberRole::Admin,
    };
    chat.add_members(&people.ada, channel, admin).await.unwrap();
    let created = made(chat, &people.linus, channel).await;
    chat.remove_member(&people.ada, channel, people.linus.user_id)
        .await
        .unwrap();
    let listed = chat.webhooks(&people.linus, channel).await;
    assert!(listed.is_err());
    // It is the conversation's, and goes on.
    let webhook = open(chat, &created).await;
    chat.send_by_webhook(&webhook, "Still here", None)
        .await
        .unwrap();
    let id = created.webhook.id;
    chat.delete_webhook(&people.ada, channel, id).await.unwrap();
}
