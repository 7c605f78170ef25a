//! One entry of a directory: read field by field, so that a bad one says all that is wrong with it.

use crate::{
    Error,
    apps::{AppProfile, ExternalId},
    text,
};
use model::{FieldError, UserRole};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Characters of the longest name, as `users_name_length` has it.
const MAX_NAME: usize = 80;

/// Characters of the longest username that is read. What does not fit a username is left out of it.
const MAX_USERNAME: usize = 255;

/// Characters of the longest e-mail address and picture's address, as the tables have them.
const MAX_EMAIL: usize = 254;
const MAX_AVATAR_URL: usize = 2000;

/// The values that a directory gives for a user. Null, an empty text and an absent field say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Said {
    #[serde(flatten)]
    pub profile: AppProfile,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
}

/// A user as a directory describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: ExternalId,
    pub said: Said,
    /// False for somebody who is gone from the app.
    pub is_active: bool,
}

impl Said {
    /// What can be stored and shown to people, by the rules for the claims of tokens.
    fn cleaned(self, id: &ExternalId) -> Self {
        Self {
            profile: self.profile.cleaned(id),
            role: self.role,
        }
    }
}

/// Reads an entry. Unknown fields are ignored, as every directory has more than these.
pub fn parse(entry: &Value) -> Result<Entry, Vec<FieldError>> {
    let Value::Object(fields) = entry else {
        return Err(vec![field_error("user", "must be an object")]);
    };
    let mut reader = Reader {
        fields,
        errors: Vec::new(),
    };
    let id = reader.id();
    let said = Said {
        profile: AppProfile {
            name: reader.name(),
            username: reader.text("username", MAX_USERNAME),
            email: reader.email(),
            avatar_url: reader.avatar_url(),
        },
        role: reader.role(),
    };
    let is_active = reader.active();
    match (id, reader.errors) {
        (Some(id), errors) if errors.is_empty() => Ok(Entry {
            said: said.cleaned(&id),
            id,
            is_active,
        }),
        (_, errors) => Err(errors),
    }
}

/// The id of an entry as text, for the report, whatever else is wrong with it.
pub fn readable_id(entry: &Value) -> Option<String> {
    match entry.get("id")? {
        Value::String(id) => Some(id.chars().take(255).collect()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

struct Reader<'a> {
    fields: &'a Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn refuse<T>(&mut self, field: &str, reason: &str) -> Option<T> {
        self.errors.push(field_error(field, reason));
        None
    }

    /// Text, or a whole number as its digits.
    fn id(&mut self) -> Option<ExternalId> {
        let text = match self.fields.get("id") {
            None | Some(Value::Null) => return self.refuse("id", "is missing"),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
            Some(_) => return self.refuse("id", "must be text or a whole number"),
        };
        match ExternalId::parse(&text) {
            Some(id) => Some(id),
            None => self.refuse(
                "id",
                "must have 1 to 255 bytes, without control characters, and not one of the ids that \
                are made here",
            ),
        }
    }

    fn text(&mut self, name: &str, max: usize) -> Option<String> {
        let text = match self.fields.get(name) {
            None | Some(Value::Null) => return None,
            Some(Value::String(text)) => text.trim(),
            Some(_) => return self.refuse(name, "must be text"),
        };
        if text.is_empty() {
            return None;
        }
        if text.chars().count() > max {
            return self.refuse(name, &format!("must have at most {max} characters"));
        }
        if text.chars().any(char::is_control) {
            return self.refuse(name, "must not contain control characters");
        }
        Some(text.to_owned())
    }

    fn name(&mut self) -> Option<String> {
        let typed = self.text("name", MAX_NAME)?;
        match text::name(&typed) {
            Ok(name) => Some(name),
            Err(Error::Invalid(errors)) => {
                self.errors.extend(errors);
                None
            }
            Err(_) => self.refuse("name", "cannot be a name"),
        }
    }

    fn email(&mut self) -> Option<String> {
        let email = self.text("email", MAX_EMAIL)?;
        if is_address(&email) {
            Some(email)
        } else {
            self.refuse("email", "is not an e-mail address")
        }
    }

    /// `avatarUrl`, or `picture`, as `OpenID` Connect calls it.
    fn avatar_url(&mut self) -> Option<String> {
        let names = ["avatarUrl", "picture"];
        let name = names
            .into_iter()
            .find(|name| self.fields.contains_key(*name))?;
        let url = self.text(name, MAX_AVATAR_URL)?;
        if url.starts_with("https://") {
            Some(url)
        } else {
            self.refuse(name, "must begin with https://")
        }
    }

    fn role(&mut self) -> Option<UserRole> {
        let role = self.text("role", MAX_NAME)?;
        match role.to_ascii_lowercase().as_str() {
            "admin" => Some(UserRole::Admin),
            "member" | "user" => Some(UserRole::Member),
            _ => self.refuse("role", "must be admin or member"),
        }
    }

    /// True unless something else is said. CSV has it as text.
    fn active(&mut self) -> bool {
        let text = match self.fields.get("active") {
            None | Some(Value::Null) => return true,
            Some(Value::Bool(active)) => return *active,
            Some(Value::String(text)) => text.trim().to_ascii_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => String::from("?"),
        };
        match text.as_str() {
            "" | "true" | "1" | "yes" => true,
            "false" | "0" | "no" => false,
            _ => {
                let refused: Option<bool> = self.refuse("active", "must be true or false");
                refused.unwrap_or(true)
            }
        }
    }
}

/// Whether this may be an e-mail address. Nothing is sent to it.
fn is_address(email: &str) -> bool {
    email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !email.contains(char::is_whitespace)
    })
}

pub fn field_error(field: &str, reason: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use model::UserRole;
    use serde_json::{Value, json};

    fn errors(entry: &Value) -> Vec<String> {
        let errors = parse(entry).unwrap_err();
        errors.into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn an_entry_is_read_as_directories_write_it() {
        let entry = parse(&json!({
            "id": 42, "name": " Ada ", "username": null, "email": "", "picture": "https://a.b/c",
            "role": "ADMIN", "active": "false", "department": ["engines"],
        }))
        .unwrap();
        assert_eq!(entry.id.as_str(), "42");
        assert_eq!(entry.said.profile.name.as_deref(), Some("Ada"));
        assert_eq!(entry.said.profile.username, None);
        assert_eq!(entry.said.profile.email, None);
        assert_eq!(
            entry.said.profile.avatar_url.as_deref(),
            Some("https://a.b/c")
        );
        assert_eq!(entry.said.role, Some(UserRole::Admin));
        assert!(!entry.is_active);
        assert!(parse(&json!({ "id": "x" })).unwrap().is_active);
    }

    #[test]
    fn a_bad_entry_names_all_of_its_bad_fields() {
        for bad in [json!(1), json!([]), json!(null), json!("x")] {
            assert_eq!(errors(&bad), ["user"]);
        }
        for id in [
            json!(null),
            json!(1.5),
            json!(true),
            json!({}),
            json!(""),
            json!("-1"),
            json!("a\0"),
        ] {
            assert_eq!(errors(&json!({ "id": id })), ["id"], "{id}");
        }
        let bad = json!({
            "name": "x".repeat(81), "username": 7, "email": "ada", "avatarUrl": "http://a.b",
            "role": "owner", "active": "perhaps",
        });
        assert_eq!(
            errors(&bad),
            [
                "id",
                "name",
                "username",
                "email",
                "avatarUrl",
                "role",
                "active"
            ]
        );
    }
}
