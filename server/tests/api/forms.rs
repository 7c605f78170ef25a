//! Forms of pages that a browser submits by itself: whatever it sends, the answer is a page.

use crate::common::{App, browser::Browser, text};
use reqwest::Response;
use serde_json::json;
use sqlx::PgPool;

const PEOPLE: &str = "/administration/people";
const INVITES: &str = "/administration/invites";

fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

fn is_page(answer: &Response) -> bool {
    let kind = answer.headers()["content-type"].to_str().unwrap();
    kind.starts_with("text/html")
}

/// What the page says of a refused form that has redirected to it.
async fn refusal(browser: &Browser, answer: &Response) -> String {
    let path = location(answer).split('#').next().unwrap().to_owned();
    let page = browser.open_with_cookies(&path, answer).await;
    page.text().await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_that_cannot_be_read_is_answered_with_its_page(pool: PgPool) {
    let app = App::start(pool).await;
    app.administrator("ada").await;
    let ada = Browser::of(&app, "ada").await;
    for (page, form) in [
        (INVITES, "create-invitation"),
        (INVITES, "revoke-invitation"),
        (PEOPLE, "change-account"),
        (PEOPLE, "create-account"),
        ("/new", "new-conversation"),
        ("/settings", "profile"),
        ("/settings", "revoke-session"),
        ("/settings", "theme"),
        ("/settings", "layout"),
        ("/settings", "previews"),
        ("/settings", "clock"),
        ("/settings/groups", "addable-by"),
        ("/settings/groups", "leave-groups"),
        ("/settings/password", "change-password"),
        ("/settings/single-sign-on", "link-identity"),
        ("/settings/single-sign-on", "unlink-identity"),
        ("/settings/two-factor", "begin-two-factor"),
        ("/settings/two-factor", "enable-two-factor"),
        ("/settings/two-factor", "change-two-factor"),
    ] {
        let garbage = [
            ("id", "x"),
            ("role", "emperor"),
            ("ids[]", "x"),
            ("client_id", ""),
            ("action", "x"),
        ];
        let answer = ada.post(page, form, &garbage).await;
        assert_eq!(answer.status(), 422, "{form}");
        assert!(is_page(&answer), "{form}");
        let html = answer.text().await.unwrap();
        assert!(
            html.contains("The form could not be read."),
            "{form}: {html}"
        );
    }
    let fields = [("login", "ada & co"), ("passwort", "x")];
    let visitor = Browser::new(&app);
    let answer = visitor.post("/sign-in", "sign-in", &fields).await;
    assert_eq!(answer.status(), 422);
    let html = answer.text().await.unwrap();
    assert!(html.contains(r#"value="ada &amp; co""#), "{html}");
    let fields = [("token", "nothing")];
    let answer = visitor.post("/", "reset-password", &fields).await;
    assert!(is_page(&answer) && answer.status() == 404);
    // A page that shows no form, as where the browser names none.
    let answer = ada
        .post("/saved", "revoke-invitation", &[("id", "x")])
        .await;
    assert!(is_page(&answer) && answer.status() == 422);
    assert!(answer.text().await.unwrap().contains("could not be read"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_form_of_an_invitation_says_what_is_wrong_and_keeps_what_was_typed(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.administrator("ada").await;
    let new = json!({ "kind": "group", "title": "Engines", "memberIds": [] });
    let group = admin.post("/conversations", new).await.expect(201);
    let group = text(&group["id"]);
    let ada = Browser::of(&app, "ada").await;
    for (uses, days, reason) in [
        ("1", "0", "Must be 1 to 365."),
        ("1", "400", "Must be 1 to 365."),
        ("1", "soon", "Must be a whole number."),
        ("0", "7", "Must be 1 to 10000."),
        ("99999999999", "7", "Must be 1 to 10000."),
        ("-99999999999", "7", "Must be a whole number."),
        ("", "7", "Must be a whole number."),
    ] {
        let fields = [
            ("note", "May & June"),
            ("max_uses", uses),
            ("days", days),
            ("role", "admin"),
            ("conversation_ids[]", &group),
        ];
        let answer = ada.post(INVITES, "create-invitation", &fields).await;
        assert_eq!(location(&answer), INVITES, "{uses} {days}");
        let page = refusal(&ada, &answer).await;
        assert_eq!(page.matches(reason).count(), 1, "{uses} {days}: {page}");
        assert_eq!(page.matches("autofocus").count(), 1, "{page}");
        for kept in [
            r#"value="May &amp; June""#.to_owned(),
            format!(r#"value="{uses}""#),
            format!(r#"value="{days}""#),
            r#"value="admin" checked"#.to_owned(),
            format!(r#"value="{group}" checked"#),
        ] {
            assert!(page.contains(&kept), "{kept}: {page}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_action_on_an_account_leads_back_to_it(pool: PgPool) {
    let app = App::start(pool).await;
    app.administrator("ada").await;
    let grace = app.person("grace").await;
    let ada = Browser::of(&app, "ada").await;
    let listed = format!("{PEOPLE}?query=gra%20ce&after=c");
    let change = async |id: &str, action: &str| {
        let place = [("query", "gra ce"), ("after", "c")];
        let fields = [[("id", id), ("action", action)], place].concat();
        ada.post(&listed, "change-account", &fields).await
    };
    for action in ["promote", "demote", "end-sessions", "block", "unblock"] {
        let answer = change(&grace.id, action).await;
        assert_eq!(location(&answer), format!("{listed}#user-{}", grace.id));
    }
    let answer = change(&grace.id, "reset").await;
    assert_eq!(location(&answer), format!("{listed}#shown-link"));

    // What is refused is said at the account, and opens it.
    let (operator, page) = (&chat::Caller::OPERATOR, model::PageRequest::default());
    let own = app.chat().user_accounts(operator, Some("ada"), &page);
    let own = own.await.unwrap().items[0].user.id.to_string();
    let fields = [("id", own.as_str()), ("action", "block")];
    let answer = ada.post(PEOPLE, "change-account", &fields).await;
    assert_eq!(location(&answer), format!("{PEOPLE}#user-{own}"));
    let page = refusal(&ada, &answer).await;
    let row = page.split(&format!("user-{own}")).nth(1).unwrap();
    let row = row.split("</li>").next().unwrap();
    assert!(row.contains("note-error"), "{page}");
    assert_eq!(page.matches("note-error").count(), 1, "{page}");

    let fields = [("username", "Bad Name"), ("name", "Kept"), ("query", "gr")];
    let answer = ada.post(PEOPLE, "create-account", &fields).await;
    assert_eq!(location(&answer), format!("{PEOPLE}?query=gr"));
    let page = refusal(&ada, &answer).await;
    for part in [
        "field-wrong",
        "autofocus",
        r#"value="Bad Name""#,
        r#"value="Kept""#,
    ] {
        assert_eq!(page.matches(part).count(), 1, "{part}: {page}");
    }
    assert!(page.contains("<details open"), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_secret_link_is_shown_once_and_named_to_nobody(pool: PgPool) {
    let app = App::start(pool).await;
    app.administrator("ada").await;
    let ada = Browser::of(&app, "ada").await;
    let fields = [("username", "grace"), ("name", "")];
    let answer = ada.post(PEOPLE, "create-account", &fields).await;
    let page = ada.open_with_cookies(PEOPLE, &answer).await;
    assert_forgotten(&page);
    let html = page.text().await.unwrap();
    let link = html.split("/reset/").nth(1).unwrap();
    let link = format!("/reset/{}", link.split('"').next().unwrap());
    let none = ada.open_with_cookies(INVITES, &answer).await;
    assert!(!none.text().await.unwrap().contains("/reset/"));
    assert_forgotten(&ada.post("/", "sign-out", &[]).await);

    let visitor = Browser::new(&app);
    for path in [link.as_str(), "/reset/nothing", "/invite/nothing"] {
        let page = visitor.open(path).await;
        // With `no-referrer`, browsers would send the form with `Origin: null`.
        assert_eq!(page.headers()["referrer-policy"], "strict-origin", "{path}");
        let html = page.text().await.unwrap();
        assert!(!html.contains("Back to your conversations"), "{html}");
        if path != link {
            assert!(html.contains(r#"href="/sign-in""#), "{html}");
        }
    }
}

fn assert_forgotten(answer: &Response) {
    let set = answer.headers().get_all("set-cookie").iter();
    let set: Vec<_> = set.map(|it| it.to_str().unwrap()).collect();
    for folder in ["Path=/administration", "Path=/settings/two-factor"] {
        let is_removal =
            |line: &&&str| line.starts_with("parlance_shown=;") && line.contains("Max-Age=0");
        let mut removals = set.iter().filter(is_removal);
        assert!(removals.any(|line| line.contains(folder)), "{set:?}");
    }
}

/// Their secrets are not guessed, and a page of somebody else's could open them for a whole network.
#[sqlx::test(migrations = "../migrations")]
async fn links_that_lead_nowhere_count_for_nothing(pool: PgPool) {
    let app = App::start_with(pool, &["--rate-limit-wrong-passwords-per-network=3"]).await;
    let visitor = Browser::new(&app);
    for path in ["/invite/nothing", "/reset/nothing"] {
        for _ in 0..6 {
            assert_eq!(visitor.open(path).await.status(), 404, "{path}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_of_too_many_is_answered_with_its_page(pool: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--rate-limit-requests-burst=2",
        "--rate-limit-requests-per-second=1",
    ];
    let app = App::start_with(pool, &flags).await;
    let visitor = Browser::new(&app);
    // No password is compared, which would take longer than a request takes to be allowed again.
    let fields = [("login", "nobody"), ("old_password", "wrong")];
    let mut answer = visitor.post("/sign-in", "sign-in", &fields).await;
    for _ in 0..20 {
        if answer.status() == 429 {
            break;
        }
        answer = visitor.post("/sign-in", "sign-in", &fields).await;
    }
    assert_eq!(answer.status(), 429);
    assert!(is_page(&answer) && answer.headers().contains_key("retry-after"));
    let html = answer.text().await.unwrap();
    assert!(
        html.contains("Too many requests from your network."),
        "{html}"
    );
    assert!(html.contains(r#"value="nobody""#), "{html}");
    assert!(!html.contains(r#"value="wrong""#), "{html}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_of_registration_names_the_domains(pool: PgPool) {
    let app = App::start_with(pool, &["--registration-domains=example.org,example.com"]).await;
    let page = Browser::new(&app).page("/register").await;
    assert!(
        page.contains("An address at example.org or example.com."),
        "{page}"
    );
    assert!(!page.contains("E-mail (optional)"), "{page}");
    let new = serde_json::from_value(json!({})).unwrap();
    let made = app.chat().create_invitation(&chat::Caller::OPERATOR, new);
    let path = format!("/invite/{}", made.await.unwrap().token);
    let page = Browser::new(&app).page(&path).await;
    assert!(page.contains("E-mail (optional)"), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_note_is_shown_as_it_reads(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.administrator("ada").await;
    admin.post("/invitations", json!({})).await.expect(201);
    let note = "May\u{202e}\u{7} gpj.exe";
    sqlx::query("update invitations set note = $1")
        .bind(note)
        .execute(&pool)
        .await
        .unwrap();
    let ada = Browser::of(&app, "ada").await;
    assert!(ada.page(INVITES).await.contains(">May gpj.exe<"));
}
