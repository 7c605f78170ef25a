//! A provider of OpenID Connect on loopback, which signs with its own keys, and does what it should not when it is told.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub const CLIENT_ID: &str = "parlance";
pub const CLIENT_SECRET: &str = "a secret: with a colon";

const KEYS: [&[u8]; 2] = [
    include_bytes!("keys/p256.pem"),
    include_bytes!("keys/other_p256.pem"),
];
const PUBLIC_KEY: &[u8] = include_bytes!("keys/p256.public.pem");

/// What the provider does wrong, from its next answer on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrong {
    #[default]
    Nothing,
    Nonce,
    NoNonce,
    Audience,
    SeveralAudiences,
    Party,
    Issuer,
    Expired,
    Future,
    Unsigned,
    /// HS256, with the public key as the secret.
    SignedWithPublicKey,
    /// By a key that is not in its set, under the name of one that is.
    SignedWithOtherKey,
    NoSubject,
    LongSubject,
    UserinfoOfOther,
    Discovery,
    Slow,
    Huge,
    Redirect,
    Failing,
}

#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wrong: Wrong,
    /// Which of the keys signs.
    key: usize,
    codes: HashMap<String, Grant>,
    access_tokens: HashMap<String, Value>,
    requests: HashMap<String, usize>,
    next: usize,
}

