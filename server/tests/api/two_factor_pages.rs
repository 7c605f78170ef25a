//! The pages of the second factor, in a browser without scripts.

use super::two_factor::{Factor, ada};
use crate::common::{
    App, PASSWORD,
    authenticator::{code, wrong_code},
    browser::Browser,
};
use reqwest::{Response, StatusCode};
use sqlx::PgPool;

pub const SETTINGS: &str = "/settings/two-factor";

pub fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

/// The page to which a form has redirected, without its fragment.
pub async fn next_page(browser: &Browser, answer: &Response) -> String {
    let path = location(answer).split('#').next().unwrap().to_owned();
    let page = browser.open_with_cookies(&path, answer).await;
    assert_eq!(page.status(), StatusCode::OK);
    page.text().await.unwrap()
}

pub fn set_cookie(answer: &Response, name: &str) -> Option<String> {
    let set = answer.headers().get_all("set-cookie").iter();
    let mut lines = set.map(|line| line.to_str().unwrap().to_owned());
    lines.find(|line| line.starts_with(name))
}

/// The secret that a page shows for the authenticator app.
pub fn secret_of(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"two-factor-secret\"").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split('<').next().unwrap().replace(' ', "")
}

#[sqlx::test(migrations = "../migrations")]
async fn it_is_turned_on_changed_and_turned_off(pool: PgPool) {
    let app = App::start(pool).await;
    app.person("ada").await;
    let browser = Browser::of(&app, "ada").await;
    let visitor = Browser::new(&app).open(SETTINGS).await;
    assert_eq!(location(&visitor), "/sign-in?next=%2Fsettings%2Ftwo-factor");
    assert!(browser.page("/settings").await.contains("Off. With it"));

    let wrong = [("current_password", "wrong horse")];
    let answer = browser.post(SETTINGS, "begin-two-factor", &wrong).await;
    assert!(next_page(&browser, &answer).await.contains("Is wrong."));
    let right = [("current_password", PASSWORD)];
    let answer = browser.post(SETTINGS, "begin-two-factor", &right).await;
    let page = next_page(&browser, &answer).await;
    assert!(page.contains("<svg role=\"img\" aria-label=\"QR code of the secret\""));
    let secret = secret_of(&page);

    let wrong = [("code", wrong_code(&secret))];
    let wrong = wrong.each_ref().map(|(name, code)| (*name, code.as_str()));
    let answer = browser.post(SETTINGS, "enable-two-factor", &wrong).await;
    let page = next_page(&browser, &answer).await;
    assert!(page.contains("Is wrong, or was used before.") && page.contains("<svg"));
    let first = code(&secret, 0);
    let right = [("code", first.as_str())];
    let answer = browser.post(SETTINGS, "enable-two-factor", &right).await;
    let page = next_page(&browser, &answer).await;
    let (_, rest) = page.split_once("<pre").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let codes: Vec<_> = rest.split("</pre>").next().unwrap().lines().collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    assert!(page.contains("10 recovery codes are left."));
    assert!(
        !browser.page(SETTINGS).await.contains(codes[0]),
        "shown once"
    );
    assert!(browser.page("/settings").await.contains("On: signing in"));

    let proof = |code, change| {
        [
            ("current_password", PASSWORD),
            ("code", code),
            ("change", change),
        ]
    };
    let renew = proof(codes[0], "renew-codes");
    let answer = browser.post(SETTINGS, "change-two-factor", &renew).await;
    let page = next_page(&browser, &answer).await;
    assert!(page.contains("<pre") && !page.contains(codes[1]));
    let old = proof(codes[1], "disable");
    let answer = browser.post(SETTINGS, "change-two-factor", &old).await;
    assert!(
        next_page(&browser, &answer)
            .await
            .contains("was used before")
    );
    let second = code(&secret, 1);
    let off = proof(&second, "disable");
    let answer = browser.post(SETTINGS, "change-two-factor", &off).await;
    let page = next_page(&browser, &answer).await;
    assert!(page.contains("Two-factor authentication is off."));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_form_of_signing_in_goes_on_to_a_second_one(pool: PgPool) {
    let app = App::start(pool).await;
    let Factor {
        secret,
        recovery_codes,
        ..
    } = ada(&app).await;
    let browser = Browser::new(&app);
    let page = "/sign-in/code?next=%2Fsettings";
    assert_eq!(location(&browser.open(page).await), "/sign-in");
    let login = [
        ("login", "ada"),
        ("password", PASSWORD),
        ("next", "/settings"),
    ];
    let asked = browser.post("/sign-in", "sign-in", &login).await;
    assert_eq!(location(&asked), page);
    let ticket = set_cookie(&asked, "parlance_ticket").unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Max-Age=300"] {
        assert!(ticket.contains(attribute), "{ticket}");
    }
    for name in ["parlance_session", "parlance_device"] {
        assert_eq!(set_cookie(&asked, name), None);
    }
    let waiting = browser.after(&asked);
    assert!(waiting.page(page).await.contains("inputmode=\"numeric\""));
    // Nothing else is open to it.
    assert!(location(&waiting.open("/settings").await).starts_with("/sign-in"));

    let wrong = wrong_code(&secret);
    let fields = [("code", wrong.as_str()), ("next", "/settings")];
    let refused = waiting.post(page, "sign-in-code", &fields).await;
    assert_eq!(location(&refused), page);
    assert!(
        next_page(&waiting, &refused)
            .await
            .contains("Is wrong, or was used before.")
    );
    // In another browser the code is worth nothing.
    let right = code(&secret, 1);
    let fields = [("code", right.as_str()), ("next", "/settings")];
    let other = browser.post(page, "sign-in-code", &fields).await;
    assert_eq!(location(&other), "/sign-in?next=%2Fsettings");
    let said = next_page(&browser, &other).await;
    assert!(said.contains("This sign-in has ended."), "{said}");

    let done = waiting.post(page, "sign-in-code", &fields).await;
    assert_eq!(location(&done), "/settings");
    assert!(set_cookie(&done, "parlance_device").is_some());
    assert!(
        set_cookie(&done, "parlance_ticket")
            .unwrap()
            .contains("Max-Age=0")
    );
    assert!(
        browser
            .after(&done)
            .page("/settings")
            .await
            .contains("On: signing in")
    );

    // With a recovery code, and an address of another origin as the next page.
    let login = [
        ("login", "ada"),
        ("password", PASSWORD),
        ("next", "//evil.example"),
    ];
    let asked = browser.post("/sign-in", "sign-in", &login).await;
    assert_eq!(location(&asked), "/sign-in/code");
    let waiting = browser.after(&asked);
    let html = waiting.page("/sign-in/code?recovery=yes").await;
    assert!(html.contains("Recovery code") && !html.contains("inputmode"));
    let fields = [
        ("code", recovery_codes[0].as_str()),
        ("next", "//evil.example"),
        ("recovery", "yes"),
    ];
    let done = waiting.post("/sign-in/code", "sign-in-code", &fields).await;
    assert_eq!(location(&done), "/");
    let again = waiting.post("/sign-in/code", "sign-in-code", &fields).await;
    assert_eq!(location(&again), "/sign-in");
}

#[sqlx::test(migrations = "../migrations")]
async fn its_user_reads_that_an_administrator_has_reset_it(pool: PgPool) {
    let app = App::start(pool).await;
    let factor = ada(&app).await;
    app.administrator("grace").await;
    let office = Browser::of(&app, "grace").await;
    let people = office.page("/administration/people?query=ada").await;
    assert!(people.contains("Reset two-factor"), "{people}");
    let fields = [
        ("id", factor.ada.id.as_str()),
        ("action", "reset-two-factor"),
    ];
    let page = "/administration/people";
    let done = office.post(page, "change-account", &fields).await;
    assert!(location(&done).starts_with(page));
    let people = office.page("/administration/people?query=ada").await;
    assert!(!people.contains("Reset two-factor"));
    let browser = Browser::of(&app, "ada").await;
    let settings = browser.page("/settings").await;
    assert!(settings.contains("An administrator turned your two-factor authentication off"));
}
