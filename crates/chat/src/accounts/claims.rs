//! Reading the claims of a token. A claim that cannot be read counts as absent.

use crate::apps::AppProfile;
use serde_json::{Map, Value};
use std::str::FromStr;

/// Bytes of the longest issuer (`apps_issuer_length`).
const MAX_ISSUER: usize = 1000;

/// The claims that name a user, in the order in which they are looked for. A dot leads into an object.
pub const SUBJECT_CLAIMS: [&str; 6] = ["sub", "userId", "id", "_id", "user.id", "user._id"];

const NAME_CLAIMS: [&str; 2] = ["name", "user.name"];
const USERNAME_CLAIMS: [&str; 3] = ["username", "preferred_username", "user.username"];
const EMAIL_CLAIMS: [&str; 2] = ["email", "user.email"];
const AVATAR_CLAIMS: [&str; 5] = ["avatar", "avatarUrl", "picture", "image", "profilePhoto"];

/// Claims that an app has for a user beside those that are looked for in any case; they go first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileClaims {
    pub name: Vec<String>,
    pub username: Vec<String>,
    pub email: Vec<String>,
    pub avatar: Vec<String>,
}

pub struct Claims<'a>(pub &'a Map<String, Value>);

/// The claim by which a token says that its user is an administrator: `role=admin`. The claim may be
/// a list that contains the value, and may be inside of an object: `realm_access.roles=admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminClaim {
    path: String,
    value: String,
}

impl FromStr for AdminClaim {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=');
        let parts = parts.map(|(path, value)| (path.trim(), value.trim()));
        match parts.filter(|(path, value)| !path.is_empty() && !value.is_empty()) {
            Some((path, value)) => Ok(Self {
                path: path.to_owned(),
                value: value.to_owned(),
            }),
            None => Err("must be a claim and its value, as `role=admin`".to_owned()),
        }
    }
}

