//! `AppProfile`: what an app says about a user, and how the user is called because of it.

use super::{external_id::ExternalId, made_up_names::made_up_name};
use crate::text;
use model::AppId;
use serde::{Deserialize, Serialize};

/// Characters of the longest e-mail address (`users_email_length`) and picture's address.
const MAX_EMAIL: usize = 254;
const MAX_AVATAR_URL: usize = 2000;

/// A user as the claims of a token or a directory describe them. A field that is `None` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppProfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// The columns of a user that follow from a profile; each fits its constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub name: String,
    pub username: String,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
}

impl AppProfile {
    /// What can be stored and shown to people: without ids in place of names, addresses that are none, and
    /// what a name must not have (`text::name`). A name never costs its user the token.
    #[must_use]
    pub fn cleaned(self, id: &ExternalId) -> Self {
        let name = |text: Option<String>| {
            let text = text.and_then(|text| text::clean_line(&text, text::MAX_NAME));
            text.filter(|text| is_for_people(text, id))
        };
        let email = self.email.map(|text| text.trim().to_owned());
        let avatar_url = self.avatar_url.map(|text| text.trim().to_owned());
        let is_url = |text: &str| {
            text::is_web_address(text, &["https"]) && text.chars().count() <= MAX_AVATAR_URL
        };
        // Some apps use the e-mail address for it, which is not for everybody to see.
        let username = self.username.map(|text| match text.split_once('@') {
            Some((local_part, _)) => local_part.to_owned(),
            None => text,
        });
        Self {
            name: name(self.name),
            username: name(username),
            email: email.filter(|it| text::is_email(it) && it.chars().count() <= MAX_EMAIL),
            avatar_url: avatar_url.filter(|it| is_url(it)),
        }
    }

    /// This profile, with what it leaves out taken from an earlier one.
    #[must_use]
    pub fn over(self, earlier: Self) -> Self {
        Self {
            name: self.name.or(earlier.name),
            username: self.username.or(earlier.username),
            email: self.email.or(earlier.email),
            avatar_url: self.avatar_url.or(earlier.avatar_url),
        }
    }

    /// The fields that say something else than before.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let changed = |said: &Option<String>, before: &Option<String>| {
            said.clone().filter(|_| said != before)
        };
        Self {
            name: changed(&self.name, &before.name),
            username: changed(&self.username, &before.username),
            email: changed(&self.email, &before.email),
            avatar_url: changed(&self.avatar_url, &before.avatar_url),
        }
    }

    /// How the user is shown: by the name, else the username, else the local part of the e-mail address,
    /// else a made-up name, which is always the same for an id.
    pub fn shown(&self, app_id: AppId, id: &ExternalId) -> Shown {
        let local_part = self.email.as_deref().and_then(|it| it.split('@').next());
        let local_part = local_part.filter(|it| is_for_people(it, id));
        let (name, username) = (self.name.as_deref(), self.username.as_deref());
        let made_up = made_up_name(app_id, id);
        let sources = [username, local_part, name, Some(&made_up)];
        let usernames = sources
            .into_iter()
            .flatten()
            .filter_map(text::username_from);
        // The local part of an address may be longer than a name, and have what a name must not have.
        let mut names = [name, username, local_part].into_iter().flatten();
        let name = names.find_map(|it| text::clean_line(it, text::MAX_NAME));
        Shown {
            name: name.unwrap_or_else(|| made_up.clone()),
            username: usernames
                .into_iter()
                .next()
                .unwrap_or_else(|| "user".to_owned()),
            email: self.email.clone(),
            avatar_url: self.avatar_url.clone(),
        }
    }
}

/// Whether a text can be a name: not the user's id, and none of the forms that ids have.
fn is_for_people(text: &str, id: &ExternalId) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_object_id = text.len() == 24 && is_hex(text);
    let is_uuid =
        text.len() == 36 && text.matches('-').count() == 4 && is_hex(&text.replace('-', ""));
    !text.is_empty() && text != id.as_str() && !is_number && !is_object_id && !is_uuid
}

/// Characters of a username before the suffix.
const MAX_BEFORE_SUFFIX: usize = 20;

/// A username for somebody whose own is taken: with 8 hexadecimal digits. They are random, so that nobody
/// can take it first.
pub fn with_random_suffix(username: &str) -> String {
    let start: String = username.chars().take(MAX_BEFORE_SUFFIX).collect();
    format!("{start}-{:08x}", rand::random::<u32>())
}

/// Whether a username is the wanted one, with or without a suffix.
pub fn has_username_from(username: &str, wanted: &str) -> bool {
    let start: String = wanted.chars().take(MAX_BEFORE_SUFFIX).collect();
    let rest = username.strip_prefix(&format!("{start}-"));
    username == wanted || rest.is_some_and(|rest| rest.len() == 8)
}

#[cfg(test)]
mod tests {
    use super::AppProfile;
    use crate::apps::external_id::ExternalId;
    use model::AppId;

    const OBJECT_ID: &str = "507f1f77bcf86cd799439011";

    fn id() -> ExternalId {
        ExternalId::parse(OBJECT_ID).unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the fields have it")]
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn people_have_names_and_never_ids() {
        let shown = |profile: AppProfile| profile.cleaned(&id()).shown(AppId(1), &id()).name;
        let made_up = shown(AppProfile::default());
        assert!(
            made_up.contains(' ') && !made_up.contains("507f"),
            "{made_up}"
        );
        let named = AppProfile {
            name: text(" Ada\u{0}\n Lovelace "),
            username: text("ada"),
            ..AppProfile::default()
        };
        assert_eq!(shown(named), "Ada Lovelace");
        let email = AppProfile {
            name: text(OBJECT_ID),
            username: text("5f0c9c1e-8f0a-4b57-9d61-0d8a9c7c6d11"),
            email: text("ada@shop.example"),
            ..AppProfile::default()
        };
        assert_eq!(shown(email), "ada");
        for id_like in [OBJECT_ID, "1234", "", " ", "\u{7}"] {
            let profile = AppProfile {
                name: text(id_like),
                email: text(&format!("{id_like}@shop.example")),
                ..AppProfile::default()
            };
            assert_eq!(shown(profile), made_up, "{id_like:?}");
        }
    }

    #[test]
    fn what_is_left_out_stays() {
        let earlier = AppProfile {
            name: text("Ada"),
            email: text("ada@shop.example"),
            ..AppProfile::default()
        };
        let later = AppProfile {
            name: text("Ada King"),
            ..AppProfile::default()
        };
        let both = later.over(earlier);
        assert_eq!(
            (both.name, both.email),
            (text("Ada King"), text("ada@shop.example"))
        );
    }
}
