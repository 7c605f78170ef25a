//! A form that a browser submitted by itself, without scripts, and that was refused: why, and what was
//! filled in. The page of the form shows both. It travels in a signed cookie, for a minute at most;
//! what is too long for a cookie is answered with the page itself. Nothing of it is in an address.

use chat::{Caller, Chat};
use model::{Problem, UserId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The cookie. `HttpOnly`, `SameSite=Lax`.
pub const FORM_COOKIE: &str = "parlance_form";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusedForm {
    /// The page of the form: no other shows it.
    pub(crate) path: String,
    /// Who was signed in: nobody else sees it.
    pub(crate) user: Option<UserId>,
    pub(crate) problem: Problem,
    pub(crate) filled_in: BTreeMap<String, String>,
}

impl RefusedForm {
    /// Of a form that no server function has read. What it has of passwords and codes is not kept.
    pub fn unread(
        path: String,
        caller: Option<&Caller>,
        problem: Problem,
        fields: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let shown = fields.filter(|(name, _)| !(name.contains("password") || name == "code"));
        Self {
            path,
            user: caller.map(|caller| caller.user_id),
            problem,
            filled_in: shown.collect(),
        }
    }

    /// The refused form in the cookie of a request, if it is for this page and this caller.
    pub fn from_cookie(
        chat: &Chat,
        cookie: &str,
        path: &str,
        caller: Option<&Caller>,
    ) -> Option<Self> {
        let form: Self = chat.open_sealed(cookie)?;
        let user = caller.map(|caller| caller.user_id);
        (form.path == path && form.user == user).then_some(form)
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    pub fn filled_in(&self, name: &str) -> Option<&str> {
        self.filled_in.get(name).map(String::as_str)
    }
}

/// Where a server function leaves a refused form that is too long for a cookie.
#[derive(Clone, Debug, Default)]
pub struct LongForm(Arc<Mutex<Option<RefusedForm>>>);

impl LongForm {
    pub fn take(&self) -> Option<RefusedForm> {
        let mut form = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        form.take()
    }

    pub(crate) fn put(&self, form: RefusedForm) {
        let mut this = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *this = Some(form);
    }
}
