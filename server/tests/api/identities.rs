//! Single sign-on over HTTP: how a browser goes to a provider and comes back, and how the provider ends its session.

use crate::common::{
    App,
    browser::Browser,
    provider::{CLIENT_ID, CLIENT_SECRET, Provider, Wrong},
};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

/// A server whose provider is `a`, which people call "Acme".
pub struct Sso {
    pub app: App,
    pub provider: Provider,
}

pub fn mary() -> Value {
    json!({ "sub": "m-1", "sid": "s-1", "name": "Mary Somerville", "preferred_username": "mary",
        "email": "mary@parlance.chat", "email_verified": true })
}

pub async fn sso(pool: PgPool) -> Sso {
    sso_with(pool, "", &[]).await
}

/// With more lines of the provider's table, and more flags.
pub async fn sso_with(pool: PgPool, lines: &str, flags: &[&str]) -> Sso {
    let provider = Provider::start().await;
    let issuer = provider.issuer();
    let port = issuer.rsplit_once(':').unwrap().1;
    let file = std::env::temp_dir().join(format!("sso-{}-{port}.toml", std::process::id()));
    let table = format!(
        "[providers.a]\nlabel = \"Acme\"\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT_ID}\"\n\
         client_secret = \"{CLIENT_SECRET}\"\n{lines}\n"
    );
    std::fs::write(&file, table).unwrap();
    let file = format!("--sso-file={}", file.display());
    let own = [file.as_str(), "--public-url=http://chat.test"];
    let flags: Vec<_> = own.iter().chain(flags).copied().collect();
    let app = App::start_with(pool, &flags).await;
    Sso { app, provider }
}

pub fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

pub fn set_cookie(answer: &Response, name: &str) -> Option<String> {
    let set = answer.headers().get_all("set-cookie").iter();
    let mut lines = set.map(|line| line.to_str().unwrap().to_owned());
    lines.find(|line| line.starts_with(name))
}

impl Sso {
    /// The path to which a provider sends the browser back that it was sent to with this address.
    pub fn way_back(&self, address: &str, claims: &Value) -> String {
        let (code, state) = self.provider.sign_in(address, claims);
        let issuer = self.provider.issuer();
        format!("/sso/a/callback?code={code}&state={state}&iss={issuer}")
    }

