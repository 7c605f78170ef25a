//! Pages and files of the site: status, headers and caching.

use crate::common::{App, PASSWORD, text};
use http::StatusCode;
use model::Login;
use reqwest::{Method, header::HeaderMap, redirect::Policy};
use serde_json::json;
use sqlx::PgPool;

async fn get(app: &App, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let browser = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let mut request = browser.request(Method::GET, format!("{}{path}", app.base()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

#[sqlx::test(migrations = "../migrations")]
async fn visitors_without_a_session_are_redirected_to_sign_in(pool: PgPool) {
    let app = App::start(pool).await;
    let (status, headers, _) = get(&app, "/", &[]).await;
    assert_eq!(status, StatusCode::FOUND);
    assert!(
        headers["location"]
            .to_str()
            .unwrap()
            .starts_with("/sign-in")
    );
    let (status, headers, html) = get(&app, "/sign-in", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "no-store");
    assert!(String::from_utf8(html).unwrap().contains("<form"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_with_a_session_sees_its_conversations(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    group.send("In the first HTML").await;
    let login = Login {
        login: "grace".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let client = chat::Client::default();
    let who = app.chat().login(login, &client).await.unwrap();
    let session = app.chat().issue_cookie(&who, &client).await.unwrap();
    let cookie = format!("parlance_session={}", session.secret);

    let page = format!("/c/{}", group.id);
    let (status, headers, html) = get(&app, &page, &[("cookie", &cookie)]).await;
    // The page sets the cookie anew, for as long as browsers keep one: the server ends the session.
    let renewed = headers["set-cookie"].to_str().unwrap();
    for part in [
        "parlance_session_",
        session.secret.as_str(),
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=34559",
    ] {
        assert!(renewed.contains(part), "{renewed}");
    }
    let html = String::from_utf8(html).unwrap();
    assert_eq!(status, StatusCode::OK, "{html}");
    assert!(
        html.contains("Engines") && html.contains("In the first HTML"),
        "{html}"
    );
    let (status, _, _) = get(&app, "/c/9999", &[("cookie", &cookie)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // An invalid session cookie is ignored.
    let (status, _, _) = get(&app, &page, &[("cookie", "parlance_session=nonsense")]).await;
    assert_eq!(status, StatusCode::FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_is_not_there_leaves_its_conversation_open(pool: PgPool) {
    const NOT_THERE: &str = "There is no such message.";
    let app = App::start(pool).await;
    let group = app.group().await;
    let said = text(&group.send("Still here").await["id"]);
    let hidden = json!({ "kind": "group", "title": "Hers", "memberIds": [] });
    let hidden = text(&group.ada.post("/conversations", hidden).await.expect(201)["id"]);
    let path = format!("/conversations/{hidden}/messages");
    let secret = group.ada.post(&path, json!({ "body": "A secret" })).await;
    let secret = text(&secret.expect(201)["id"]);
    let page = async |username: &str, path: &str| page_of(&app, username, path).await;
    let (status, html) = page("grace", &format!("/c/{}/m/{said}", group.id)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Still here") && !html.contains(NOT_THERE));
    // One that does not exist, and one that she may not see: the same.
    for id in ["999999", &secret] {
        let (status, html) = page("grace", &format!("/c/{}/m/{id}", group.id)).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(
            html.contains(NOT_THERE) && html.contains("Still here"),
            "{html}"
        );
        assert!(!html.contains("A secret"));
        let answer = group.grace.get(&format!("/messages/{id}")).await;
        assert_eq!(answer.refused(404, "not_found")["detail"], NOT_THERE);
    }
    // To an outsider, it is the conversation that is not there, whatever the message.
    for id in ["999999", &said] {
        let (status, html) = page("outsider", &format!("/c/{}/m/{id}", group.id)).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(html.contains("This conversation can't be found"), "{html}");
        assert!(!html.contains(NOT_THERE) && !html.contains("Still here"));
        let answer = group.outsider.get(&format!("/messages/{id}")).await;
        assert_eq!(answer.refused(404, "not_found")["detail"], NOT_THERE);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn announcements_are_a_page_in_which_administrators_write(pool: PgPool) {
    const CLOSED: &str = "Only administrators write announcements.";
    const COMPOSER: &str = r#"id="composer""#;
    let app = App::start(pool).await;
    let admin = app.administrator("ada").await;
    app.person("grace").await;
    let page = async |username: &str, path: &str| {
        let (status, html) = page_of(&app, username, path).await;
        assert_eq!(status, StatusCode::OK);
        html
    };
    // While there are none, nobody's sidebar has them, and administrators open them from their menu.
    let (hers, theirs) = (page("ada", "/").await, page("grace", "/").await);
    let link = r#"href="/c/0""#;
    assert_eq!(
        (hers.matches(link).count(), theirs.matches(link).count()),
        (1, 0)
    );
    let empty = page("ada", "/c/0").await;
    assert!(empty.contains(COMPOSER) && !empty.contains(CLOSED));

    let new = serde_json::json!({ "body": "The canteen is closed." });
    admin.post("/announcements", new).await.expect(201);
    let (hers, theirs) = (page("ada", "/c/0").await, page("grace", "/c/0").await);
    assert!(hers.contains(COMPOSER) && hers.contains("The canteen is closed."));
    assert!(!theirs.contains(COMPOSER) && theirs.contains("The canteen is closed."));
    assert!(theirs.contains(CLOSED) && theirs.contains("Everybody"));
    assert!(
        page("grace", "/").await.contains(link),
        "it is in the sidebar"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_page_is_a_page(pool: PgPool) {
    let app = App::start(pool).await;
    for path in [
        "/nothing",
        "/pkg/nothing.js",
        "/../../etc/passwd",
        "/vendor/",
        "/c",
    ] {
        let (status, headers, _) = get(&app, path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html"),
            "{path}"
        );
        assert_eq!(headers["cache-control"], "no-store", "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn files_are_served_compressed_beforehand_and_kept(pool: PgPool) {
    let folder = std::env::temp_dir().join(format!("parlance-site-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("vendor")).unwrap();
    std::fs::write(folder.join("robots.txt"), "plain").unwrap();
    std::fs::write(folder.join("vendor/x-1.0.js"), "plain").unwrap();
    std::fs::write(folder.join("vendor/x-1.0.js.br"), "brotli").unwrap();
    std::fs::write(folder.join("vendor/x-1.0.js.gz"), "gzip").unwrap();
    let flag = format!("--site-root={}", folder.display());
    let app = App::start_with(pool, &[&flag]).await;

    for (accept, expected) in [
        ("gzip, br", "brotli"),
        ("gzip", "gzip"),
        ("identity", "plain"),
    ] {
        let (status, headers, body) =
            get(&app, "/vendor/x-1.0.js", &[("accept-encoding", accept)]).await;
        assert_eq!(
            (status, body.as_slice()),
            (StatusCode::OK, expected.as_bytes())
        );
        assert_eq!(headers["content-type"], "text/javascript");
        assert_eq!(
            headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
    }
    let (_, headers, _) = get(&app, "/robots.txt", &[]).await;
    assert_eq!(headers["cache-control"], "no-cache");
    let modified = headers["last-modified"].to_str().unwrap();
    let (status, ..) = get(&app, "/robots.txt", &[("if-modified-since", modified)]).await;
    assert_eq!(status, StatusCode::NOT_MODIFIED);
    std::fs::remove_dir_all(folder).unwrap();
}

/// A page as somebody sees it who is signed in.
async fn page_of(app: &App, username: &str, path: &str) -> (StatusCode, String) {
    let login = Login {
        login: username.to_owned(),
        password: PASSWORD.to_owned(),
    };
    let client = chat::Client::default();
    let who = app.chat().login(login, &client).await.unwrap();
    let session = app.chat().issue_cookie(&who, &client).await.unwrap();
    let cookie = format!("parlance_session={}", session.secret);
    let (status, _, html) = get(app, path, &[("cookie", &cookie)]).await;
    (status, String::from_utf8(html).unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_say_that_registration_is_closed_and_whom_to_ask(pool: PgPool) {
    const CLOSED: &str = "Registration is closed. Ask an administrator for an account.";
    let app = App::start_with(pool, &["--registration=closed"]).await;
    for path in ["/sign-in", "/register"] {
        let (status, _, html) = get(&app, path, &[]).await;
        let html = String::from_utf8(html).unwrap();
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains(CLOSED), "{path}");
        assert!(!html.contains("Create account"), "{path}");
    }
    // The link of the first administrator is good, and seeing it uses nothing.
    let token = app.chat().invite_first_administrator().await.unwrap();
    let path = format!("/invite/{}", token.unwrap());
    for _ in 0..2 {
        let headers = [("accept-encoding", "gzip, br")];
        let (status, headers, html) = get(&app, &path, &headers).await;
        assert_eq!(status, StatusCode::OK);
        assert!(String::from_utf8(html).unwrap().contains("Create account"));
        // Its length would tell the secret that is in it.
        assert!(!headers.contains_key("content-encoding"));
    }
    for path in ["/invite/nonsense", "/reset/nonsense"] {
        let (status, _, html) = get(&app, path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(
            !String::from_utf8(html).unwrap().contains("nonsense"),
            "{path}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pages_of_administrators_are_not_there_for_others(pool: PgPool) {
    let app = App::start(pool).await;
    app.administrator("ada").await;
    app.person("outsider").await;
    for path in [
        "/administration/people",
        "/administration/invites",
        "/administration/audit",
    ] {
        let (status, _, _) = get(&app, path, &[]).await;
        assert_eq!(status, StatusCode::FOUND, "{path}");
        let (status, html) = page_of(&app, "outsider", path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(!html.contains("Make an account"));
        let (status, _) = page_of(&app, "ada", path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    let (status, html) = page_of(&app, "outsider", "/settings/password").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Present password"));
}
