//! A chat with a provider of single sign-on, and people who come from it.

use crate::{
    fixtures::{People, people_with, settings},
    provider::{CLIENT_ID, CLIENT_SECRET, Provider},
};
use chat::{
    Authenticated, Caller, Chat, Client, ClientSecret, Error, ProviderAnswer, ProviderConfig,
    Settings, SingleSignOn,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;

pub struct Sso {
    pub people: People,
    pub provider: Provider,
    pub db: PgPool,
}

/// The configuration of the provider, by the name `a`.
pub fn config(id: &str, provider: &Provider) -> ProviderConfig {
    ProviderConfig {
        client_secret: Some(ClientSecret(CLIENT_SECRET.to_owned())),
        keys_pause: Duration::ZERO,
        ..ProviderConfig::new(id, provider.issuer(), CLIENT_ID)
    }
}

pub fn settings_with(providers: Vec<ProviderConfig>, passwords: bool) -> Settings {
    Settings {
        single_sign_on: SingleSignOn {
            providers,
            public_url: Some("http://127.0.0.1:1".parse().unwrap()),
            passwords,
        },
        ..settings()
    }
}

pub async fn sso(db: PgPool) -> Sso {
    sso_with(db, |config| config).await
}

pub async fn sso_with(db: PgPool, change: impl FnOnce(ProviderConfig) -> ProviderConfig) -> Sso {
    let provider = Provider::start().await;
    let settings = settings_with(vec![change(config("a", &provider))], true);
    Sso {
        people: people_with(db.clone(), settings).await,
        provider,
        db,
    }
}

/// What the provider says of somebody new.
pub fn mary() -> Value {
    json!({ "sub": "m-1", "name": "Mary Somerville", "preferred_username": "mary",
        "email": "mary@parlance.chat", "email_verified": true })
}

impl Sso {
    pub fn chat(&self) -> &Chat {
        &self.people.chat
    }

    /// A sign-in as far as the provider sends the browser back: what the browser keeps, and what the provider says.
    pub async fn answered(&self, claims: &Value) -> (String, ProviderAnswer) {
        let begun = self
            .chat()
            .begin_provider_sign_in("a", "/c/7")
            .await
            .unwrap();
        let (code, state) = self.provider.sign_in(&begun.address, claims);
        let answer = ProviderAnswer {
            code: Some(code),
            state: Some(state),
            iss: Some(self.provider.issuer().to_owned()),
            error: None,
        };
        (begun.attempt, answer)
    }

    pub async fn finish(
        &self,
        (attempt, answer): &(String, ProviderAnswer),
    ) -> Result<Authenticated, Error> {
        let chat = self.chat();
        let client = Client::default();
        let finished = chat.finish_provider_sign_in("a", Some(attempt), answer, None, &client);
        let finished = finished.await;
        let who = finished.outcome?.expect("it was no link");
        assert_eq!((finished.next.as_str(), finished.is_link), ("/c/7", false));
        Ok(who)
    }

    pub async fn try_sign_in(&self, claims: &Value) -> Result<Authenticated, Error> {
        let answered = self.answered(claims).await;
        self.finish(&answered).await
    }

    /// The caller of the session that a sign-in opens.
    pub async fn sign_in(&self, claims: &Value) -> Caller {
        let who = self.try_sign_in(claims).await.unwrap();
        session(self.chat(), &who).await
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }
}

pub async fn session(chat: &Chat, who: &Authenticated) -> Caller {
    let session = chat.issue_cookie(who, &Client::default()).await.unwrap();
    chat.authenticate_cookie(&session.secret).await.unwrap()
}