    /// A sign-in as far as the callback; the answer is the server's to that.
    pub async fn come_back(&self, next: &str, claims: &Value) -> Response {
        let browser = Browser::new(&self.app);
        let begun = browser.open(&format!("/sso/a?next={next}")).await;
        let way_back = self.way_back(location(&begun), claims);
        browser.after(&begun).open(&way_back).await
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_goes_to_the_provider_and_comes_back_signed_in(pool: PgPool) {
    let sso = sso(pool).await;
    let browser = Browser::new(&sso.app);
    for page in ["/sign-in?next=%2Fsettings", "/register?next=%2Fsettings"] {
        let html = browser.page(page).await;
        assert!(html.contains("href=\"/sso/a?next=%2Fsettings\""), "{html}");
        assert!(html.contains("Sign in with Acme"));
    }
    let begun = browser.open("/sso/a?next=%2Fsettings").await;
    assert_eq!(begun.status(), StatusCode::SEE_OTHER);
    assert_eq!(begun.headers()["cache-control"], "no-store");
    let cookie = set_cookie(&begun, "parlance_sso_a=").unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let address = location(&begun).to_owned();
    assert!(address.contains("redirect_uri=http%3A%2F%2Fchat.test%2Fsso%2Fa%2Fcallback"));
    let way_back = sso.way_back(&address, &mary());
    let done = browser.after(&begun).open(&way_back).await;
    assert_eq!(
        (done.status(), location(&done)),
        (StatusCode::SEE_OTHER, "/settings")
    );
    assert!(set_cookie(&done, "parlance_session").is_some());
    assert!(set_cookie(&done, "parlance_device").is_some());
    assert!(
        set_cookie(&done, "parlance_sso_a=")
            .unwrap()
            .contains("Max-Age=0")
    );
    let settings = browser.after(&done).page("/settings").await;
    assert!(settings.contains("by Acme · "), "{settings}");
    assert!(!settings.contains("Change the password"));

    // The same answer once more, in the same browser.
    let again = browser.after(&begun).open(&way_back).await;
    assert_eq!(location(&again), "/sign-in?next=%2Fsettings");
    assert!(set_cookie(&again, "parlance_session").is_none());
    let page = browser.open_with_cookies("/sign-in", &again).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("Signing in there did not work."), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_way_back_leads_to_this_server_only(pool: PgPool) {
    let sso = sso(pool).await;
    for next in [
        "//evil.example",
        "https:%2F%2Fevil.example",
        "%2F%5Cevil.example",
    ] {
        let done = sso.come_back(next, &mary()).await;
        assert_eq!(location(&done), "/", "{next}");
        assert!(set_cookie(&done, "parlance_session").is_some());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_is_none_signs_nobody_in(pool: PgPool) {
    let sso = sso(pool).await;
    let browser = Browser::new(&sso.app);
    let victim = browser.after(&browser.open("/sso/a").await);
    let begun = browser.open("/sso/a").await;
    let way_back = sso.way_back(location(&begun), &mary());
    // In a browser that has begun nothing, or another sign-in: somebody is not signed in to another one's account.
    for other in [&browser, &victim] {
        let answer = other.open(&way_back).await;
        assert_eq!(location(&answer), "/sign-in");
        assert!(set_cookie(&answer, "parlance_session").is_none());
        let page = browser.open_with_cookies("/sign-in", &answer).await;
        assert!(
            page.text()
                .await
                .unwrap()
                .contains("began in another browser")
        );
    }
    // Somebody who says no there.
    let begun = browser.open("/sso/a").await;
    let (_, state) = sso.provider.sign_in(location(&begun), &mary());
    let issuer = sso.provider.issuer();
    let declined = format!("/sso/a/callback?error=access_denied&state={state}&iss={issuer}");
    let answer = browser.after(&begun).open(&declined).await;
    let page = browser.open_with_cookies("/sign-in", &answer).await;
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("You were not signed in there.")
    );
    for path in [
        "/sso/b",
        "/sso/b/continue",
        "/sso/b/callback",
        "/sso/b/sign-out",
    ] {
        let answer = browser.open(path).await;
        assert!(location(&answer).starts_with('/'), "{path}");
        assert!(set_cookie(&answer, "parlance_session").is_none());
    }
    assert_eq!(sso.provider.requests("/token"), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_that_is_down_stops_no_other_way_in(pool: PgPool) {
    let sso = sso(pool).await;
    sso.provider.does(Wrong::Failing);
    let browser = Browser::new(&sso.app);
    let refused = browser.open("/sso/a?next=%2Fsettings").await;
    assert_eq!(location(&refused), "/sign-in?next=%2Fsettings");
    let page = browser.open_with_cookies("/sign-in", &refused).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("does not answer right now"), "{page}");
    let ada = sso.app.person("ada").await;
    ada.get("/me").await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_ends_its_sessions_here(pool: PgPool) {
    let sso = sso(pool).await;
    let browser = Browser::new(&sso.app);
    let signed_in = browser.after(&sso.come_back("", &mary()).await);
    assert_eq!(signed_in.open("/settings").await.status(), StatusCode::OK);
    let log_out = |body: String| {
        let request = sso.app.request(Method::POST, "/sso/a/logout");
        let kind = "application/x-www-form-urlencoded";
        request.header("content-type", kind).body(body).send()
    };
    for bad in ["", "logout_token=", "logout_token=a.b.c", "other=x"] {
        let answer = log_out(bad.to_owned()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem, json!({ "error": "invalid_request" }));
    }
    assert_eq!(signed_in.open("/settings").await.status(), StatusCode::OK);
    let token = sso
        .provider
        .logout_token(&json!({ "sub": "m-1", "sid": "s-1" }));
    let answer = log_out(format!("logout_token={token}")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(location(&signed_in.open("/settings").await).starts_with("/sign-in"));
}

#[sqlx::test(migrations = "../migrations")]
async fn passwords_can_be_off(pool: PgPool) {
    let sso = sso_with(pool, "", &["--password-sign-in=off"]).await;
    let browser = Browser::new(&sso.app);
    for page in ["/sign-in", "/register"] {
        let html = browser.page(page).await;
        assert!(html.contains("Sign in with Acme"), "{html}");
        assert!(!html.contains("type=\"password\""));
    }
    let login = json!({ "login": "ada", "password": "correct horse battery staple" });
    let refused = sso.app.nobody().post("/auth/login", login).await;
    refused.refused(403, "forbidden");
    let new = json!({ "username": "ada", "password": "correct horse battery staple" });
    let refused = sso.app.nobody().post("/auth/register", new).await;
    refused.refused(403, "forbidden");
    let fields = [("login", "ada"), ("password", "x"), ("next", "")];
    let answer = browser.post("/sign-in", "sign-in", &fields).await;
    assert!(set_cookie(&answer, "parlance_session").is_none());
}