impl Claims<'_> {
    /// The value at a path. A claim whose own name has dots (`https://shop.example/roles`) is found,
    /// too: whole names go first.
    fn get(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.0.get(path) {
            return Some(value);
        }
        let mut names = path.split('.');
        let first = self.0.get(names.next()?)?;
        names.try_fold(first, |value, name| value.as_object()?.get(name))
    }

    fn text(&self, path: &str) -> Option<&str> {
        let text = self.get(path)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn first_text(&self, own: &[String], common: &[&str]) -> Option<String> {
        let own = own.iter().map(String::as_str);
        let mut paths = own.chain(common.iter().copied());
        paths.find_map(|path| self.text(path)).map(str::to_owned)
    }

    /// The user's id: the first of the claims that is a text or a whole number.
    pub fn subject<'p>(&self, mut paths: impl Iterator<Item = &'p str>) -> Option<String> {
        paths.find_map(|path| match self.get(path)? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) if id.is_i64() || id.is_u64() => Some(id.to_string()),
            _ => None,
        })
    }

    pub fn issuer(&self) -> Option<&str> {
        let issuer = self.0.get("iss")?.as_str()?;
        let is_plain = !issuer.chars().any(char::is_control);
        (issuer.len() <= MAX_ISSUER && is_plain).then_some(issuer)
    }

    /// Whether one of the claim's audiences is one of these.
    pub fn has_audience(&self, wanted: &[String]) -> bool {
        let is_wanted = |it: &Value| it.as_str().is_some_and(|it| wanted.iter().any(|w| w == it));
        match self.0.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().any(is_wanted),
            Some(audience) => is_wanted(audience),
            None => false,
        }
    }

    /// A time in seconds: a number, or the text of one.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let seconds = match self.0.get(name)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time beyond the range becomes its end"
        )]
        seconds.is_finite().then_some(seconds.floor() as i64)
    }

    /// Whether this time is before that of the claim. A claim that cannot be read may be a limit, too.
    pub fn is_before(&self, name: &str, time: i64) -> bool {
        self.has(name) && self.seconds(name).is_none_or(|limit| limit > time)
    }

    /// Whether there is something under this name, be it readable or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    pub fn is_admin(&self, claim: &AdminClaim) -> bool {
        let says = |it: &Value| match it {
            Value::String(text) => *text == claim.value,
            Value::Bool(flag) => flag.to_string() == claim.value,
            Value::Number(number) => number.to_string() == claim.value,
            _ => false,
        };
        match self.get(&claim.path) {
            Some(Value::Array(list)) => list.iter().any(says),
            Some(value) => says(value),
            None => false,
        }
    }

    pub fn profile(&self, own: &ProfileClaims) -> AppProfile {
        AppProfile {
            name: self.first_text(&own.name, &NAME_CLAIMS),
            username: self.first_text(&own.username, &USERNAME_CLAIMS),
            email: self.first_text(&own.email, &EMAIL_CLAIMS),
            avatar_url: self.first_text(&own.avatar, &AVATAR_CLAIMS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AdminClaim, Claims, ProfileClaims, SUBJECT_CLAIMS};
    use serde_json::{Map, Value, json};

    fn map(json: Value) -> Map<String, Value> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_subject_is_the_first_claim_that_can_be_one() {
        let subject = |json: Value| Claims(&map(json)).subject(SUBJECT_CLAIMS.into_iter());
        for (claims, id) in [
            (json!({ "sub": "a", "id": "b" }), Some("a")),
            (json!({ "sub": null, "userId": 7 }), Some("7")),
            (json!({ "sub": 1.5, "id": true, "_id": "c" }), Some("c")),
            (json!({ "sub": "", "user": { "id": -3 } }), Some("-3")),
            (json!({ "id": {}, "user": { "_id": "d" } }), Some("d")),
            (
                json!({ "id": 9_007_199_254_740_993_u64 }),
                Some("9007199254740993"),
            ),
            (json!({ "id": [], "user": "e" }), None),
            (json!({}), None),
        ] {
            assert_eq!(subject(claims.clone()).as_deref(), id, "{claims}");
        }
    }

    #[test]
    fn a_claim_that_cannot_be_read_is_absent() {
        let claims = json!({ "name": 7, "username": ["x"], "email": null, "avatar": {}, "iss": [],
            "nick": "ada", "picture": " https://a.example/p.png ", "user": { "name": "Ada" } });
        let map = map(claims);
        let claims = Claims(&map);
        let own = ProfileClaims {
            username: vec!["nick".to_owned()],
            ..ProfileClaims::default()
        };
        let profile = claims.profile(&own);
        assert_eq!(profile.name.as_deref(), Some("Ada"));
        assert_eq!(profile.username.as_deref(), Some("ada"));
        assert_eq!(profile.email, None);
        assert_eq!(
            profile.avatar_url.as_deref(),
            Some("https://a.example/p.png")
        );
        assert_eq!(claims.issuer(), None);
    }

    #[test]
    fn times_are_numbers_or_their_text() {
        let seconds = |value: Value| Claims(&map(json!({ "exp": value }))).seconds("exp");
        assert_eq!(seconds(json!(5)), Some(5));
        assert_eq!(seconds(json!(5.9)), Some(5));
        assert_eq!(seconds(json!("5")), Some(5));
        assert_eq!(seconds(json!(1e300)), Some(i64::MAX));
        for bad in [
            json!("inf"),
            json!("NaN"),
            json!("soon"),
            json!({}),
            json!(null),
        ] {
            assert_eq!(seconds(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn a_limit_that_cannot_be_read_is_not_over() {
        let is = |nbf: Value| Claims(&map(json!({ "nbf": nbf }))).is_before("nbf", 10);
        for over in [json!(10), json!(9.9), json!("10"), json!(-1), json!(null)] {
            assert!(!is(over.clone()), "{over}");
        }
        for early in [
            json!(11),
            json!(1e300),
            json!("soon"),
            json!("2099-01-01"),
            json!([]),
            json!(true),
        ] {
            assert!(is(early.clone()), "{early}");
        }
        assert!(!Claims(&map(json!({}))).is_before("nbf", 10));
    }

    #[test]
    fn an_administrator_is_told_by_a_claim() {
        let is = |claim: &str, json: Value| {
            Claims(&map(json)).is_admin(&claim.parse::<AdminClaim>().unwrap())
        };
        assert!(is("role=admin", json!({ "role": "admin" })));
        assert!(is("roles=admin", json!({ "roles": ["user", "admin"] })));
        let nested = json!({ "realm_access": { "roles": ["admin"] } });
        assert!(is("realm_access.roles=admin", nested));
        assert!(is(
            "a.example/roles=admin",
            json!({ "a.example/roles": ["admin"] })
        ));
        assert!(is("isAdmin=true", json!({ "isAdmin": true })));
        assert!(!is("role=admin", json!({ "role": "administrator" })));
        assert!(!is("role=admin", json!({ "role": { "admin": true } })));
        assert!(!is("role=admin", json!({})));
        for bad in ["", "role", "=admin", "role="] {
            assert!(bad.parse::<AdminClaim>().is_err(), "{bad}");
        }
    }
}
