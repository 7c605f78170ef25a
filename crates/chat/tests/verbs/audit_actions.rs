//! Every action of the audit log is written by a verb, and none is written by a verb that is refused.

use crate::{
    audit::erase,
    audit_bounds::OF_DEVICES,
    authenticator::code,
    directory_fixtures::directory,
    fixtures::{People, people, people_with, settings, text},
    identity_fixtures::{mary, sso},
    identity_links::{self, come_back, eva},
    links,
    mailbox::Mailbox,
    two_factor::{CLIENT, PASSWORD, begin, forget_steps, login, proof, session, typed},
};
use chat::{Caller, Chat, Client, ExternalId, IdKind};
use model::AuditAction::{self, *};
use model::{
    AuditFilter, ConversationChanges, ConversationKind, EmailChange, Login, MemberRole,
    NewAnnouncement, NewApiToken, NewBot, NewInvitation, NewMembers, NewPersonalToken,
    NewUserAccount, NewWebhook, PasswordChange, Profile, Register, Scope, UserRole,
};
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeSet;

const OF_ACCOUNTS: &[AuditAction] = &[
    SessionStarted,
    SessionRefused,
    SessionSignedOut,
    SessionEnded,
    SessionOthersEnded,
    SessionReused,
    PasswordChanged,
    PasswordResetMailed,
    PasswordLinkMade,
    PasswordReset,
    EmailChangeAsked,
    EmailChanged,
    EmailConfirmed,
    EmailRemoved,
    TwoFactorEnabled,
    TwoFactorDisabled,
    TwoFactorReset,
    TwoFactorCodesRenewed,
    TwoFactorRecoveryUsed,
    TokenCreated,
    TokenDeleted,
    UserRegistered,
];

const OF_ADMINISTRATION: &[AuditAction] = &[
    BotCreated,
    UserCreated,
    UserBlocked,
    UserUnblocked,
    UserSessionsEnded,
    UserRoleChanged,
    InvitationCreated,
    InvitationRevoked,
    InvitationUsed,
    AnnouncementSent,
    HistoryImported,
    HistoryExported,
    AuditExported,
    AuditSwept,
    AuditErased,
];

const OF_CONVERSATIONS: &[AuditAction] = &[
    WebhookCreated,
    WebhookDeleted,
    ConversationCreated,
    ConversationChanged,
    ConversationDeleted,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    MessageDeleted,
];
const OF_APPS: &[AuditAction] = &[DirectoryUpdated, DirectoryUserEnded];
const OF_LINKS: &[AuditAction] = &[DirectoryUserLinked];
const OF_DATA: &[AuditAction] = &[DataExported, DataOfUserExported, UserDeleted, UserLeft];
const OF_IDENTITIES: &[AuditAction] = &[IdentityLinked, IdentityUnlinked, SessionEndedByProvider];

async fn written(db: &PgPool) -> BTreeSet<String> {
    let actions = sqlx::query_scalar("select distinct action from audit_entries");
    actions.fetch_all(db).await.unwrap().into_iter().collect()
}

pub async fn expect(db: &PgPool, actions: &[AuditAction]) {
    let written = written(db).await;
    let missing: Vec<_> = actions
        .iter()
        .filter(|it| !written.contains(it.name()))
        .collect();
    assert!(missing.is_empty(), "no verb has written {missing:?}");
}

