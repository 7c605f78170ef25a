//! Accounts: registration, signing in, and the caller's own profile.

mod access_changes;
pub(crate) mod administrators;
mod api_tokens;
pub mod auth_error;
mod authenticate;
mod change_email;
mod change_password;
mod claims;
pub(crate) mod client;
mod device;
pub(crate) mod device_key;
mod email_verification;
mod forgotten_password;
pub(crate) mod hash_queue;
pub(crate) mod issuer;
pub(crate) mod issuer_client;
pub(crate) mod key_set;
pub(crate) mod keys;
mod link_key;
pub(crate) mod new_account;
mod own_password;
mod owner_proof;
mod password_resets;
pub(crate) mod password_rules;
pub(crate) mod passwords;
mod pending_caller;
mod refresh;
pub(crate) mod registration;
pub(crate) mod role;
mod seal;
mod sealed_values;
pub(crate) mod secrets;
pub(crate) mod security_note;
mod session_audit;
pub(crate) mod sessions;
mod sign_in_networks;
mod sign_in_note;
pub(crate) mod sign_in_ticket;
pub(crate) mod token;
mod two_factor;
mod two_factor_key;
pub(crate) mod two_factor_rules;
pub(crate) mod verifying_key;

pub use access_changes::AccessWatch;
pub use api_tokens::is_api_token;
pub use authenticate::Authentication;
pub use claims::{AdminClaim, ProfileClaims};
pub(crate) use client::SignedInBy;
pub use client::{Authenticated, Client};
pub use device_key::DEVICE_LIFETIME;
pub use issuer::{IssuerKey, TokenRules};
pub use key_set::KeySetAddress;
pub use keys::{Keys, OwnKeys, Rs256, SubjectOrigin};
pub use pending_caller::PendingCaller;
pub use registration::{EmailDomain, Registration, RegistrationRules};
pub use sessions::BrowserSession;
pub use sign_in_ticket::SignInTicket;
pub use two_factor::RememberedBrowser;
pub use two_factor_rules::{RequiredOf, TwoFactorRules};
pub use verifying_key::KeyError;

use crate::{
    Caller, Chat, Error, Result,
    audit::{NewEntry, RefusalReason},
    error::{OnConstraint, refuse_nul},
    network::network,
    presence::choice::parse_choice,
    rate_limit::wrong_guesses::{Account, Familiarity},
    text,
};
use auth_error::{ACCOUNT_BLOCKED, WRONG_PASSWORD};
use email_verification::{await_email, require_room};
use hash_queue::Bearer;
use model::{AuditAction, Login, Profile, Register, User, UserId, UserRole};
use new_account::NewAccount;
use password_rules::check_password;
use sqlx::types::Json;

/// Bytes of the longest name that is looked for: an e-mail address has 254 characters (RFC 5321).
const MAX_LOGIN_BYTES: usize = 1024;

/// What a change of the address is told where it has to be proved.
const CHANGED_ELSEWHERE: Error = Error::Conflict(
    "An e-mail address is changed with the password, and a link that is mailed to it: PUT /me/email.",
);

impl Chat {
    /// Who may register.
    pub fn registration(&self) -> &RegistrationRules {
        &self.0.registration
    }

    /// Creates an account, whose role is that of a member. A mail asks whether its address is right, on a server that
    /// sends any.
    ///
    /// # Errors
    /// `Forbidden` unless registration is open; `Conflict` when the username or the e-mail address is taken;
    /// `TooManyRequests` beyond the registrations of a network; `EmailUnconfirmed` once the account is made, where the
    /// address has to be at certain hosts and mails are sent.
    pub async fn register(&self, new: Register, client: &Client) -> Result<Authenticated> {
        self.require_passwords()?;
        let account = NewAccount::read(&new.username, new.name.as_deref(), new.email.as_deref())?;
        self.registration().require_open(account.email())?;
        check_password("password", &new.password, &account.names())?;
        self.count_registration(client.address).await?;
        let bearer = Bearer::Network(client.address.map(network));
        let hash = passwords::hash(new.password, bearer).await?;
        let member = UserRole::Member;
        let mut tx = self.begin().await?;
        let id = account.insert(&mut *tx, Some(&hash), member).await?;
        let is_asked = self.ask_for_proof(&mut tx, id, account.email()).await?;
        let must_prove = self.sends_emails()
            && account.email().is_some()
            && !self.registration().domains.is_empty();
        if must_prove {
            require_room(is_asked)?;
            await_email(&mut tx, id).await?;
        }
        NewEntry::by_client(id, client, AuditAction::UserRegistered)
            .with("method", "password")
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        if is_asked {
            self.0.emails.wake();
        }
        if must_prove {
            return Err(Error::EmailUnconfirmed);
        }
        self.remember_network(id, client.address).await?;
        Ok(Authenticated::new(self.find_user(id).await?, 0))
    }

