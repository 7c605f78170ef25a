//! What an import says of a user who is there already: what of it changes the user.

use super::records::User;
use crate::{
    AppProfile, ExternalId,
    apps::{Said, Shown},
};
use model::{AppId, UserRole};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What imports have said of a user until now: the column `app_users.imported`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Imported {
    #[serde(flatten)]
    pub profile: AppProfile,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_admin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_ended: Option<bool>,
    /// Whether it was an import that ended the user. Whom somebody else has ended no import brings back.
    pub has_ended: bool,
}

/// A user of the app before the batch.
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct KnownUser {
    /// As the app spelled it first.
    pub id: ExternalId,
    pub user_id: i64,
    pub name: String,
    pub username: String,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
    pub is_admin: bool,
    pub has_password: bool,
    pub is_ended: bool,
    pub has_token: bool,
    /// What the directory has said; it is asked first from then on.
    pub directory: Option<Said>,
    pub imported: Option<Imported>,
    /// What a token or an import said last.
    pub profile: Option<AppProfile>,
}

/// What a row changes about a known user. `None` for what stays.
pub struct UserChange {
    pub user_id: i64,
    pub name: Option<String>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
    pub is_admin: Option<bool>,
    pub is_ended: Option<bool>,
    pub created_at: Option<OffsetDateTime>,
    pub last_seen_at: Option<OffsetDateTime>,
    /// What is remembered, if every value is taken.
    pub imported: Imported,
    /// The e-mail address that was remembered before.
    pub earlier_email: Option<String>,
    /// Whether the profile of the next token is compared with what the import says.
    pub describes: bool,
}

impl KnownUser {
    /// An import is of another time than tokens and the directory. So it changes a value only if it says
    /// something else than the import before it, and the value is still what that one, or nobody, has given.
    pub fn change(&self, app_id: AppId, row: &User, profile: &AppProfile) -> UserChange {
        let before = self.imported_before();
        let said = Imported {
            profile: profile.clone().over(before.profile.clone()),
            is_admin: row
                .role
                .map(|role| role == UserRole::Admin)
                .or(before.is_admin),
            is_ended: row.active.map(|it| !it).or(before.is_ended),
            has_ended: before.has_ended,
        };
        let (old, new) = (
            before.profile.shown(app_id, &self.id),
            said.profile.shown(app_id, &self.id),
        );
        let directory = self.directory.clone().unwrap_or_default();
        let is_open = |now: &Option<String>, old: &Option<String>| now.is_none() || now == old;
        let name = Some(new.name).filter(|it| {
            *it != old.name
                && self.name == old.name
                && !self.has_password
                && directory.profile.name.is_none()
        });
        let may_be_called = !self.has_password && !self.has_token && self.is_called(&old);
        let username = Some(new.username).filter(|it| {
            *it != old.username && may_be_called && directory.profile.username.is_none()
        });
        let email = new.email.filter(|it| {
            Some(it) != old.email.as_ref()
                && !self.has_password
                && is_open(&self.email, &old.email)
                && directory.profile.email.is_none()
        });
        let avatar_url = new.avatar_url.filter(|it| {
            Some(it) != old.avatar_url.as_ref()
                && is_open(&self.avatar_url, &old.avatar_url)
                && (!self.has_password || self.avatar_url.is_none())
                && directory.profile.avatar_url.is_none()
        });
        let is_admin = said.is_admin.filter(|it| {
            let is_said_anew = Some(*it) != before.is_admin && *it != self.is_admin;
            let is_raised_by_import = *it || (before.is_admin == Some(true) && !self.has_password);
            is_said_anew && is_raised_by_import && directory.role.is_none()
        });
        let is_ended = self.ends(&before, row.active);
        UserChange {
            user_id: self.user_id,
            name,
            username,
            email,
            avatar_url,
            is_admin,
            is_ended,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            imported: Imported {
                has_ended: is_ended.unwrap_or(before.has_ended),
                ..said
            },
            earlier_email: before.profile.email,
            describes: !self.has_token,
        }
    }

    /// Whom a directory names is there or gone as it says.
    fn ends(&self, before: &Imported, active: Option<bool>) -> Option<bool> {
        if self.directory.is_some() {
            return None;
        }
        match active? {
            false if !self.is_ended && before.is_ended != Some(true) => Some(true),
            true if self.is_ended && before.has_ended => Some(false),
            _ => None,
        }
    }

    /// A user whom only an import has described was imported before imports remembered it.
    fn imported_before(&self) -> Imported {
        let is_described_by_import = !self.has_token && self.directory.is_none();
        self.imported.clone().unwrap_or_else(|| Imported {
            profile: self
                .profile
                .clone()
                .filter(|_| is_described_by_import)
                .unwrap_or_default(),
            has_ended: is_described_by_import && self.profile.is_some() && self.is_ended,
            ..Imported::default()
        })
    }

    /// Whether the username is the one that follows from a profile, with or without the addition of one
    /// that was taken.
    fn is_called(&self, shown: &Shown) -> bool {
        let start: String = shown.username.chars().take(20).collect();
        let rest = self.username.strip_prefix(&format!("{start}-"));
        self.username == shown.username || rest.is_some_and(|rest| rest.len() == 8)
    }
}
