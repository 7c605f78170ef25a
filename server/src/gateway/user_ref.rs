//! `UserRef`: a user in a payload of a contract. Contracts render a payload once, for all apps: it has
//! placeholders for users, which the gateway replaces with the id by which each recipient's app knows
//! the user.

use chat::{Caller, Chat, ExternalId, IdKind, UserCard};
use model::{AppId, UserId};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    sync::{Arc, LazyLock},
};

/// Begins and ends a placeholder: a character for private use, which JSON does not escape.
const MARK: char = '\u{e000}';

/// The beginning of every placeholder of this process. It is random and never leaves the process, so
/// no client can write one into a message.
static PREFIX: LazyLock<String> =
    LazyLock::new(|| format!("{MARK}{:032x}:", rand::random::<u128>()));

/// The largest integer that JavaScript's numbers hold exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// A user in a payload: a field, a key of an object, or a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserRef(pub UserId);

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{MARK}", *PREFIX, self.0)
    }
}

impl Serialize for UserRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What stands for an e-mail address that a recipient may not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    Null,
    Empty,
}

impl Hidden {
    fn mark(self) -> char {
        match self {
            Self::Null => '|',
            Self::Empty => '!',
        }
    }
}

/// The e-mail address of a user, for a field of its own. Recipients of an app see those of the app's own
/// users, and everybody sees their own and those that are shared. Nobody else sees any: ids can be counted
/// through.
pub fn email_ref(card: &UserCard, hidden: Hidden) -> Option<String> {
    let email = card.email.as_deref().filter(|it| !it.contains(MARK))?;
    if card.shares_email {
        return Some(email.to_owned());
    }
    let mark = hidden.mark();
    Some(format!("{}{}{mark}{email}{MARK}", *PREFIX, card.id))
}

/// JSON with placeholders for users.
#[derive(Debug)]
pub struct Template {
    json: Box<str>,
    placeholders: Vec<Placeholder>,
}

#[derive(Debug)]
struct Placeholder {
    start: usize,
    end: usize,
    user_id: UserId,
    /// The placeholder is a whole JSON string, with its quotes, that a number may replace. Otherwise it
    /// is a part of a string, or the key of an object.
    is_value: bool,
    /// The placeholder is the user's e-mail address and not the id: where it is in the JSON.
    email: Option<(Range<usize>, Hidden)>,
}

/// The ids of the users of a template, in all apps.
#[derive(Debug, Default)]
pub struct UserIds(HashMap<UserId, Arc<UserCard>>);

/// For whom a payload is filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    pub app_id: Option<AppId>,
    /// `None` for all recipients who see the same.
    pub user_id: Option<UserId>,
}

impl From<&Caller> for Viewer {
    fn from(caller: &Caller) -> Self {
        Self {
            app_id: caller.app_id,
            user_id: Some(caller.user_id),
        }
    }
}

/// JSON for one recipient: placeholders become ids of the recipient's app.
pub async fn fill(
    chat: &Chat,
    kind: IdKind,
    viewer: Viewer,
    json: String,
) -> chat::Result<Box<RawValue>> {
    let template = Template::new(json);
    let ids = template.user_ids(chat).await?;
    let filled = template.fill(kind, viewer, &ids);
    RawValue::from_string(filled).map_err(chat::Error::internal)
}

impl Template {
    pub fn new(json: impl Into<Box<str>>) -> Self {
        let json = json.into();
        let starts = json.match_indices(PREFIX.as_str());
        let placeholders = starts
            .filter_map(|(start, _)| placeholder(&json, start))
            .collect();
        Self { json, placeholders }
    }

    /// Whether there is no user in it, so that it is the same for all apps.
    pub fn is_plain(&self) -> bool {
        self.placeholders.is_empty()
    }

    pub fn json(&self) -> &str {
        &self.json
    }

    /// The ids of all users in it, loaded in one query as far as they are not cached.
    pub async fn user_ids(&self, chat: &Chat) -> chat::Result<UserIds> {
        if self.is_plain() || !chat.has_apps() {
            return Ok(UserIds::default());
        }
        let mut ids: Vec<_> = self.placeholders.iter().map(|it| it.user_id).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(UserIds(chat.user_cards(&ids).await?))
    }

