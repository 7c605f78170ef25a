//! Identities are linked and unlinked by whoever is signed in, with a fresh proof.

use crate::{
    authenticator::code,
    fixtures::refused,
    identity_fixtures::{Sso, mary, sso},
    two_factor::mallory,
};
use chat::{Caller, Chat, Client, Error, ProviderAnswer};
use futures_util::future::join_all;
use model::{ErrorCode, IdentityProof, NewTwoFactor, Register, UserRole};
use serde_json::{Value, json};
use sqlx::PgPool;

pub const PASSWORD: &str = "correct horse battery staple";

pub fn proof(password: &str) -> IdentityProof {
    IdentityProof {
        current_password: password.to_owned(),
        code: String::new(),
    }
}

/// Somebody with a password, in a session.
pub async fn eva(chat: &Chat) -> Caller {
    let new = Register {
        username: "eva".to_owned(),
        password: PASSWORD.to_owned(),
        name: None,
        email: None,
    };
    let who = chat.register(new, &Client::default()).await.unwrap();
    crate::identity_fixtures::session(chat, &who).await
}

/// Goes to the provider with an attempt to link, and comes back as a caller.
pub async fn come_back(
    sso: &Sso,
    attempt: &str,
    claims: &Value,
    caller: Option<&Caller>,
) -> Result<(), Error> {
    let chat = sso.chat();
    let address = chat.continue_at_provider("a", attempt).await?;
    let (code, state) = sso.provider.sign_in(&address, claims);
    let answer = ProviderAnswer {
        code: Some(code),
        state: Some(state),
        iss: Some(sso.provider.issuer().to_owned()),
        error: None,
    };
    let client = Client::default();
    let finished = chat
        .finish_provider_sign_in("a", Some(attempt), &answer, caller, &client)
        .await;
    assert!(finished.is_link);
    let linked = finished.outcome?;
    assert!(linked.is_none(), "expected a link");
    Ok(())
}

async fn link(sso: &Sso, caller: &Caller, claims: &Value) -> Result<(), Error> {
    let client = Client::default();
    let begun = sso
        .chat()
        .begin_identity_link(caller, "a", proof(PASSWORD), &client);
    let attempt = begun.await?;
    come_back(sso, &attempt, claims, Some(caller)).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn somebody_links_an_account_and_signs_in_with_it(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let eva = eva(chat).await;
    for bad in ["", "wrong horse"] {
        let begun = chat
            .begin_identity_link(&eva, "a", proof(bad), &client)
            .await;
        refused(begun, ErrorCode::Invalid);
    }
    let without_session = Caller {
        session_id: None,
        ..eva
    };
    let begun = chat
        .begin_identity_link(&without_session, "a", proof(PASSWORD), &client)
        .await;
    refused(begun, ErrorCode::Conflict);
    link(&sso, &eva, &mary()).await.unwrap();
    // Once more is no mistake.
    link(&sso, &eva, &mary()).await.unwrap();
    assert_eq!(chat.identities(&eva).await.unwrap().len(), 1);
    assert_eq!(sso.sign_in(&mary()).await.user_id, eva.user_id);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_takes_an_account_over_by_linking(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let mary_here = sso.sign_in(&mary()).await;
    let eva = eva(chat).await;
    refused(link(&sso, &eva, &mary()).await, ErrorCode::Conflict);
    assert!(chat.identities(&eva).await.unwrap().is_empty());
    assert_eq!(sso.sign_in(&mary()).await.user_id, mary_here.user_id);
    // An attempt is for the session that has begun it: in no other browser, and not after signing out.
    let begun = chat.begin_identity_link(&eva, "a", proof(PASSWORD), &client);
    let attempt = begun.await.unwrap();
    let other = json!({ "sub": "other" });
    for caller in [None, Some(&mary_here)] {
        let linked = come_back(&sso, &attempt, &other, caller).await;
        refused(linked, ErrorCode::Unauthenticated);
        // Its state is used up by that.
    }
    assert!(chat.identities(&mary_here).await.unwrap().len() == 1);
    assert_eq!(sso.count("select count(*) from identities").await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_second_factor_is_asked_for_before_linking(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let mallory = mallory(chat).await;
    let (caller, right) = (&mallory.caller, crate::two_factor::PASSWORD);
    let begun = chat
        .begin_identity_link(caller, "a", proof(right), &client)
        .await;
    refused(begun, ErrorCode::Invalid);
    let with_code = IdentityProof {
        current_password: right.to_owned(),
        code: code(&mallory.secret, 1),
    };
    assert!(
        chat.begin_identity_link(caller, "a", with_code, &client)
            .await
            .is_ok()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_way_in_stays(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let mary_here = sso.sign_in(&mary()).await;
    let only = chat.identities(&mary_here).await.unwrap()[0].id;
    let unlinked = chat
        .unlink_identity(&mary_here, only, proof(""), &client)
        .await;
    refused(unlinked, ErrorCode::Conflict);
    let outsider = eva(chat).await;
    let unlinked = chat
        .unlink_identity(&outsider, only, proof(PASSWORD), &client)
        .await;
    refused(unlinked, ErrorCode::NotFound);

    // Of two that are unlinked at once, one stays.
    sqlx::query("insert into identities (issuer, subject, user_id) select issuer, 'm-2', user_id from identities")
        .execute(&sso.db)
        .await
        .unwrap();
    let both = chat.identities(&mary_here).await.unwrap();
    let unlinked = both
        .iter()
        .map(|it| chat.unlink_identity(&mary_here, it.id, proof(""), &client));
    let unlinked = join_all(unlinked).await;
    assert_eq!(unlinked.iter().filter(|it| it.is_ok()).count(), 1);
    assert_eq!(chat.identities(&mary_here).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn unlinking_ends_the_sessions_that_began_with_it(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let eva = eva(chat).await;
    link(&sso, &eva, &mary()).await.unwrap();
    sso.sign_in(&mary()).await;
    let id = chat.identities(&eva).await.unwrap()[0].id;
    refused(
        chat.unlink_identity(&eva, id, proof("wrong horse"), &client)
            .await,
        ErrorCode::Invalid,
    );
    chat.unlink_identity(&eva, id, proof(PASSWORD), &client)
        .await
        .unwrap();
    let open = "select count(*) from sessions where revoked_at is null and identity_id is not null";
    assert_eq!(sso.count(open).await, 0);
    // With it, somebody new comes.
    assert_ne!(sso.sign_in(&mary()).await.user_id, eva.user_id);
    assert_eq!(eva.role, UserRole::Member);
}

#[sqlx::test(migrations = "../../migrations")]
async fn without_a_password_a_session_must_be_fresh(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let caller = sso.sign_in(&mary()).await;
    assert!(
        chat.begin_identity_link(&caller, "a", proof(""), &client)
            .await
            .is_ok()
    );
    // A second factor, too.
    let none = || NewTwoFactor {
        current_password: String::new(),
    };
    let begun = chat.begin_two_factor(&caller, none(), &client).await;
    assert!(begun.is_ok());
    sqlx::query("update sessions set created_at = now() - interval '11 minutes'")
        .execute(&sso.db)
        .await
        .unwrap();
    let begun = chat
        .begin_identity_link(&caller, "a", proof(""), &client)
        .await;
    refused(begun, ErrorCode::Conflict);
    let begun = chat.begin_two_factor(&caller, none(), &client).await;
    refused(begun, ErrorCode::Conflict);
}
