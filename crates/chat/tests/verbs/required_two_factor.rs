//! The second factor that the operator demands: who owes one, and what they may do until they have it.

use crate::authenticator::code;
use crate::fixtures::{people_with, refused, settings};
use crate::scheduled_messages::{list, make_due, new, schedule};
use crate::two_factor::{CLIENT, PASSWORD, login, register};
use chat::{Authenticated, Caller, Chat, Error, RequiredOf, Settings, TwoFactorRules};
use model::{
    ConversationKind, ErrorCode, NewApiToken, NewPersonalToken, NewTwoFactor, ScheduledState,
    Scope, SignedIn, TwoFactorCode, TwoFactorProof, UserRole,
};
use sqlx::PgPool;

const OWED: ErrorCode = ErrorCode::TwoFactorSetupRequired;

fn demanded_of(required_of: RequiredOf) -> Settings {
    Settings {
        two_factor: TwoFactorRules {
            required_of,
            ..TwoFactorRules::default()
        },
        ..settings()
    }
}

/// A session, and its caller, who may owe a second factor.
async fn session(chat: &Chat, who: Authenticated) -> (SignedIn, Caller) {
    let tokens = chat.issue_tokens(who, &CLIENT).await.unwrap();
    let pending = chat.authenticate_pending(&tokens.access_token).await;
    (tokens, pending.unwrap().for_setup())
}

async fn is_audited(chat: &Chat, caller: &Caller) -> bool {
    chat.audit_callers(&[*caller]).await.unwrap()[0].is_some()
}

async fn set_up(chat: &Chat, caller: &Caller) -> String {
    let new = NewTwoFactor {
        current_password: PASSWORD.to_owned(),
    };
    let setup = chat.begin_two_factor(caller, new, &CLIENT).await.unwrap();
    let code = TwoFactorCode {
        code: code(&setup.secret, 0),
    };
    chat.enable_two_factor(caller, &code).await.unwrap();
    setup.secret
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_owes_one_is_no_caller_before_it_is_set_up(db: PgPool) {
    let people = people_with(db, demanded_of(RequiredOf::Everybody)).await;
    let chat = &people.chat;
    let (tokens, own) = session(chat, register(chat).await).await;
    assert!(tokens.two_factor_setup_required);
    refused(chat.authenticate(&tokens.access_token).await, OWED);
    refused(chat.refresh(&tokens.refresh_token).await, OWED);
    assert!(!is_audited(chat, &own).await);
    let who = login(chat, &CLIENT).await.unwrap();
    assert!(chat.owes_two_factor(&who).await.unwrap());
    let cookie = chat.issue_cookie(&who, &CLIENT).await.unwrap();
    refused(chat.authenticate_cookie(&cookie.secret).await, OWED);
    let (pending, _) = chat.renew_cookie(&cookie.secret).await.unwrap();
    assert!(pending.owes_two_factor() && pending.ready().is_err());
    // Who has no password is no matter of it.
    assert!(is_audited(chat, &people.outsider).await);

    let state = chat.two_factor(&own).await.unwrap();
    assert!(state.required && state.enabled_at.is_none());
    let secret = set_up(chat, &own).await;
    assert_eq!(chat.authenticate(&tokens.access_token).await.unwrap(), own);
    assert!(is_audited(chat, &own).await);
    let renewed = chat.refresh(&tokens.refresh_token).await.unwrap();
    assert!(!renewed.two_factor_setup_required);
    let proof = TwoFactorProof {
        current_password: PASSWORD.to_owned(),
        code: code(&secret, 1),
    };
    let off = chat.disable_two_factor(&own, proof, &CLIENT).await;
    refused(off, ErrorCode::Conflict);
    assert!(matches!(
        login(chat, &CLIENT).await,
        Err(Error::TwoFactorRequired(_))
    ));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_administrator_owes_it_with_the_role(db: PgPool) {
    let people = people_with(db, demanded_of(RequiredOf::Admins)).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let (tokens, own) = session(chat, register(chat).await).await;
    assert!(!tokens.two_factor_setup_required);
    chat.authenticate(&tokens.access_token).await.unwrap();
    let new = NewPersonalToken {
        token: NewApiToken {
            name: "Nightly".to_owned(),
            scopes: vec![Scope::Read],
            conversation_ids: None,
            expires_in_days: 1,
        },
        current_password: PASSWORD.to_owned(),
        code: None,
    };
    let made = chat.create_api_token(&own, new, &CLIENT).await.unwrap();
    let program = chat.authenticate_api_token(&made.token).await.unwrap();
    assert!(is_audited(chat, &program.caller).await);

    let id = own.user_id;
    let set_role = async |role| chat.set_user_role(operator, id, role).await.unwrap();
    set_role(UserRole::Admin).await;
    refused(chat.authenticate(&tokens.access_token).await, OWED);
    refused(chat.authenticate_api_token(&made.token).await, OWED);
    assert!(!is_audited(chat, &own).await && !is_audited(chat, &program.caller).await);
    let listed = chat.user_account(operator, id).await.unwrap();
    assert!(listed.owes_two_factor && !listed.has_two_factor);
    // Another administrator keeps the role in their place.
    chat.set_user_role(operator, people.ada.user_id, UserRole::Admin)
        .await
        .unwrap();
    set_up(chat, &own).await;
    chat.authenticate(&tokens.access_token).await.unwrap();
    chat.authenticate_api_token(&made.token).await.unwrap();
    assert!(
        !chat
            .user_account(operator, id)
            .await
            .unwrap()
            .owes_two_factor
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_session_of_a_provider_owes_none(db: PgPool) {
    let people = people_with(db.clone(), demanded_of(RequiredOf::Everybody)).await;
    let chat = &people.chat;
    let (tokens, own) = session(chat, register(chat).await).await;
    refused(chat.authenticate(&tokens.access_token).await, OWED);
    sqlx::query(
        "with i as (insert into identities (issuer, subject, user_id, name)
            values ('https://id.example', 'm-1', $1, 'mallory') returning id)
        update sessions set identity_id = i.id from i where user_id = $1",
    )
    .bind(own.user_id.0)
    .execute(&db)
    .await
    .unwrap();
    chat.authenticate(&tokens.access_token).await.unwrap();
    chat.refresh(&tokens.refresh_token).await.unwrap();
    assert!(is_audited(chat, &own).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_scheduled_is_not_sent_before_it_is_set_up(db: PgPool) {
    let people = people_with(db.clone(), demanded_of(RequiredOf::Everybody)).await;
    let chat = &people.chat;
    let (_, own) = session(chat, register(chat).await).await;
    let id = people
        .create(ConversationKind::Group, &[&own], "Engines")
        .await;
    schedule(&people, &own, id, new("from before", 5)).await;
    // Who has no password signs in otherwise, and owes none.
    schedule(&people, &people.ada, id, new("sent", 5)).await;
    make_due(&db).await;
    chat.do_due().await.unwrap();
    let kept = list(&people, &own).await.remove(0);
    assert_eq!(kept.state, ScheduledState::Failed);
    assert_eq!(kept.failure.unwrap().code, ErrorCode::Forbidden);
    assert!(list(&people, &people.ada).await.is_empty());
}