/// What a code stands for.
#[derive(Clone)]
struct Grant {
    parameters: HashMap<String, String>,
    claims: Value,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self(Arc::new(Inner {
            issuer,
            state: Mutex::default(),
        }));
        let served = provider.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let served = served.clone();
                tokio::spawn(async move { served.serve(socket).await });
            }
        });
        provider
    }

    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub fn does(&self, wrong: Wrong) {
        self.state().wrong = wrong;
    }

    /// Signs with another key from now on, which is in the set.
    pub fn rotate(&self) {
        self.state().key = 1;
    }

    /// Requests to a path until now.
    pub fn requests(&self, path: &str) -> usize {
        self.state().requests.get(path).copied().unwrap_or_default()
    }

    /// As if somebody with these claims had signed in at the address to which a browser was sent. Returns the code and
    /// the state with which the browser goes back.
    pub fn sign_in(&self, address: &str, claims: &Value) -> (String, String) {
        let (page, query) = address.split_once('?').unwrap();
        assert_eq!(page, format!("{}/authorize", self.issuer()));
        let parameters = parse_form(query);
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(parameters[name], value);
        }
        assert!(parameters["scope"].split(' ').any(|it| it == "openid"));
        let state = parameters["state"].clone();
        let mut own = self.state();
        own.next += 1;
        let code = format!("code-{}", own.next);
        let grant = Grant {
            parameters,
            claims: claims.clone(),
        };
        own.codes.insert(code.clone(), grant);
        (code, state)
    }

    /// A logout token with these claims beside those that every one has; `null` leaves one out.
    pub fn logout_token(&self, claims: &Value) -> String {
        let id = {
            let mut own = self.state();
            own.next += 1;
            own.next
        };
        let mut all = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now(), "exp": now() + 120,
            "jti": format!("logout-{id}"),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        merge(&mut all, claims);
        self.sign(&all)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        // A lock each: a temporary lasts as long as its statement.
        let wrong = self.state().wrong;
        let key = self.state().key;
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(format!("key-{key}"));
        let encode =
            |header: &Header, key: &EncodingKey| jsonwebtoken::encode(header, claims, key).unwrap();
        match wrong {
            Wrong::Unsigned => {
                let part = |it: &Value| BASE64_URL_SAFE_NO_PAD.encode(it.to_string());
                format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
            }
            Wrong::SignedWithPublicKey => {
                header.alg = Algorithm::HS256;
                encode(&header, &EncodingKey::from_secret(PUBLIC_KEY))
            }
            Wrong::SignedWithOtherKey => {
                let other = EncodingKey::from_ec_pem(KEYS[1 - key]).unwrap();
                encode(&header, &other)
            }
            _ => encode(&header, &EncodingKey::from_ec_pem(KEYS[key]).unwrap()),
        }
    }

    async fn serve(&self, mut socket: TcpStream) {
        let Some((path, authorization, body)) = read_request(&mut socket).await else {
            return;
        };
        *self.state().requests.entry(path.clone()).or_default() += 1;
        let (status, answer) = match path.as_str() {
            "/.well-known/openid-configuration" => ("200 OK", self.discovery()),
            "/jwks" => ("200 OK", self.keys()),
            "/token" => self.token(&authorization, &parse_form(&body)),
            "/userinfo" => self.userinfo(&authorization),
            _ => ("404 Not Found", json!({})),
        };
        let (mut status, mut extra, mut text) = (status, String::new(), answer.to_string());
        match self.state().wrong {
            Wrong::Huge if path == "/token" => text = format!("\"{}\"", "a".repeat(1024 * 1024)),
            Wrong::Redirect if path == "/token" => {
                (status, extra) = (
                    "307 Temporary Redirect",
                    format!("location: {}/token2\r\n", self.issuer()),
                );
            }
            Wrong::Failing => status = "503 Service Unavailable",
            _ => {}
        }
        let is_slow = self.state().wrong == Wrong::Slow && path == "/token";
        if is_slow {
            tokio::time::sleep(Duration::from_secs(7)).await;
        }
        let answer = format!(
            "HTTP/1.1 {status}\r\n{extra}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
        let _ = socket.write_all(answer.as_bytes()).await;
    }

    fn discovery(&self) -> Value {
        let issuer = self.issuer();
        let said = match self.state().wrong {
            Wrong::Discovery => "https://other.example",
            _ => issuer,
        };
        json!({
            "issuer": said,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "end_session_endpoint": format!("{issuer}/end-session"),
            "jwks_uri": format!("{issuer}/jwks"),
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn keys(&self) -> Value {
        let last = self.state().key;
        let keys = (0..=last).map(|at| {
            let key = EncodingKey::from_ec_pem(KEYS[at]).unwrap();
            let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
            jwk.common.key_id = Some(format!("key-{at}"));
            serde_json::to_value(jwk).unwrap()
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    fn token(&self, authorization: &str, form: &HashMap<String, String>) -> (&'static str, Value) {
        let refused = |error: &str| ("400 Bad Request", json!({ "error": error }));
        // Both are encoded before they are joined (RFC 6749, 2.3.1).
        let credentials = "parlance:a%20secret%3A%20with%20a%20colon";
        let expected = base64::prelude::BASE64_STANDARD.encode(credentials);
        if authorization != format!("Basic {expected}") {
            return refused("invalid_client");
        }
        let grant = self.state().codes.remove(&form["code"]);
        let Some(Grant { parameters, claims }) = grant else {
            return refused("invalid_grant");
        };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        if challenge != parameters["code_challenge"]
            || form["redirect_uri"] != parameters["redirect_uri"]
        {
            return refused("invalid_grant");
        }
        let mut all = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now(), "exp": now() + 300,
            "nonce": parameters["nonce"], "sub": claims["sub"], "sid": claims["sid"],
        });
        let changes = match self.state().wrong {
            Wrong::Nonce => json!({ "nonce": "another" }),
            Wrong::NoNonce => json!({ "nonce": null }),
            Wrong::Audience => json!({ "aud": "another" }),
            Wrong::SeveralAudiences => json!({ "aud": [CLIENT_ID, "another"] }),
            Wrong::Party => json!({ "azp": "another" }),
            Wrong::Issuer => json!({ "iss": "https://other.example" }),
            Wrong::Expired => json!({ "iat": now() - 600, "exp": now() - 300 }),
            Wrong::Future => json!({ "iat": now() + 600, "exp": now() + 900 }),
            Wrong::NoSubject => json!({ "sub": null }),
            Wrong::LongSubject => json!({ "sub": "a".repeat(256) }),
            _ => json!({ "sid": claims["sid"] }),
        };
        merge(&mut all, &changes);
        let access_token = format!("access-{}", form["code"]);
        self.state()
            .access_tokens
            .insert(access_token.clone(), claims);
        let id_token = self.sign(&all);
        (
            "200 OK",
            json!({ "id_token": id_token, "access_token": access_token, "token_type": "Bearer" }),
        )
    }

    fn userinfo(&self, authorization: &str) -> (&'static str, Value) {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let own = self.state();
        match own.access_tokens.get(token) {
            Some(_) if own.wrong == Wrong::UserinfoOfOther => ("200 OK", json!({ "sub": "other" })),
            Some(claims) => ("200 OK", claims.clone()),
            None => ("401 Unauthorized", json!({ "error": "invalid_token" })),
        }
    }
}

/// Puts changes in; `null` removes.
fn merge(all: &mut Value, changes: &Value) {
    let fields: &mut Map<_, _> = all.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// The path, the header `Authorization` and the body.
async fn read_request(socket: &mut TcpStream) -> Option<(String, String, String)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |wanted: &str| {
                head.lines().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
                })
            };
            let length = header("content-length").map_or(0, |it| it.parse().unwrap());
            if body.len() >= length {
                let path = head.split(' ').nth(1)?.split('?').next()?.to_owned();
                return Some((
                    path,
                    header("authorization").unwrap_or_default(),
                    body.to_owned(),
                ));
            }
        }
        match socket.read(&mut chunk).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

/// The fields of a form or a query.
pub fn parse_form(text: &str) -> HashMap<String, String> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
