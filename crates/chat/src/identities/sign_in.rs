//! The browser comes back from the provider: a sign-in, or an identity that is linked.

use super::{
    attempt::{Attempt, SPENT_MINUTES},
    exchange::exchange,
    fault::{BEGIN_AGAIN, DECLINED, Fault},
    person::Person,
    provider::SecondFactor,
    spent::spend,
    state::Provider,
};
use crate::{
    Caller, Chat, Error, Result,
    accounts::{Authenticated, Client, SignedInBy, auth_error::ACCOUNT_BLOCKED},
    audit::RefusalReason,
    rate_limit::wrong_guesses::{Account, Familiarity},
};
/// What the provider has sent with the browser.
#[derive(Clone, Debug, Default)]
pub struct ProviderAnswer {
    pub code: Option<String>,
    pub state: Option<String>,
    /// The issuer (RFC 9207).
    pub iss: Option<String>,
    pub error: Option<String>,
}

/// What has become of an attempt, and where its browser goes.
pub struct Finished {
    /// The proof of a sign-in, which may still ask for a code (`TwoFactorRequired`); `None` for an identity that is
    /// linked now.
    pub outcome: Result<Option<Authenticated>>,
    /// It was no sign-in, but an identity to be linked.
    pub is_link: bool,
    /// As it was given at the beginning: it may be any text.
    pub next: String,
}

impl Chat {
    /// Ends an attempt with the answer of a provider. The code is looked at once: a second answer with the same state is
    /// refused before it reaches the provider. Answers that are refused count as wrong passwords of the network.
    ///
    /// # Errors
    /// In the outcome: `Unauthenticated` for an answer that is none to this browser's attempt, and where the provider says
    /// something else than it should; `Forbidden` for somebody who may have no account, or is blocked; `Conflict` for an
    /// identity of somebody else; `TooManyRequests` after too many refused answers; `ProviderAway`;
    /// `TwoFactorRequired` with a ticket.
    pub async fn finish_provider_sign_in(
        &self,
        provider: &str,
        attempt: Option<&str>,
        answer: &ProviderAnswer,
        caller: Option<&Caller>,
        client: &Client,
    ) -> Finished {
        let opened = self.find_provider(provider).and_then(|provider| {
            let attempt = self.open_attempt(provider, attempt.ok_or(BEGIN_AGAIN)?)?;
            Ok((provider, attempt))
        });
        match opened {
            Ok((provider, attempt)) => Finished {
                outcome: self
                    .finish_attempt(provider, &attempt, answer, caller, client)
                    .await,
                is_link: attempt.link.is_some(),
                next: attempt.next,
            },
            Err(error) => Finished {
                outcome: Err(error),
                is_link: false,
                next: String::new(),
            },
        }
    }

    async fn finish_attempt(
        &self,
        provider: &Provider,
        attempt: &Attempt,
        answer: &ProviderAnswer,
        caller: Option<&Caller>,
        client: &Client,
    ) -> Result<Option<Authenticated>> {
        if answer.state.as_deref() != Some(attempt.state.as_str()) {
            return Err(BEGIN_AGAIN);
        }
        // For the network only: of the account nobody knows anything yet. Answers that are made up would have this server
        // ask the provider any number of times.
        let account = Account::Unknown(&attempt.state);
        let counted = self
            .count_password(&account, client.address, &Familiarity::None)
            .await
            .inspect_err(|error| self.0.refusals.note_limit(error, None, client))?;
        let person = self.person_of(provider, attempt, answer).await;
        if matches!(&person, Err(Error::Unauthenticated(_))) {
            self.0.refusals.note(RefusalReason::Provider, None, client);
        } else {
            self.forgive(counted).await;
        }
        let person = person?;
        if let Some(link) = attempt.link {
            self.finish_link(link, caller, &person, &provider.config)
                .await?;
            return Ok(None);
        }
        let who = self.sign_in_person(provider, person, client).await?;
        Ok(Some(who))
    }

    /// Who the provider says that it is. The attempt is used up, whatever comes of it.
    async fn person_of(
        &self,
        provider: &Provider,
        attempt: &Attempt,
        answer: &ProviderAnswer,
    ) -> Result<Person> {
        let told = |fault: Fault| fault.told(&provider.config.id);
        if !spend(&self.0.db, "state", &attempt.state, SPENT_MINUTES).await? {
            return Err(told(Fault::Replayed("the answer")));
        }
        let metadata = provider.metadata().await.map_err(told)?;
        // Another provider may have sent the browser here, with a code of its own.
        match answer.iss.as_deref() {
            Some(issuer) if issuer == provider.config.issuer => {}
            None if !metadata.names_issuer => {}
            _ => return Err(told(Fault::Wrong("the issuer of the answer"))),
        }
        if let Some(error) = &answer.error {
            let error = error.chars().take(60).collect();
            told(Fault::Refused(error));
            return Err(DECLINED);
        }
        let code = answer.code.as_deref().unwrap_or_default();
        let redirect_uri = self.0.providers.own_address(&provider.path("callback"))?;
        let person = exchange(code, &redirect_uri, attempt, &provider.config, &metadata).await;
        person.map_err(told)
    }

    async fn sign_in_person(
        &self,
        provider: &Provider,
        person: Person,
        client: &Client,
    ) -> Result<Authenticated> {
        let config = &provider.config;
        let known = self.find_or_register(&person, config, client).await?;
        if known.is_blocked {
            let (reason, id) = (RefusalReason::Blocked, Some(known.user_id));
            self.0.refusals.note(reason, id, client);
            return Err(ACCOUNT_BLOCKED);
        }
        sqlx::query!(
            "update identities set used_at = now(), name = $2 where id = $1",
            known.identity_id,
            person.name
        )
        .execute(&self.0.db)
        .await?;
        // Without a mapping, too: what an earlier one has given is taken.
        if let Some(groups) = &person.groups {
            self.apply_groups(known.identity_id, known.user_id, groups, config)
                .await?;
        }
        let by = SignedInBy {
            identity_id: known.identity_id,
            provider_session: person.session,
        };
        let asks = config.second_factor == SecondFactor::Asked;
        let who = self
            .after_provider(known.user_id, known.credentials_version, by, asks, client)
            .await?;
        Ok(if known.is_new {
            who.of_new_account()
        } else {
            who
        })
    }
}