    /// The recipient as far as it matters for what they see: only of a payload with their own e-mail
    /// address it matters who they are.
    pub fn viewer(&self, caller: &Caller) -> Viewer {
        let mut placeholders = self.placeholders.iter();
        let is_about = placeholders.any(|it| it.email.is_some() && it.user_id == caller.user_id);
        Viewer {
            app_id: caller.app_id.filter(|_| !self.is_plain()),
            user_id: is_about.then_some(caller.user_id),
        }
    }

    /// The JSON for recipients of an app, or with our own ids.
    pub fn fill(&self, kind: IdKind, viewer: Viewer, ids: &UserIds) -> String {
        let app_id = viewer.app_id;
        let mut filled = String::with_capacity(self.json.len());
        let mut copied = 0;
        for it in &self.placeholders {
            filled.push_str(&self.json[copied..it.start]);
            copied = it.end;
            if let Some((email, hidden)) = &it.email {
                match (ids.shows_email(it.user_id, viewer), hidden) {
                    (true, _) => {
                        filled.extend(["\"", &self.json[email.clone()], "\""]);
                    }
                    (false, Hidden::Null) => filled.push_str("null"),
                    (false, Hidden::Empty) => filled.push_str("\"\""),
                }
                continue;
            }
            let id = ids.printed(it.user_id, kind, app_id);
            match id {
                PrintedId::Number(id) => filled.push_str(&id),
                PrintedId::Text(id) => push_text(&mut filled, &id, it.is_value),
            }
        }
        filled.push_str(&self.json[copied..]);
        filled
    }
}

/// The placeholder that begins with the prefix at `start`.
fn placeholder(json: &str, start: usize) -> Option<Placeholder> {
    let content = start + PREFIX.len();
    let (text, rest) = json.get(content..)?.split_once(MARK)?;
    let end = json.len() - rest.len();
    let digits = text.split(['|', '!']).next()?;
    let user_id = digits.parse().ok()?;
    let email = text.get(digits.len()..)?.chars().next().map(|mark| {
        let hidden = if mark == Hidden::Null.mark() {
            Hidden::Null
        } else {
            Hidden::Empty
        };
        let begin = content + digits.len() + mark.len_utf8();
        (begin..content + text.len(), hidden)
    });
    let is_whole = json[..start].ends_with('"') && rest.starts_with('"');
    let is_value = is_whole && !rest[1..].starts_with(':');
    let quote = usize::from(is_value);
    Some(Placeholder {
        start: start - quote,
        end: end + quote,
        user_id,
        is_value,
        email,
    })
}

/// Writes a text as a JSON string, with its quotes if it is a value.
fn push_text(json: &mut String, text: &str, is_value: bool) {
    let quoted = serde_json::Value::from(text).to_string();
    if is_value {
        json.push_str(&quoted);
    } else {
        json.push_str(&quoted[1..quoted.len() - 1]);
    }
}

enum PrintedId {
    Number(String),
    Text(String),
}

impl UserIds {
    fn shows_email(&self, user_id: UserId, viewer: Viewer) -> bool {
        let is_of_app = |app_id| {
            let card = self.0.get(&user_id);
            card.is_some_and(|card| card.external_id(app_id).is_some())
        };
        viewer.user_id == Some(user_id) || viewer.app_id.is_some_and(is_of_app)
    }

    fn printed(&self, user_id: UserId, kind: IdKind, app_id: Option<AppId>) -> PrintedId {
        let Some(app_id) = app_id else {
            return number_or_text(kind, user_id.to_string());
        };
        let card = self.0.get(&user_id);
        match card.and_then(|card| card.external_id(app_id)) {
            Some(id) if is_number(id) => number_or_text(kind, id.to_string()),
            Some(id) => PrintedId::Text(id.to_string()),
            None => number_or_text(kind, kind.reserved(user_id)),
        }
    }
}

fn number_or_text(kind: IdKind, id: String) -> PrintedId {
    match kind {
        IdKind::Number => PrintedId::Number(id),
        IdKind::ObjectId | IdKind::Cuid => PrintedId::Text(id),
    }
}