    /// Checks the password of a username or e-mail address.
    ///
    /// # Errors
    /// `Forbidden` where passwords are off; `Unauthenticated` for a wrong password as for an unknown name; `TooManyRequests` after too many wrong ones;
    /// `TwoFactorRequired` with a right one, where the user has a second factor.
    pub async fn login(&self, login: Login, client: &Client) -> Result<Authenticated> {
        self.require_passwords()?;
        // Nobody has a longer one.
        refuse_nul("login", &login.login)?;
        let typed = login.login.trim();
        let typed = if typed.len() > MAX_LOGIN_BYTES {
            ""
        } else {
            typed
        };
        let name = text::username(typed);
        let lookup = passwords::begin_lookup().await?;
        let found = sqlx::query!(
            r#"select id as "id!", password_hash, blocked_at,
                credentials_version as "credentials_version!", exists (
                select from sign_in_networks n where n.user_id = u.id and n.network = $3
            ) as "is_network_known!"
            from (
                select id, password_hash, blocked_at, credentials_version from users where username = $1
                union all
                (select id, password_hash, blocked_at, credentials_version from users
                where email_key(email) = email_key($1) and username <> $1
                order by email = $2 desc, email_is_duplicate, id)
                limit 1
            ) u"#,
            name,
            typed,
            client.network_text()
        )
        .fetch_optional(&self.0.db)
        .await?;
        drop(lookup);
        let found_id = found.as_ref().map(|user| UserId(user.id));
        let refused = |reason| self.0.refusals.note(reason, found_id, client);
        let account = found_id.map_or(Account::Unknown(&name), Account::Known);
        let familiarity = match (&account, &found) {
            (Account::Known(id), Some(user)) => {
                self.familiarity(*id, user.is_network_known, client)
            }
            _ => Familiarity::None,
        };
        let attempt = self
            .count_password(&account, client.address, &familiarity)
            .await
            .inspect_err(|error| self.0.refusals.note_limit(error, found_id, client))?;
        let old_hash = found.as_ref().and_then(|user| user.password_hash.clone());
        let bearer = match (&familiarity, &account) {
            (Familiarity::Device(_) | Familiarity::Network, Account::Known(id)) => {
                Bearer::Known(*id)
            }
            _ => Bearer::Network(client.address.map(network)),
        };
        let verified = passwords::verify(login.password, old_hash, bearer).await;
        // A password that was not looked at was not wrong.
        if !matches!(&verified, Ok(it) if !it.is_right) {
            self.forgive(attempt).await;
        }
        let verified = verified?;
        if !verified.is_right {
            refused(RefusalReason::Password);
            return Err(WRONG_PASSWORD);
        }
        let user = found.ok_or(WRONG_PASSWORD)?;
        if user.blocked_at.is_some() {
            refused(RefusalReason::Blocked);
            return Err(ACCOUNT_BLOCKED);
        }
        if let Some(new_hash) = verified.stronger_hash {
            sqlx::query!(
                "update users set password_hash = $2 where id = $1 and password_hash = $3",
                user.id,
                new_hash,
                user.password_hash
            )
            .execute(&self.0.db)
            .await?;
        }
        self.after_password(UserId(user.id), user.credentials_version, client)
            .await
    }

    /// What is known of a client that signs in to an account.
    pub(in crate::accounts) fn familiarity(
        &self,
        id: UserId,
        is_network_known: bool,
        client: &Client,
    ) -> Familiarity {
        match self.0.keys.device(client.device.as_deref(), id) {
            Some(device) => Familiarity::Device(device),
            None if is_network_known => Familiarity::Network,
            None => Familiarity::None,
        }
    }

