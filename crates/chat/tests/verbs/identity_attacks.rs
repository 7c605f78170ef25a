//! Single sign-on under attack: what a provider, or somebody between, must not be able to do.

use crate::{
    fixtures::{people_with, refused},
    identity_fixtures::{Sso, config, mary, settings_with, sso},
    provider::{Provider, Wrong},
};
use chat::{Client, Error, ProviderAnswer};
use futures_util::future::join_all;
use model::ErrorCode;
use sqlx::PgPool;
use std::time::{Duration, Instant};

#[sqlx::test(migrations = "../../migrations")]
async fn no_token_is_taken_that_says_something_else(db: PgPool) {
    let sso = sso(db).await;
    for wrong in [
        Wrong::Nonce,
        Wrong::NoNonce,
        Wrong::Audience,
        Wrong::SeveralAudiences,
        Wrong::Party,
        Wrong::Issuer,
        Wrong::Expired,
        Wrong::Future,
        Wrong::Unsigned,
        Wrong::SignedWithPublicKey,
        Wrong::SignedWithOtherKey,
        Wrong::NoSubject,
        Wrong::LongSubject,
        Wrong::UserinfoOfOther,
        Wrong::Huge,
        Wrong::Redirect,
    ] {
        let answered = sso.answered(&mary()).await;
        sso.provider.does(wrong);
        let refusal = sso.finish(&answered).await;
        sso.provider.does(Wrong::Nothing);
        assert!(
            matches!(
                refusal,
                Err(Error::Unauthenticated(_) | Error::ProviderAway)
            ),
            "{wrong:?}: {refusal:?}"
        );
    }
    assert_eq!(
        sso.provider.requests("/token2"),
        0,
        "no redirect is followed"
    );
    assert_eq!(sso.count("select count(*) from users").await, 4);
    sso.sign_in(&mary()).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_slow_provider_is_given_up(db: PgPool) {
    let sso = sso(db).await;
    let answered = sso.answered(&mary()).await;
    sso.provider.does(Wrong::Slow);
    let began = Instant::now();
    refused(sso.finish(&answered).await, ErrorCode::Unavailable);
    assert!(began.elapsed() < Duration::from_millis(6500));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_answer_is_good_once_and_in_its_browser_only(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let client = Client::default();
    let (attempt, answer) = sso.answered(&mary()).await;
    let (other_attempt, other_answer) = sso.answered(&mary()).await;
    // Another browser's attempt, none, and one that was made up.
    for bad in [Some(other_attempt.as_str()), None, Some("x"), Some("")] {
        let finished = chat
            .finish_provider_sign_in("a", bad, &answer, None, &client)
            .await;
        refused(finished.outcome.map(drop), ErrorCode::Unauthenticated);
    }
    let without_state = ProviderAnswer {
        state: None,
        ..answer.clone()
    };
    let finished = sso.finish(&(attempt.clone(), without_state)).await;
    refused(finished, ErrorCode::Unauthenticated);
    assert_eq!(sso.provider.requests("/token"), 0);
    // Somebody else's code in the place of one's own: the verifier is another one.
    let injected = ProviderAnswer {
        code: other_answer.code.clone(),
        ..answer.clone()
    };
    refused(
        sso.finish(&(attempt.clone(), injected)).await,
        ErrorCode::Unauthenticated,
    );
    // With that the attempt is over, and its own code is not looked at any more.
    let asked = sso.provider.requests("/token");
    refused(
        sso.finish(&(attempt, answer)).await,
        ErrorCode::Unauthenticated,
    );
    assert_eq!(sso.provider.requests("/token"), asked);

    let answered = sso.answered(&mary()).await;
    let finished = join_all((0..5).map(|_| sso.finish(&answered))).await;
    assert_eq!(finished.iter().filter(|it| it.is_ok()).count(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn providers_are_not_mixed_up(db: PgPool) {
    let (honest, evil) = (Provider::start().await, Provider::start().await);
    let providers = vec![config("a", &honest), config("evil", &evil)];
    let people = people_with(db.clone(), settings_with(providers, true)).await;
    let sso = Sso {
        people,
        provider: honest,
        db,
    };
    let client = Client::default();
    let (attempt, answer) = sso.answered(&mary()).await;
    // The answer of one at the address of the other.
    let finished = sso
        .chat()
        .finish_provider_sign_in("evil", Some(&attempt), &answer, None, &client)
        .await;
    refused(finished.outcome.map(drop), ErrorCode::Unauthenticated);
    // RFC 9207: another issuer, or none from a provider that always names itself.
    for iss in [Some(evil.issuer().to_owned()), None] {
        let (attempt, answer) = sso.answered(&mary()).await;
        let finished = sso
            .finish(&(attempt, ProviderAnswer { iss, ..answer }))
            .await;
        refused(finished, ErrorCode::Unauthenticated);
    }
    assert_eq!(
        (sso.provider.requests("/token"), evil.requests("/token")),
        (0, 0)
    );
    // Two providers may have the same subject for different people.
    let mine = sso.sign_in(&mary()).await;
    let begun = sso
        .chat()
        .begin_provider_sign_in("evil", "/c/7")
        .await
        .unwrap();
    let (code, state) = evil.sign_in(&begun.address, &mary());
    let answer = ProviderAnswer {
        code: Some(code),
        state: Some(state),
        iss: Some(evil.issuer().to_owned()),
        error: None,
    };
    let finished = sso
        .chat()
        .finish_provider_sign_in("evil", Some(&begun.attempt), &answer, None, &client)
        .await;
    let who = finished.outcome.unwrap().unwrap();
    assert_ne!(who.user().id, mine.user_id);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_discovery_document_of_another_issuer_is_none(db: PgPool) {
    let sso = sso(db).await;
    sso.provider.does(Wrong::Discovery);
    let begun = sso.chat().begin_provider_sign_in("a", "").await;
    refused(begun.map(drop), ErrorCode::Unauthenticated);
}

#[sqlx::test(migrations = "../../migrations")]
async fn rotated_keys_are_fetched(db: PgPool) {
    let sso = sso(db).await;
    sso.sign_in(&mary()).await;
    assert_eq!(sso.provider.requests("/jwks"), 1);
    sso.sign_in(&mary()).await;
    assert_eq!(sso.provider.requests("/jwks"), 1);
    sso.provider.rotate();
    sso.sign_in(&mary()).await;
    assert_eq!(sso.provider.requests("/jwks"), 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn answers_that_are_made_up_are_limited_by_network(db: PgPool) {
    let provider = Provider::start().await;
    let mut settings = settings_with(vec![config("a", &provider)], true);
    settings.rate_limits.wrong_passwords_per_network = 3;
    let people = people_with(db.clone(), settings).await;
    let sso = Sso {
        people,
        provider,
        db,
    };
    let from = |last| Client {
        address: Some([10, 0, 0, last].into()),
        ..Client::default()
    };
    let answer = async |client: &Client, code: Option<&str>| {
        let (attempt, answer) = sso.answered(&mary()).await;
        let answer = ProviderAnswer {
            code: code.map(str::to_owned).or(answer.code.clone()),
            ..answer
        };
        let chat = sso.chat();
        let finished = chat.finish_provider_sign_in("a", Some(&attempt), &answer, None, client);
        finished.await.outcome.map(drop)
    };
    // A good one counts for nothing.
    answer(&from(1), None).await.unwrap();
    for _ in 0..3 {
        let refusal = answer(&from(1), Some("made-up")).await;
        refused(refusal, ErrorCode::Unauthenticated);
    }
    let asked = sso.provider.requests("/token");
    let refusal = answer(&from(1), Some("made-up")).await;
    refused(refusal, ErrorCode::TooManyRequests);
    assert_eq!(sso.provider.requests("/token"), asked);
    // Others are not concerned.
    answer(&from(2), None).await.unwrap();
}