/// Whether a JSON number has the id exactly: not so with leading zeros or beyond 2^53.
fn is_number(id: &ExternalId) -> bool {
    let number: Option<i64> = id.as_str().parse().ok();
    number.is_some_and(|number| {
        (0..=MAX_SAFE_INTEGER).contains(&number) && number.to_string() == id.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::{Hidden, Template, UserIds, UserRef, Viewer, email_ref};
    use chat::{ExternalId, IdKind, UserCard};
    use model::{AppId, UserId};
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn fill(payload: &Value, kind: IdKind, app_id: Option<AppId>) -> Value {
        let user_id = None;
        fill_for(payload, kind, Viewer { app_id, user_id })
    }

    fn fill_for(payload: &Value, kind: IdKind, viewer: Viewer) -> Value {
        let template = Template::new(payload.to_string());
        let filled = template.fill(kind, viewer, &UserIds::default());
        serde_json::from_str(&filled).unwrap()
    }

    #[test]
    fn a_user_is_filled_in_as_value_as_key_and_within_a_text() {
        let user = UserRef(UserId(7));
        let payload = json!({
            "id": user,
            "list": [user, "x"],
            user.to_string(): 1,
            "text": format!("User {user} \"joined\""),
        });
        let text = json!({ "id": "7", "list": ["7", "x"], "7": 1, "text": "User 7 \"joined\"" });
        assert_eq!(fill(&payload, IdKind::Cuid, None), text);
        let number = json!({ "id": 7, "list": [7, "x"], "7": 1, "text": "User 7 \"joined\"" });
        assert_eq!(fill(&payload, IdKind::Number, None), number);
        let id = IdKind::ObjectId.reserved(UserId(7));
        assert_eq!(
            fill(&payload, IdKind::ObjectId, Some(AppId(1)))["id"],
            json!(id)
        );
        assert_eq!(
            fill(&payload, IdKind::Number, Some(AppId(1)))["id"],
            json!(-7)
        );
    }

    #[test]
    fn an_address_is_for_oneself_and_ones_app() {
        let card = UserCard {
            id: UserId(7),
            username: "ada".to_owned(),
            name: "Ada".to_owned(),
            email: Some("\"a\"@example.org".to_owned()),
            shares_email: false,
            avatar_url: None,
            role: model::UserRole::Member,
            is_bot: false,
            external_ids: Box::default(),
        };
        let payload = json!({
            "null": email_ref(&card, Hidden::Null),
            "empty": email_ref(&card, Hidden::Empty),
        });
        let hidden = json!({ "null": null, "empty": "" });
        assert_eq!(fill(&payload, IdKind::Cuid, None), hidden);
        assert_eq!(fill(&payload, IdKind::Cuid, Some(AppId(1))), hidden);
        let of = |id: i64| Viewer {
            app_id: None,
            user_id: Some(UserId(id)),
        };
        assert_eq!(fill_for(&payload, IdKind::Cuid, of(8)), hidden);
        let shown = json!({ "null": card.email, "empty": card.email });
        assert_eq!(fill_for(&payload, IdKind::Cuid, of(7)), shown, "one's own");
        let shared = UserCard {
            shares_email: true,
            ..card.clone()
        };
        let shared = json!({
            "null": email_ref(&shared, Hidden::Null),
            "empty": email_ref(&shared, Hidden::Empty),
        });
        assert_eq!(fill_for(&shared, IdKind::Cuid, of(8)), shown, "shared");
        let (app_id, id) = (AppId(1), ExternalId::parse("6").unwrap());
        let card = UserCard {
            external_ids: Box::new([(app_id, id)]),
            ..card
        };
        let ids = UserIds([(card.id, Arc::new(card))].into());
        let filled = |app_id: AppId| {
            let viewer = Viewer {
                app_id: Some(app_id),
                user_id: None,
            };
            let template = Template::new(payload.to_string());
            let filled = template.fill(IdKind::Cuid, viewer, &ids);
            serde_json::from_str::<Value>(&filled).unwrap()
        };
        assert_eq!(filled(app_id), shown, "the app's own user");
        assert_eq!(filled(AppId(2)), hidden);
    }

    #[test]
    fn a_payload_without_users_stays_as_it_is() {
        let payload = json!({ "text": "\u{e000}00000000000000000000000000000000:7\u{e000}" });
        assert!(Template::new(payload.to_string()).is_plain());
        assert_eq!(fill(&payload, IdKind::Cuid, None), payload);
    }
}