#[test]
fn every_action_is_tried_and_documented() {
    let all = [
        OF_ACCOUNTS,
        OF_ADMINISTRATION,
        OF_CONVERSATIONS,
        OF_APPS,
        OF_LINKS,
        OF_IDENTITIES,
        OF_DATA,
        OF_DEVICES,
        crate::pictures::OF_PICTURES,
    ];
    let tried: BTreeSet<_> = all.concat().into_iter().collect();
    let known: BTreeSet<_> = AuditAction::ALL.iter().copied().collect();
    assert_eq!(tried, known);
    let documented = include_str!("../../../../docs/audit-log.md");
    for action in known {
        assert!(documented.contains(&format!("| `{action}` |")), "{action}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn accounts(db: PgPool) {
    let mailbox = Mailbox::default();
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    let chat = &people.chat;
    let new = Register {
        username: "mallory".to_owned(),
        password: PASSWORD.to_owned(),
        name: None,
        email: Some("mallory@example.org".to_owned()),
    };
    let who = chat.register(new, &CLIENT).await.unwrap();
    chat.send_due_emails().await.unwrap();
    chat.confirm_email(&mailbox.take_one().secret("confirm-email"))
        .await
        .unwrap();
    let (caller, tokens) = session(chat, who).await;
    sessions(chat, &caller, &tokens.refresh_token).await;
    passwords(chat, &mailbox).await;
    let (caller, _) = session(chat, login(chat, &CLIENT).await.unwrap()).await;
    second_factor(chat, &db, &caller).await;
    let (caller, _) = session(chat, login(chat, &CLIENT).await.unwrap()).await;
    let new = NewPersonalToken {
        token: NewApiToken {
            name: "Nightly build".to_owned(),
            scopes: vec![Scope::Read],
            conversation_ids: None,
            expires_in_days: 1,
        },
        current_password: PASSWORD.to_owned(),
        code: None,
    };
    let token = chat.create_api_token(&caller, new, &CLIENT).await.unwrap();
    chat.delete_api_token(&caller, token.details.id)
        .await
        .unwrap();
    for email in ["other@example.org", ""] {
        let change = EmailChange {
            email: email.to_owned(),
            current_password: PASSWORD.to_owned(),
            code: String::new(),
        };
        chat.change_email(&caller, change, &CLIENT).await.unwrap();
    }
    // Where no mails are sent, it changes at once.
    let profile = Profile {
        email: Some("third@example.org".to_owned()),
        ..Profile::default()
    };
    let without_mails = Chat::new(db.clone(), settings());
    without_mails
        .update_account(&caller, profile)
        .await
        .unwrap();
    chat.logout(&caller).await.unwrap();
    expect(&db, OF_ACCOUNTS).await;
    let details: Vec<String> = sqlx::query_scalar("select details::text from audit_entries")
        .fetch_all(&db)
        .await
        .unwrap();
    for secret in [PASSWORD, "Nightly", "@example.org", token.token.as_str()] {
        assert!(details.iter().all(|it| !it.contains(secret)), "{secret}");
    }
}

async fn sessions(chat: &Chat, caller: &Caller, refresh_token: &str) {
    let wrong = Login {
        login: "mallory".to_owned(),
        password: "a guess".to_owned(),
    };
    for _ in 0..3 {
        chat.login(wrong.clone(), &CLIENT).await.unwrap_err();
    }
    chat.write_refusals().await.unwrap();
    let (other, _) = session(chat, login(chat, &CLIENT).await.unwrap()).await;
    chat.revoke_session(caller, other.session_id.unwrap())
        .await
        .unwrap();
    session(chat, login(chat, &CLIENT).await.unwrap()).await;
    chat.revoke_other_sessions(caller).await.unwrap();
    let second = chat.refresh(refresh_token).await.unwrap();
    chat.refresh(&second.refresh_token).await.unwrap();
    assert!(chat.refresh(refresh_token).await.is_err());
}

async fn passwords(chat: &Chat, mailbox: &Mailbox) {
    let (caller, _) = session(chat, login(chat, &CLIENT).await.unwrap()).await;
    let change = |current: &str, new: &str| PasswordChange {
        current_password: current.to_owned(),
        new_password: new.to_owned(),
        end_other_sessions: true,
    };
    let other = "a tin roof in the rain";
    chat.change_password(&caller, change(PASSWORD, other), &CLIENT)
        .await
        .unwrap();
    let link = chat
        .create_password_reset(&Caller::OPERATOR, caller.user_id)
        .await
        .unwrap();
    mailbox.take();
    chat.request_password_reset("mallory", &CLIENT)
        .await
        .unwrap();
    chat.send_due_emails().await.unwrap();
    assert_ne!(mailbox.take_secret("reset"), link.token);
    let link = chat
        .create_password_reset(&Caller::OPERATOR, caller.user_id)
        .await
        .unwrap();
    let reset = model::PasswordReset {
        token: link.token,
        password: PASSWORD.to_owned(),
    };
    chat.reset_password(reset, &CLIENT).await.unwrap();
}

async fn second_factor(chat: &Chat, db: &PgPool, caller: &Caller) {
    let setup = begin(chat, caller, PASSWORD).await.unwrap();
    let right = typed(code(&setup.secret, 0));
    chat.enable_two_factor(caller, &right).await.unwrap();
    forget_steps(db).await;
    let renewed =
        chat.renew_recovery_codes(caller, proof(PASSWORD, &code(&setup.secret, 0)), &CLIENT);
    let codes = renewed.await.unwrap().recovery_codes;
    chat.disable_two_factor(caller, proof(PASSWORD, &codes[0]), &CLIENT)
        .await
        .unwrap();
    let setup = begin(chat, caller, PASSWORD).await.unwrap();
    let right = typed(code(&setup.secret, 0));
    chat.enable_two_factor(caller, &right).await.unwrap();
    assert!(
        chat.reset_two_factor(&Caller::OPERATOR, caller.user_id)
            .await
            .unwrap()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn administration(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let channel = people.channel().await;
    let new = NewUserAccount {
        username: "nora".to_owned(),
        name: None,
        email: None,
        role: UserRole::Member,
    };
    let nora = chat.create_user_account(operator, new).await.unwrap();
    let nora = nora.account.user.id;
    chat.set_user_role(operator, nora, UserRole::Admin)
        .await
        .unwrap();
    chat.set_user_role(operator, people.ada.user_id, UserRole::Admin)
        .await
        .unwrap();
    chat.block_user(operator, people.grace.user_id)
        .await
        .unwrap();
    chat.unblock_user(operator, people.grace.user_id)
        .await
        .unwrap();
    chat.end_user_sessions(operator, people.grace.user_id)
        .await
        .unwrap();
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let bot = NewBot {
        username: "builds".to_owned(),
        name: None,
    };
    chat.create_bot(&ada, bot).await.unwrap();
    let invitation = NewInvitation {
        conversation_ids: vec![channel],
        max_uses: 2,
        ..NewInvitation::default()
    };
    let made = chat.create_invitation(operator, invitation).await.unwrap();
    chat.join_invited(&people.outsider, &made.token)
        .await
        .unwrap();
    chat.revoke_invitation(operator, made.invitation.id)
        .await
        .unwrap();
    let announcement = NewAnnouncement {
        body: "The server restarts at noon.".to_owned(),
        ..NewAnnouncement::default()
    };
    chat.announce(&ada, announcement).await.unwrap();
    chat.begin_import("old", false).await.unwrap();
    drop(
        chat.begin_export("old", IdKind::Cuid, &[ConversationKind::Group])
            .await
            .unwrap(),
    );
    chat.begin_audit_export(operator, &AuditFilter::default())
        .await
        .unwrap();
    erase(&db, people.grace.user_id.0).await;
    // A year and a day later.
    chat.chain_audit_log().await.unwrap();
    age(&db, 366).await;
    chat.sweep().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from audit_entries")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 1);
    // What was swept was seen before by `age`.
    let seen: BTreeSet<String> = sqlx::query_scalar("select action from seen")
        .fetch_all(&db)
        .await
        .unwrap()
        .into_iter()
        .chain(written(&db).await)
        .collect();
    let is_missing = |it: &AuditAction| !seen.contains(it.name());
    assert_eq!(OF_ADMINISTRATION.iter().find(|it| is_missing(it)), None);
}

/// Lets entries be older, and keeps the names of what they say. Nobody but a superuser can do that.
async fn age(db: &PgPool, days: i32) {
    sqlx::query("create table seen as select action from audit_entries")
        .execute(db)
        .await
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("update audit_entries set occurred_at = occurred_at - make_interval(days => $1)")
        .bind(days)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn conversations(db: PgPool) {
    let people: People = people(db.clone()).await;
    let chat = &people.chat;
    people.direct().await;
    assert!(
        written(&db).await.is_empty(),
        "a direct conversation was logged"
    );
    let channel = people.channel().await;
    let changes = ConversationChanges {
        title: Some("Ada's secret plans".to_owned()),
        ..ConversationChanges::default()
    };
    chat.update_conversation(&people.ada, channel, changes)
        .await
        .unwrap();
    let new = NewMembers {
        user_ids: vec![people.linus.user_id],
        role: MemberRole::Member,
    };
    chat.add_members(&people.ada, channel, new).await.unwrap();
    let (grace, linus) = (people.grace.user_id, people.linus.user_id);
    chat.set_member_role(&people.ada, channel, grace, MemberRole::Admin)
        .await
        .unwrap();
    chat.remove_member(&people.ada, channel, linus)
        .await
        .unwrap();
    let sent = chat
        .send_message(&people.grace, channel, text("a secret message", None))
        .await
        .unwrap();
    chat.delete_message(&people.ada, sent.message.id)
        .await
        .unwrap();
    let own = chat
        .send_message(&people.grace, channel, text("another one", None))
        .await
        .unwrap();
    chat.delete_message(&people.grace, own.message.id)
        .await
        .unwrap();
    let webhook = NewWebhook {
        name: "Monitoring".to_owned(),
        may_mention_many: false,
    };
    let made = chat
        .create_webhook(&people.ada, channel, webhook)
        .await
        .unwrap();
    chat.delete_webhook(&people.ada, channel, made.webhook.id)
        .await
        .unwrap();
    chat.delete_conversation(&people.ada, channel)
        .await
        .unwrap();
    expect(&db, OF_CONVERSATIONS).await;
    let rows: Vec<String> = sqlx::query_scalar("select to_jsonb(e)::text from audit_entries e")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(
        rows.iter()
            .filter(|it| it.contains("message.deleted"))
            .count(),
        1
    );
    for secret in ["secret", "another one", "Monitoring"] {
        assert!(rows.iter().all(|it| !it.contains(secret)), "{secret}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn directories(db: PgPool) {
    let app = directory(db.clone()).await;
    let users = json!([{ "id": "u-1", "name": "Uma" }, { "id": "u-2", "name": "Udo" }]);
    app.put(users.clone()).await;
    app.put(users).await;
    let ended = app
        .chat
        .end_app_user(&app.admin, crate::directory_fixtures::APP, "u-1");
    ended.await.unwrap();
    expect(&db, OF_APPS).await;
    let updates: i64 =
        sqlx::query_scalar("select count(*) from audit_entries where action = 'directory.updated'")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(updates, 1, "what changes nothing is not logged");
}

#[sqlx::test(migrations = "../../migrations")]
async fn links_of_apps(db: PgPool) {
    let chat = links::chat(db.clone());
    let ada = chat.authenticate(&links::of_shop("6")).await.unwrap();
    let other = chat.authenticate(&links::of_forum("x")).await.unwrap();
    let (forum, id) = (other.app_id.unwrap(), ExternalId::parse("x").unwrap());
    let operator = &Caller::OPERATOR;
    chat.link_app_user(operator, forum, &id, ada.user_id)
        .await
        .unwrap();
    expect(&db, OF_LINKS).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn identities(db: PgPool) {
    let sso = sso(db.clone()).await;
    let (chat, client) = (sso.chat(), Client::default());
    let eva = eva(chat).await;
    let begun = chat.begin_identity_link(
        &eva,
        "a",
        identity_links::proof(identity_links::PASSWORD),
        &client,
    );
    let attempt = begun.await.unwrap();
    come_back(&sso, &attempt, &mary(), Some(&eva))
        .await
        .unwrap();
    sso.sign_in(&mary()).await;
    let token = sso.provider.logout_token(&json!({ "sub": "m-1" }));
    chat.end_sessions_of_provider("a", &token).await.unwrap();
    let id = chat.identities(&eva).await.unwrap()[0].id;
    let unlinked = chat.unlink_identity(
        &eva,
        id,
        identity_links::proof(identity_links::PASSWORD),
        &client,
    );
    unlinked.await.unwrap();
    expect(&db, OF_IDENTITIES).await;
}
