//! A new account: its names, checked and as they are stored.

use crate::{
    Error, Result,
    accounts::role::role_text,
    error::{OnConstraint, refuse_nul},
    text,
};
use model::{UserId, UserRole};
use sqlx::PgExecutor;

/// The names of an account that is about to be made.
pub struct NewAccount {
    username: String,
    name: String,
    email: Option<String>,
}

impl NewAccount {
    /// # Errors
    /// `Invalid`. Whether the username has the right form is for the constraint to say.
    pub fn read(username: &str, name: Option<&str>, email: Option<&str>) -> Result<Self> {
        refuse_nul("username", username)?;
        let username = text::username(username);
        if text::is_reserved(&username) {
            return Err(Error::invalid(
                "username",
                "is reserved: choose another one",
            ));
        }
        let name = match name.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => text::name(name)?,
            None => username.clone(),
        };
        let email = email.map(str::trim).filter(|email| !email.is_empty());
        email.map_or(Ok(()), text::check_email)?;
        Ok(Self {
            username,
            name,
            email: email.map(str::to_owned),
        })
    }

    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// What the password must not be made of.
    pub fn names(&self) -> Vec<&str> {
        let names = [self.username.as_str(), &self.name].into_iter();
        names.chain(self.email()).collect()
    }

    /// # Errors
    /// `Conflict` when the username or the e-mail address is taken.
    pub async fn insert(
        &self,
        db: impl PgExecutor<'_>,
        password_hash: Option<&str>,
        role: UserRole,
    ) -> Result<UserId> {
        let id = sqlx::query_scalar!(
            "insert into users (username, name, email, password_hash, role)
            values ($1, $2, $3, $4, $5) returning id",
            self.username,
            self.name,
            self.email,
            password_hash,
            role_text(role)
        )
        .fetch_one(db)
        .await
        .on_constraint("users_username_key", || {
            Error::Conflict("That username is taken.")
        })
        .on_constraint("users_email_key", || {
            Error::Conflict("That e-mail address is taken.")
        })?;
        Ok(UserId(id))
    }
}
