//! Linking, the second factor and signing out with a provider, in a browser without scripts.

use crate::{
    common::{App, PASSWORD, authenticator::code, browser::Browser, text},
    identities::{Sso, location, mary, set_cookie, sso, sso_with},
};
use reqwest::{Response, StatusCode};
use serde_json::json;
use sqlx::PgPool;

const PAGE: &str = "/settings/single-sign-on";

/// The address to which a page leads by itself.
async fn refresh(page: Response) -> String {
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    let (_, rest) = html.split_once("content=\"0;url=").unwrap();
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

/// Links Mary's account at the provider to somebody's, in their browser. Returns the answer to the callback.
async fn link(sso: &Sso, browser: &Browser, fields: &[(&str, &str)]) -> Response {
    let begun = browser.post(PAGE, "link-identity", fields).await;
    assert_eq!(location(&begun), "/sso/a/continue");
    let leaving = browser.open_with_cookies("/sso/a/continue", &begun).await;
    let way_back = sso.way_back(&refresh(leaving).await, &mary());
    browser.open_with_cookies(&way_back, &begun).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_linked_and_unlinked_with_a_proof(pool: PgPool) {
    let sso = sso(pool).await;
    let ada = sso.app.person("ada").await;
    let browser = Browser::of(&sso.app, "ada").await;
    let visitor = Browser::new(&sso.app).open(PAGE).await;
    assert_eq!(
        location(&visitor),
        "/sign-in?next=%2Fsettings%2Fsingle-sign-on"
    );
    let page = browser.page(PAGE).await;
    assert!(
        page.contains("None yet.") && page.contains("Link Acme"),
        "{page}"
    );
    for password in ["", "wrong horse"] {
        let fields = [("provider", "a"), ("current_password", password)];
        let answer = browser.post(PAGE, "link-identity", &fields).await;
        assert_eq!(location(&answer), PAGE);
        assert!(set_cookie(&answer, "parlance_sso_a=").is_none());
    }
    let fields = [("provider", "a"), ("current_password", PASSWORD)];
    let linked = link(&sso, &browser, &fields).await;
    assert_eq!(location(&linked), "/settings/single-sign-on?linked=yes");
    let page = browser.page("/settings/single-sign-on?linked=yes").await;
    assert!(page.contains("mary@parlance.chat"), "{page}");
    let identities = ada.get("/me/identities").await.expect(200);
    assert_eq!(identities["items"][0]["provider"], "Acme");
    let id = text(&identities["items"][0]["id"]);
    let outsider = sso.app.person("eve").await;
    let proof = json!({ "currentPassword": PASSWORD });
    let path = format!("/me/identities/{id}/unlink");
    outsider
        .post(&path, proof.clone())
        .await
        .refused(404, "not_found");
    let none = outsider.get("/me/identities").await.expect(200);
    assert_eq!(none["items"], json!([]));

    // The provider signs Ada in.
    let signed_in = Browser::new(&sso.app).after(&sso.come_back("", &mary()).await);
    assert_eq!(signed_in.open("/settings").await.status(), StatusCode::OK);
    let page = browser.page("/settings/single-sign-on?unlink=yes").await;
    assert!(page.contains("type=\"radio\""), "{page}");
    let wrong = [("id", id.as_str()), ("current_password", "wrong horse")];
    let answer = browser.post(PAGE, "unlink-identity", &wrong).await;
    assert_eq!(location(&answer), "/settings/single-sign-on?unlink=yes");
    let right = [("id", id.as_str()), ("current_password", PASSWORD)];
    let answer = browser.post(PAGE, "unlink-identity", &right).await;
    assert_eq!(location(&answer), "/settings/single-sign-on?unlinked=yes");
    assert!(location(&signed_in.open("/settings").await).starts_with("/sign-in"));
    ada.post(&path, proof).await.refused(404, "not_found");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_is_of_the_browser_that_has_begun_it(pool: PgPool) {
    let sso = sso(pool).await;
    sso.app.person("ada").await;
    sso.app.person("eve").await;
    let ada = Browser::of(&sso.app, "ada").await;
    let eve = Browser::of(&sso.app, "eve").await;
    let fields = [("provider", "a"), ("current_password", PASSWORD)];
    // Eve has begun, and has Ada's browser come back.
    let begun = eve.post(PAGE, "link-identity", &fields).await;
    let leaving = eve.open_with_cookies("/sso/a/continue", &begun).await;
    let way_back = sso.way_back(&refresh(leaving).await, &mary());
    let answer = ada.open_with_cookies(&way_back, &begun).await;
    assert_eq!(location(&answer), PAGE);
    let page = ada
        .open_with_cookies(PAGE, &answer)
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("began in another browser"), "{page}");
    assert!(ada.page(PAGE).await.contains("None yet."));
    assert!(eve.page(PAGE).await.contains("None yet."));
}

async fn ada_with_factor(app: &App) -> String {
    let ada = crate::two_factor::ada(app).await;
    ada.secret
}

#[sqlx::test(migrations = "../migrations")]
async fn the_second_factor_is_asked_for_after_the_provider(pool: PgPool) {
    let sso = sso(pool.clone()).await;
    let secret = ada_with_factor(&sso.app).await;
    sqlx::query(
        "insert into identities (issuer, subject, user_id) select $1, 'm-1', id from users",
    )
    .bind(sso.provider.issuer())
    .execute(&pool)
    .await
    .unwrap();
    let asked = sso.come_back("%2Fsettings", &mary()).await;
    let page = "/sign-in/code?next=%2Fsettings";
    assert_eq!(location(&asked), page);
    let ticket = set_cookie(&asked, "parlance_ticket").unwrap();
    assert!(
        ticket.contains("HttpOnly") && ticket.contains("SameSite=Lax"),
        "{ticket}"
    );
    for name in ["parlance_session", "parlance_device"] {
        assert_eq!(set_cookie(&asked, name), None);
    }
    let waiting = Browser::new(&sso.app).after(&asked);
    assert!(location(&waiting.open("/settings").await).starts_with("/sign-in"));
    let right = code(&secret, 1);
    let fields = [("code", right.as_str()), ("next", "/settings")];
    let done = waiting.post(page, "sign-in-code", &fields).await;
    assert_eq!(location(&done), "/settings");
    let settings = waiting.after(&done).page("/settings").await;
    assert!(settings.contains("by Acme · "));
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_out_leads_to_the_provider_and_back(pool: PgPool) {
    let sso = sso_with(pool, "signs_out = true", &[]).await;
    let browser = Browser::new(&sso.app).after(&sso.come_back("", &mary()).await);
    let answer = browser.post("/", "sign-out", &[]).await;
    assert_eq!(location(&answer), "/sso/a/sign-out");
    let address = refresh(browser.open("/sso/a/sign-out").await).await;
    assert!(address.starts_with(&format!("{}/end-session?", sso.provider.issuer())));
    assert!(address.contains("post_logout_redirect_uri=http%3A%2F%2Fchat.test%2Fsign-in"));
    assert!(location(&browser.open("/settings").await).starts_with("/sign-in"));
    // After a password, it stays here.
    sso.app.person("ada").await;
    let browser = Browser::of(&sso.app, "ada").await;
    let answer = browser.post("/", "sign-out", &[]).await;
    assert_eq!(location(&answer), "/sign-in");
}