    /// The caller's own account.
    pub async fn account(&self, caller: &Caller) -> Result<model::Account> {
        let row = sqlx::query!(
            r#"select user_json(u) as "user!: Json<User>", email, presence_choice
            from users u where id = $1"#,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(model::Account {
            user: self.with_presence(row.user.0),
            email: row.email,
            presence_choice: parse_choice(&row.presence_choice),
        })
    }

    /// Whether everybody sees the caller's e-mail address.
    pub async fn shares_email(&self, caller: &Caller) -> Result<bool> {
        Ok(self.user_card(caller.user_id).await?.shares_email)
    }

    /// The user's e-mail address, where everybody may see it.
    pub async fn shared_email(&self, _caller: &Caller, id: UserId) -> Result<Option<String>> {
        let card = self.user_card(id).await?;
        Ok(card.email.clone().filter(|_| card.shares_email))
    }

    /// Another address must be at a host of which people register, but for administrators. One that somebody has already
    /// stays as it is.
    async fn require_domain_of_change(&self, caller: &Caller, address: &str) -> Result<()> {
        let registration = self.registration();
        if caller.role == UserRole::Admin || registration.domains.is_empty() {
            return Ok(());
        }
        if self.account(caller).await?.email.as_deref() == Some(address) {
            return Ok(());
        }
        registration.require_domain(Some(address))
    }

    /// Changes name, e-mail address, avatar or who sees the address; absent fields stay as they are, and
    /// an empty string removes an address. On a server that sends mails, the address is changed by `change_email` only.
    pub async fn update_account(
        &self,
        caller: &Caller,
        profile: Profile,
    ) -> Result<model::Account> {
        if profile.email.is_some() {
            caller.require_person()?;
        }
        if self.sends_emails()
            && let Some(address) = profile.email.as_deref()
            && address.trim() != self.account(caller).await?.email.unwrap_or_default()
        {
            return Err(CHANGED_ELSEWHERE);
        }
        self.write_account(caller, profile).await
    }

    async fn write_account(&self, caller: &Caller, mut profile: Profile) -> Result<model::Account> {
        // Whoever sends back all that they have read changes nothing of their picture.
        if profile.avatar_url.is_some()
            && profile.avatar_url == self.user_card(caller.user_id).await?.avatar_url
        {
            profile.avatar_url = None;
        }
        let name = profile.name.as_deref().map(text::name).transpose()?;
        let email = profile.email.as_deref().map(str::trim);
        let address = email.filter(|email| !email.is_empty());
        address.map_or(Ok(()), text::check_email)?;
        if let Some(address) = address {
            self.require_domain_of_change(caller, address).await?;
        }
        refuse_nul(
            "avatarUrl",
            profile.avatar_url.as_deref().unwrap_or_default(),
        )?;
        if let Some(url) = profile.avatar_url.as_deref()
            && !(url.is_empty() || text::is_web_address(url, &["https"]))
        {
            let reason = "must be an address that begins with https:// and has a host";
            return Err(Error::invalid("avatarUrl", reason));
        }
        self.0.limits.told.require_change(caller.user_id)?;
        let mut tx = self.begin().await?;
        let before = sqlx::query_scalar!(
            "select email from users where id = $1 for update",
            caller.user_id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        if profile.avatar_url.is_some() {
            // An address elsewhere, or none, takes the place of a picture here.
            sqlx::query!("delete from pictures where user_id = $1", caller.user_id.0)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query!(
            "update users set name = coalesce($2, name),
                email = case when $3::text is null then email else nullif($3, '') end,
                email_is_duplicate = email_is_duplicate and ($3::text is null or $3 = email),
                avatar_url = case when $4::text is null then avatar_url else nullif($4, '') end,
                shares_email = coalesce($5, shares_email)
            where id = $1",
            caller.user_id.0,
            name,
            email,
            profile.avatar_url,
            profile.shares_email
        )
        .execute(&mut *tx)
        .await
        .on_constraint("users_email_key", || {
            Error::Conflict("That e-mail address is taken.")
        })?;
        if email.is_some() && address != before.as_deref() {
            let entry = NewEntry::by(caller, AuditAction::EmailChanged);
            entry.write(&mut *tx).await?;
        }
        tx.commit().await?;
        self.announce_users(&[caller.user_id]).await;
        self.account(caller).await
    }
}
