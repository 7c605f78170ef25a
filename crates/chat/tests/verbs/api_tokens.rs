//! Tokens for programs: made with the password, good for what they say, and ended with all that ends them.

use crate::authenticator::code;
use crate::fixtures::{people, refused};
use crate::two_factor::{CLIENT, PASSWORD, forget_steps, mallory, register, session};
use chat::{Caller, Chat, Delivery, Error, Grant, auth_error, is_api_token};
use model::{
    ConversationId, ConversationKind, CreatedApiToken, ErrorCode, MessageId, NewApiToken,
    NewConversation, NewMessage, NewPersonalToken, NewScheduledMessage, PageRequest,
    PasswordChange, Profile, ScheduledChange, Scope, UserRole,
};
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

fn wanted(scopes: &[Scope]) -> NewPersonalToken {
    NewPersonalToken {
        token: NewApiToken {
            name: "  Nightly build ".to_owned(),
            scopes: scopes.to_vec(),
            conversation_ids: None,
            expires_in_days: 90,
        },
        current_password: PASSWORD.to_owned(),
        code: None,
    }
}

async fn made(chat: &Chat, caller: &Caller, scopes: &[Scope]) -> CreatedApiToken {
    let created = chat.create_api_token(caller, wanted(scopes), &CLIENT);
    created.await.unwrap()
}

/// Mallory, signed in.
async fn signed_in(chat: &Chat) -> Caller {
    session(chat, register(chat).await).await.0
}

async fn use_token(chat: &Chat, token: &str) -> Caller {
    let authentication = chat.authenticate_api_token(token).await.unwrap();
    authentication.caller
}

