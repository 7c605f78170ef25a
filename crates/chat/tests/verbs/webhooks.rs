//! Incoming webhooks: made by owners and admins, used by whoever has the address, and removed.

use crate::fixtures::{People, people, people_with, refused, settings, text};
use chat::{Caller, Chat, Grant, OpenWebhook, RateLimits, Settings};
use model::{
    ConversationChanges, ConversationId, CreatedWebhook, ErrorCode, MemberRole, NewMembers,
    NewWebhook, Scope, WebhookId,
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
    refused(made, ErrorCode::Forbidden);
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
    // In a channel, where no member without a role may.
    let channel = people.channel().await;
    let loud = NewWebhook {
        may_mention_many: true,
        ..wanted("Alarm")
    };
    let loud = chat.create_webhook(&people.ada, channel, loud).await;
    let loud = open(chat, &loud.unwrap()).await;
    chat.send_by_webhook(&loud, "@all Down", None)
        .await
        .unwrap();
    let summary = chat.conversation(&people.grace, channel).await.unwrap();
    assert_eq!(summary.mentions, 1);
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

async fn limited(db: PgPool, rate_limits: RateLimits) -> People {
    let settings = Settings {
        rate_limits,
        ..settings()
    };
    people_with(db, settings).await
}

/// So many webhooks that somebody has made.
async fn fill(db: &PgPool, id: ConversationId, maker: &Caller, count: i32) {
    sqlx::query(
        "with made as (
            insert into users (username, name, is_bot)
            select 'hook-' || $1::bigint || '-' || n, 'Hook', true from generate_series(1, $3::int) n
            returning id
        ), owned as (
            insert into bots (user_id, owner_id) select id, $2::bigint from made returning user_id
        )
        insert into webhooks (bot_id, conversation_id, secret_hash, may_mention_many, created_by)
        select user_id, $1::bigint, sha256('x'), false, $2::bigint from owned",
    )
    .bind(id.0)
    .bind(maker.user_id.0)
    .bind(count)
    .execute(db)
    .await
    .unwrap();
}

async fn make_admin(people: &People, id: ConversationId, who: &Caller) {
    let set = people
        .chat
        .set_member_role(&people.ada, id, who.user_id, MemberRole::Admin);
    set.await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_conversation_and_a_person_have_few_webhooks(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let (group, channel) = (people.group().await, people.channel().await);
    make_admin(&people, group, &people.grace).await;
    make_admin(&people, channel, &people.grace).await;
    fill(&db, group, ada, 49).await;
    let (one, other) = tokio::join!(
        chat.create_webhook(ada, group, wanted("x")),
        chat.create_webhook(&people.grace, group, wanted("y"))
    );
    assert!(one.is_ok() != other.is_ok());
    let full = chat.create_webhook(ada, group, wanted("x")).await;
    refused(full, ErrorCode::Conflict);
    let other_group = people.group().await;
    fill(&db, other_group, ada, 151).await;
    let many = chat.create_webhook(ada, channel, wanted("x")).await;
    refused(many, ErrorCode::Conflict);
    made(chat, &people.grace, channel).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_webhook_whose_bot_is_not_added_is_none(db: PgPool) {
    let limits = RateLimits {
        people_told_burst: 1_000.try_into().unwrap(),
        people_told_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = limited(db.clone(), limits).await;
    let chat = &people.chat;
    let group = people.group().await;
    sqlx::query("update conversations set member_count = 600")
        .execute(&db)
        .await
        .unwrap();
    let renamed = ConversationChanges {
        title: Some("Looms".to_owned()),
        ..ConversationChanges::default()
    };
    let renamed = chat.update_conversation(&people.ada, group, renamed).await;
    renamed.unwrap();
    // There is some left, and not enough to tell all of them of a new member.
    let created = chat.create_webhook(&people.ada, group, wanted("x")).await;
    refused(created, ErrorCode::TooManyRequests);
    let listed = chat.webhooks(&people.ada, group).await.unwrap();
    assert!(listed.is_empty(), "{listed:?}");
    let bots: Vec<bool> =
        sqlx::query_scalar("select blocked_at is not null from users where is_bot")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(bots, [true], "its bot is blocked");
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_webhooks_of_a_person_have_one_limit(db: PgPool) {
    let limits = RateLimits {
        messages_burst: 20.try_into().unwrap(),
        messages_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = limited(db, limits).await;
    let chat = &people.chat;
    let group = people.group().await;
    make_admin(&people, group, &people.grace).await;
    let one = open(chat, &made(chat, &people.ada, group).await).await;
    let other = open(chat, &made(chat, &people.ada, group).await).await;
    let of_grace = open(chat, &made(chat, &people.grace, group).await).await;
    let counted = (0..1_000).take_while(|_| chat.count_webhook_request(&one).is_ok());
    let counted = counted.count();
    refused(
        chat.count_webhook_request(&other),
        ErrorCode::TooManyRequests,
    );
    assert!((60..1_000).contains(&counted), "{counted}");
    chat.count_webhook_request(&of_grace).unwrap();
    // Who has made them goes on writing.
    let mine = chat.send_message(&people.ada, group, text("mine", None));
    mine.await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_webhooks_of_a_person_tell_so_many_people(db: PgPool) {
    let limits = RateLimits {
        people_told_burst: 1_000.try_into().unwrap(),
        people_told_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = limited(db.clone(), limits).await;
    let chat = &people.chat;
    let group = people.group().await;
    let mut webhooks = Vec::new();
    for _ in 0..3 {
        let created = made(chat, &people.ada, group).await;
        webhooks.push(open(chat, &created).await);
    }
    sqlx::query("update conversations set member_count = 900")
        .execute(&db)
        .await
        .unwrap();
    for webhook in &webhooks[..2] {
        for _ in 0..2 {
            chat.count_webhook_request(webhook).unwrap();
            chat.send_by_webhook(webhook, "Down", None).await.unwrap();
        }
    }
    let third = chat.count_webhook_request(&webhooks[2]);
    refused(third, ErrorCode::TooManyRequests);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bot_inherits_no_conversation(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let group = people.group().await;
    let bot = made(chat, &people.ada, group).await.webhook.bot.id;
    let set = chat.set_member_role(&people.ada, group, bot, MemberRole::Admin);
    set.await.unwrap();
    sqlx::query("update users set blocked_at = now() where id = $1")
        .bind(people.grace.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let owner = async || -> Option<i64> {
        let sql = "select user_id from members
            where conversation_id = $1 and role = 'owner' and left_at is null";
        let query = sqlx::query_scalar(sql).bind(group.0);
        query.fetch_optional(&db).await.unwrap()
    };
    chat.leave_conversation(&people.ada, group).await.unwrap();
    assert_eq!(owner().await, Some(people.linus.user_id.0));
    chat.leave_conversation(&people.linus, group).await.unwrap();
    assert_eq!(owner().await, Some(people.grace.user_id.0), "blocked");
    chat.leave_conversation(&people.grace, group).await.unwrap();
    assert_eq!(owner().await, None, "as with nobody");
}
