//! `AppProfile`: what an app says about a user, and how the user is called because of it.

use super::{external_id::ExternalId, made_up_names::made_up_name};
use model::AppId;
use serde::{Deserialize, Serialize};

/// Characters of the longest name (`users_name_length`).
const MAX_NAME: usize = 80;

/// Characters of the longest username (`users_username_format`).
const MAX_USERNAME: usize = 32;

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
    /// What can be stored and shown to people: without control characters, ids in place of names, and
    /// addresses that are none.
    #[must_use]
    pub fn cleaned(self, id: &ExternalId) -> Self {
        let name = |text: Option<String>| {
            let text = text.map(|text| printable(&text, MAX_NAME));
            text.filter(|text| is_for_people(text, id))
        };
        let email = self.email.map(|text| printable(&text, 255));
        let avatar_url = self.avatar_url.map(|text| printable(&text, 2001));
        // Some apps use the e-mail address for it, which is not for everybody to see.
        let username = self.username.map(|text| match text.split_once('@') {
            Some((local_part, _)) => local_part.to_owned(),
            None => text,
        });
        Self {
            name: name(self.name),
            username: name(username),
            email: email.filter(|it| is_email(it)),
            avatar_url: avatar_url
                .filter(|it| it.starts_with("https://") && it.chars().count() <= 2000),
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
        let usernames = sources.into_iter().flatten().filter_map(username_of);
        Shown {
            // The local part of an address may be longer than a name.
            name: printable(
                name.or(username).or(local_part).unwrap_or(&made_up),
                MAX_NAME,
            ),
            username: usernames
                .into_iter()
                .next()
                .unwrap_or_else(|| "user".to_owned()),
            email: self.email.clone(),
            avatar_url: self.avatar_url.clone(),
        }
    }
}

/// The text without control characters, in one line, cut to a number of characters.
fn printable(text: &str, max: usize) -> String {
    let spaced = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c });
    // Marks of direction could make a name look like another one.
    let is_shown = |c: &char| {
        !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let clean: String = spaced.filter(is_shown).collect();
    let cut: String = clean.trim().chars().take(max).collect();
    cut.trim_end().to_owned()
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

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let has_parts = parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
    has_parts && (3..=254).contains(&text.chars().count()) && !text.contains(' ')
}

/// A username that the constraint `users_username_format` accepts; `None` if too little is left of the
/// text.
fn username_of(text: &str) -> Option<String> {
    let text = text.to_lowercase().replace(' ', "-");
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c);
    let name = text.chars().filter(allowed);
    let name = name.skip_while(|c| !c.is_ascii_alphanumeric());
    let name: String = name.take(MAX_USERNAME).collect();
    (name.len() >= 2).then_some(name)
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
    use super::{AppProfile, username_of};
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
    fn usernames_fit_the_constraint() {
        assert_eq!(username_of("Ada.Lovelace").as_deref(), Some("ada.lovelace"));
        assert_eq!(username_of("-_x y!z").as_deref(), Some("x-yz"));
        assert_eq!(username_of("Ада"), None);
        assert_eq!(username_of(&"a".repeat(50)).unwrap().len(), 32);
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
        assert_eq!(shown(named), "Ada  Lovelace");
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