fn first_page() -> PageRequest {
    PageRequest::default()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_token_is_made_with_the_password_and_shown_once(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let wrong = NewPersonalToken {
        current_password: "wrong horse".to_owned(),
        ..wanted(&[Scope::Read])
    };
    let made_with_wrong = chat.create_api_token(&own, wrong, &CLIENT).await;
    refused(made_with_wrong, ErrorCode::Invalid);
    // An account without a password has nothing to ask for.
    let without = chat.create_api_token(&people.outsider, wanted(&[Scope::Read]), &CLIENT);
    refused(without.await, ErrorCode::Conflict);

    let created = made(chat, &own, &[Scope::Write, Scope::Read, Scope::Write]).await;
    let (token, details) = (&created.token, &created.details);
    assert!(
        token.starts_with("parlance_pat_") && token.len() == 56,
        "{token}"
    );
    assert!(is_api_token(token));
    assert_eq!(details.name, "Nightly build");
    assert_eq!(details.scopes, [Scope::Read, Scope::Write]);
    assert_eq!((details.expires_at - details.created_at).whole_days(), 90);
    let kept: String = sqlx::query_scalar("select to_jsonb(t)::text from api_tokens t")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!kept.contains(&token[20..]), "only a hash is kept");

    let listed = chat.api_tokens(&own, &first_page()).await.unwrap().items;
    assert_eq!(listed.as_slice(), std::slice::from_ref(details));
    assert_eq!(listed[0].last_used_at, None);
    let caller = use_token(chat, token).await;
    assert_eq!(caller.user_id, own.user_id);
    let listed = chat.api_tokens(&own, &first_page()).await.unwrap().items;
    assert!(listed[0].last_used_at.is_some());
    let of_outsider = chat.api_tokens(&people.outsider, &first_page()).await;
    assert!(of_outsider.unwrap().items.is_empty());
    // It is in no list of sessions.
    let sessions = chat.sessions(&own, &first_page()).await.unwrap().items;
    assert_eq!(sessions.len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_use_is_written_once_a_minute(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let created = made(chat, &own, &[Scope::Read]).await;
    let used = async || {
        let listed = chat.api_tokens(&own, &first_page()).await.unwrap().items;
        listed[0].last_used_at.unwrap()
    };
    use_token(chat, &created.token).await;
    let first = used().await;
    use_token(chat, &created.token).await;
    assert_eq!(used().await, first);
    let sql = "update sessions set last_used_at = last_used_at - interval '61 seconds',
        created_at = created_at - interval '1 hour' where is_token";
    sqlx::query(sql).execute(&db).await.unwrap();
    use_token(chat, &created.token).await;
    assert!(used().await > first);
    // An open socket is use, and the token ends when it was to end.
    let sql = "update sessions set last_used_at = last_used_at - interval '1 hour' where is_token";
    sqlx::query(sql).execute(&db).await.unwrap();
    let caller = use_token(chat, &created.token).await;
    sqlx::query(sql).execute(&db).await.unwrap();
    assert_eq!(
        chat.audit_callers(&[caller]).await.unwrap(),
        [Some(UserRole::Member)]
    );
    let listed = chat.api_tokens(&own, &first_page()).await.unwrap().items;
    assert_eq!(listed[0].expires_at, created.details.expires_at);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_token_is_to_be_is_checked(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let with = |change: fn(&mut NewApiToken)| {
        let mut new = wanted(&[Scope::Read]);
        change(&mut new.token);
        new
    };
    for bad in [
        with(|it| it.name = " ".to_owned()),
        with(|it| it.name = "a".repeat(1000)),
        with(|it| it.name = "a\0b".to_owned()),
        with(|it| it.scopes.clear()),
        with(|it| it.expires_in_days = 0),
        with(|it| it.expires_in_days = 366),
        with(|it| it.conversation_ids = Some(Vec::new())),
        with(|it| it.conversation_ids = Some((0..51).map(ConversationId).collect())),
    ] {
        let made = chat.create_api_token(&own, bad, &CLIENT).await;
        refused(made, ErrorCode::Invalid);
    }
    let group = people.group().await;
    let mut elsewhere = wanted(&[Scope::Read]);
    elsewhere.token.conversation_ids = Some(vec![group]);
    let made = chat.create_api_token(&own, elsewhere, &CLIENT).await;
    refused(made, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_second_factor_is_asked_for(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    forget_steps(&db).await;
    let without = chat.create_api_token(&mallory.caller, wanted(&[Scope::Read]), &CLIENT);
    refused(without.await, ErrorCode::Invalid);
    let code = code(&mallory.secret, 0);
    let with = NewPersonalToken {
        code: Some(code.clone()),
        ..wanted(&[Scope::Read])
    };
    let created = chat.create_api_token(&mallory.caller, with.clone(), &CLIENT);
    use_token(chat, &created.await.unwrap().token).await;
    // Each code makes one.
    let again = chat.create_api_token(&mallory.caller, with, &CLIENT).await;
    refused(again, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_token_is_refused(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let good = made(chat, &own, &[Scope::Read]).await.token;
    let last = if good.ends_with('A') { "B" } else { "A" };
    let nearly = format!("{}{last}", &good[..good.len() - 1]);
    let long = format!("{good}{}", "a".repeat(100_000));
    for bad in [
        "",
        "parlance_pat_",
        &nearly,
        &good[..50],
        &good[13..],
        &long,
    ] {
        let refusal = chat.authenticate_api_token(bad).await;
        refused(refusal, ErrorCode::Unauthenticated);
    }
    // Nor is a good one an access token, a refresh token or a cookie.
    for door in [None, Some("rooms")] {
        let refusal = chat.authenticate_token(door, &good).await;
        refused(refusal, ErrorCode::Unauthenticated);
    }
    let refusal = chat.authenticate_cookie(&good).await;
    refused(refusal, ErrorCode::Unauthenticated);
    let sql = "update sessions set expires_at = now() where is_token";
    sqlx::query(sql).execute(&db).await.unwrap();
    let refusal = chat.authenticate_api_token(&good).await;
    refused(refusal, ErrorCode::Unauthenticated);
    assert!(
        chat.api_tokens(&own, &first_page())
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deleted_token_ends_with_its_sockets_and_only_its_owner_deletes_it(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let [first, second] = [
        made(chat, &own, &[Scope::Read]).await,
        made(chat, &own, &[Scope::Read]).await,
    ];
    let id = first.details.id;
    let stolen = chat.delete_api_token(&people.outsider, id).await;
    refused(stolen, ErrorCode::NotFound);
    // A session is no token, and a token no session.
    let session_id = own.session_id.unwrap();
    let deleted = chat.delete_api_token(&own, session_id).await;
    refused(deleted, ErrorCode::NotFound);
    refused(chat.revoke_session(&own, id).await, ErrorCode::NotFound);
    let mut deliveries = chat.subscribe();
    chat.delete_api_token(&own, id).await.unwrap();
    let delivery = deliveries.next().await.unwrap().unwrap();
    assert!(matches!(&*delivery, Delivery::DisconnectSession(ended) if *ended == id));
    let refusal = chat.authenticate_api_token(&first.token).await;
    refused(refusal, ErrorCode::Unauthenticated);
    refused(chat.delete_api_token(&own, id).await, ErrorCode::NotFound);
    use_token(chat, &second.token).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn blocking_and_signing_out_everywhere_end_tokens_and_another_password_does_not(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let admin = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let token = made(chat, &own, &[Scope::Read]).await.token;
    chat.revoke_other_sessions(&own).await.unwrap();
    let change = PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: PASSWORD.replace("horse", "donkey stable"),
        end_other_sessions: true,
    };
    chat.change_password(&own, change, &CLIENT).await.unwrap();
    let caller = use_token(chat, &token).await;

    chat.block_user(&admin, own.user_id).await.unwrap();
    let refusal = chat.authenticate_api_token(&token).await;
    assert!(matches!(
        refusal,
        Err(Error::Forbidden(auth_error::BLOCKED))
    ));
    assert_eq!(chat.audit_callers(&[caller]).await.unwrap(), [None]);
    // What was ended stays so.
    chat.unblock_user(&admin, own.user_id).await.unwrap();
    let refusal = chat.authenticate_api_token(&token).await;
    refused(refusal, ErrorCode::Unauthenticated);
}

#[sqlx::test(migrations = "../../migrations")]
async fn no_token_opens_the_account_to_others_whatever_its_scopes(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let sql = "update users set role = 'admin' where id = $1";
    sqlx::query(sql)
        .bind(own.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let created = made(chat, &own, &Scope::ALL).await;
    let caller = use_token(chat, &created.token).await;
    assert_eq!(caller.role, UserRole::Admin);

    let forbidden = ErrorCode::Forbidden;
    let again = chat.create_api_token(&caller, wanted(&[Scope::Read]), &CLIENT);
    refused(again.await, forbidden);
    refused(chat.api_tokens(&caller, &first_page()).await, forbidden);
    let own_id = created.details.id;
    refused(chat.delete_api_token(&caller, own_id).await, forbidden);
    let change = PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: "a tin roof in the rain".to_owned(),
        end_other_sessions: true,
    };
    let changed = chat.change_password(&caller, change, &CLIENT).await;
    refused(changed, forbidden);
    let new = model::NewTwoFactor {
        current_password: PASSWORD.to_owned(),
    };
    refused(
        chat.begin_two_factor(&caller, new, &CLIENT).await,
        forbidden,
    );
    let code = model::TwoFactorCode {
        code: "123456".to_owned(),
    };
    refused(chat.enable_two_factor(&caller, &code).await, forbidden);
    let session_id = own.session_id.unwrap();
    refused(chat.revoke_session(&caller, session_id).await, forbidden);
    refused(chat.revoke_other_sessions(&caller).await, forbidden);
    refused(chat.logout(&caller).await, forbidden);
    let email = Profile {
        email: Some("mallory@example.org".to_owned()),
        ..Profile::default()
    };
    refused(chat.update_account(&caller, email).await, forbidden);
    let other = people.grace.user_id;
    refused(chat.create_password_reset(&caller, other).await, forbidden);
    refused(chat.reset_two_factor(&caller, other).await, forbidden);
    let role = chat.set_user_role(&caller, other, UserRole::Admin).await;
    refused(role, forbidden);
    refused(chat.link_token(&caller, "x").await, forbidden);
    let name = Profile {
        name: Some("Builder".to_owned()),
        ..Profile::default()
    };
    chat.update_account(&caller, name).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_administrator_is_one_by_token_with_the_scope_only(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let sql = "update users set role = 'admin' where id = $1";
    sqlx::query(sql)
        .bind(own.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let without = made(chat, &own, &[Scope::Write, Scope::Manage]).await;
    let authentication = chat.authenticate_api_token(&without.token).await.unwrap();
    assert_eq!(authentication.caller.role, UserRole::Member);
    // No audit of sockets makes one of them.
    assert!(authentication.is_role_fixed);
    // Nor does it announce, whose writers are administrators.
    let new = NewMessage {
        body: "Listen".to_owned(),
        ..NewMessage::default()
    };
    let caller = authentication.caller;
    let announcements = ConversationId::ANNOUNCEMENTS;
    let sent = chat.send_message(&caller, announcements, new.clone()).await;
    refused(sent, ErrorCode::Forbidden);
    let own_send = chat.send_message(&own, announcements, new).await.unwrap();
    let id = own_send.message.id;
    refused(chat.pin_message(&caller, id).await, ErrorCode::Forbidden);
    // Nor changes or sends one that its user has scheduled.
    let own = Caller {
        role: UserRole::Admin,
        ..own
    };
    let in_an_hour = OffsetDateTime::now_utc() + Duration::hours(1);
    let in_an_hour = in_an_hour.format(&Rfc3339).unwrap();
    let later = json!({ "body": "Listen later", "sendAt": in_an_hour });
    let later: NewScheduledMessage = serde_json::from_value(later).unwrap();
    let later = chat.schedule_message(&own, announcements, later).await;
    let (later, _) = later.unwrap();
    let change = ScheduledChange {
        body: Some("Something else".to_owned()),
        ..ScheduledChange::default()
    };
    let changed = chat.change_scheduled(&caller, later.id, change).await;
    refused(changed, ErrorCode::Forbidden);
    let sent = chat.send_scheduled_now(&caller, later.id).await;
    refused(sent, ErrorCode::Forbidden);
    let with = made(chat, &own, &[Scope::Admin]).await;
    let authentication = chat.authenticate_api_token(&with.token).await.unwrap();
    assert_eq!(authentication.caller.role, UserRole::Admin);
    assert!(!authentication.is_role_fixed);
    let sql = "update users set role = 'member' where id = $1";
    sqlx::query(sql)
        .bind(own.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let caller = use_token(chat, &with.token).await;
    assert_eq!(caller.role, UserRole::Member);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_limited_token_is_for_its_conversations(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let mut groups = Vec::new();
    for title in ["One", "Two"] {
        let new = NewConversation {
            kind: ConversationKind::Group,
            member_ids: Vec::new(),
            title: Some(title.to_owned()),
            description: None,
            private: false,
            client_id: None,
        };
        let created = chat.create_conversation(&own, new).await.unwrap();
        groups.push(created.summary.conversation.id);
    }
    let [one, two] = [groups[0], groups[1]];
    let mut messages: Vec<MessageId> = Vec::new();
    for group in [one, two] {
        let new = NewMessage {
            body: "Hello".to_owned(),
            ..NewMessage::default()
        };
        let sent = chat.send_message(&own, group, new).await.unwrap();
        messages.push(sent.message.id);
    }
    let mut new = wanted(&[Scope::Write]);
    new.token.conversation_ids = Some(vec![one, one]);
    let created = chat.create_api_token(&own, new, &CLIENT).await.unwrap();
    assert_eq!(created.details.conversation_ids, Some(vec![one]));
    let caller = use_token(chat, &created.token).await;
    assert_eq!(caller.grant, Some(Grant::new(&[Scope::Write], true)));
    chat.require_granted_conversation(&caller, one)
        .await
        .unwrap();
    chat.require_granted_message(&caller, messages[0])
        .await
        .unwrap();
    let refusal = chat.require_granted_conversation(&caller, two).await;
    refused(refusal, ErrorCode::Forbidden);
    for other in [messages[1], MessageId(i64::MAX)] {
        let refusal = chat.require_granted_message(&caller, other).await;
        refused(refusal, ErrorCode::Forbidden);
    }
    // With its last conversation goes all that it was for.
    chat.delete_conversation(&own, one).await.unwrap();
    let caller = use_token(chat, &created.token).await;
    assert!(caller.grant.unwrap().is_limited);
    let refusal = chat.require_granted_conversation(&caller, one).await;
    refused(refusal, ErrorCode::Forbidden);
    // Whoever has signed in is limited to nothing.
    chat.require_granted_conversation(&own, two).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn there_are_a_hundred_at_most_also_when_two_are_made_at_once(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let sql = "with made as (
            insert into sessions (user_id, is_token, expires_at)
            select $1, true, now() + interval '1 day' from generate_series(1, 99)
            returning id
        )
        insert into api_tokens (session_id, user_id, name, token_hash, scopes, is_limited)
        select id, $1, 'old', sha256(id::text::bytea), array['read'], false from made";
    sqlx::query(sql)
        .bind(own.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let make = || chat.create_api_token(&own, wanted(&[Scope::Read]), &CLIENT);
    let (one, other) = tokio::join!(make(), make());
    let failed = [one.err(), other.err()];
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    assert!(matches!(failed[..], [Error::Conflict(_)]), "{failed:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn no_token_is_made_with_a_password_that_was_changed_meanwhile(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let own = signed_in(chat).await;
    let change = PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: "a tin roof in the rain".to_owned(),
        end_other_sessions: false,
    };
    let make = chat.create_api_token(&own, wanted(&[Scope::Read]), &CLIENT);
    let (made, changed) = tokio::join!(make, chat.change_password(&own, change, &CLIENT));
    changed.unwrap();
    if let Err(error) = made {
        assert!(
            matches!(error, Error::Conflict(_) | Error::Invalid(_)),
            "{error:?}"
        );
    }
    let again = chat.create_api_token(&own, wanted(&[Scope::Read]), &CLIENT);
    refused(again.await, ErrorCode::Invalid);
}
