//! Who may put a user into groups: in the public API, at the doors and on the page; and leaving many at once.

use crate::common::{App, Person, browser::Browser, text};
use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn at_door(ada: &Person, path: &str, body: Value) -> (u16, String) {
    let request = ada.app.request(Method::POST, &format!("/contracts/{path}"));
    let request = request.bearer_auth(&ada.access_token).json(&body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn who_lets_nobody_add_them_is_refused_in_every_doors_words(pool: PgPool) {
    let flags = ["--contracts=groups,rooms,conversations"];
    let app = App::start_with(pool, &flags).await;
    let group = app.group().await;
    let (ada, linus) = (&group.ada, app.person("linus").await);
    assert_eq!(linus.get("/me").await.expect(200)["addableBy"], "everybody");
    let changed = linus.patch("/me", json!({ "addableBy": "nobody" })).await;
    assert_eq!(changed.expect(200)["addableBy"], "nobody");
    // Other fields leave it as it is.
    let changed = linus.patch("/me", json!({ "name": "Linus T" })).await;
    assert_eq!(changed.expect(200)["addableBy"], "nobody");
    let nonsense = linus.patch("/me", json!({ "addableBy": "friends" })).await;
    nonsense.refused(422, "invalid");

    let with = |kind: &str| json!({ "kind": kind, "title": "Spam", "memberIds": [linus.id] });
    for kind in ["group", "channel"] {
        let problem = ada.post("/conversations", with(kind)).await;
        let problem = problem.refused(403, "forbidden");
        assert!(text(&problem["detail"]).contains("Linus T"), "{problem}");
    }
    let members = format!("{}/members", group.path);
    let added = ada.post(&members, json!({ "userIds": [linus.id] })).await;
    added.refused(403, "forbidden");

    let id = &linus.id;
    let of_door = [
        (
            "groups/api/groups",
            json!({ "name": "Spam", "isPrivate": true, "memberIds": [id] }),
        ),
        (
            &format!("groups/api/groups/{}/members", group.id),
            json!({ "userId": id }),
        ),
        (
            "rooms/api/v2/chat/rooms",
            json!({ "name": "Spam", "participants": [id] }),
        ),
        (
            "conversations/chats/conversations",
            json!({ "type": "group", "name": "Spam", "participants": [id] }),
        ),
        (
            &format!(
                "conversations/chats/conversations/{}/participants",
                group.id
            ),
            json!({ "participants": [id] }),
        ),
    ];
    for (path, body) in of_door {
        let (status, answer) = at_door(ada, path, body).await;
        assert_eq!(status, 403, "{path}: {answer}");
        assert!(
            answer.contains("Linus T decided who may add them"),
            "{path}: {answer}"
        );
    }
    let conversations = linus.get("/conversations").await.items();
    assert_eq!(conversations.len(), 0, "{conversations:?}");
    // Anybody may write to them, at the doors too.
    let direct = json!({ "kind": "direct", "memberIds": [linus.id] });
    ada.post("/conversations", direct).await.expect(201);
}

#[sqlx::test(migrations = "../migrations")]
async fn groups_are_left_together(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let direct = json!({ "kind": "direct", "memberIds": [group.grace.id] });
    let direct = group.ada.post("/conversations", direct).await.expect(201);
    let leave = json!({ "ids": [group.id, direct["id"], "999"] });
    let left = group
        .outsider
        .post("/conversations/leave", leave.clone())
        .await;
    assert_eq!(left.expect(200)["ids"], json!([]));
    let left = group.grace.post("/conversations/leave", leave).await;
    assert_eq!(left.expect(200)["ids"], json!([group.id]));
    group.grace.get(&group.path).await.refused(404, "not_found");
    for bad in [
        json!([]),
        json!((0..101).map(|n| n.to_string()).collect::<Vec<_>>()),
    ] {
        let left = group
            .grace
            .post("/conversations/leave", json!({ "ids": bad }))
            .await;
        left.refused(422, "invalid");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_of_groups_works_without_scripts(pool: PgPool) {
    const PATH: &str = "/settings/groups";
    let app = App::start(pool).await;
    let group = app.group().await;
    for title in ["<Spam>", "Wanted"] {
        let new = json!({ "kind": "group", "title": title, "memberIds": [group.grace.id] });
        group.ada.post("/conversations", new).await.expect(201);
    }
    let visitor = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let visitor = visitor
        .get(format!("{}{PATH}", app.base()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        visitor.headers()["location"],
        "/sign-in?next=%2Fsettings%2Fgroups"
    );

    let grace = Browser::of(&app, "grace").await;
    assert!(
        grace
            .page("/settings")
            .await
            .contains(r#"href="/settings/groups""#)
    );
    let page = grace.page(PATH).await;
    assert!(
        page.contains("&lt;Spam>") || page.contains("&lt;Spam&gt;"),
        "{page}"
    );
    assert!(
        page.contains("Engines") && page.contains("Wanted") && !page.contains("page-data"),
        "{page}"
    );
    let page = grace
        .submit("addable-by", &[("addable_by", "contacts")])
        .await;
    let contacts = page.split("value=\"contacts\"").nth(1).unwrap();
    assert!(contacts.starts_with(" checked"), "{page}");
    assert_eq!(
        group.grace.get("/me").await.expect(200)["addableBy"],
        "contacts"
    );

    let spam = group.grace.get("/conversations").await.items();
    let ids = spam
        .iter()
        .filter(|it| it["title"] != "Wanted")
        .map(|it| text(&it["id"]));
    let ids: Vec<_> = ids.collect();
    assert_eq!(ids.len(), 2);
    let fields: Vec<_> = ids.iter().map(|id| ("ids[]", id.as_str())).collect();
    let page = grace.submit("leave-groups", &fields).await;
    assert!(
        page.contains("Wanted") && !page.contains("Engines") && !page.contains("Spam"),
        "{page}"
    );
    // Nothing checked leaves nothing.
    let page = grace.submit("leave-groups", &[]).await;
    assert!(page.contains("Wanted"), "{page}");
    // Nobody sees the groups of others.
    let outsider = Browser::of(&app, "outsider").await.page(PATH).await;
    assert!(
        !outsider.contains("Wanted") && outsider.contains("There are none."),
        "{outsider}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn thousands_of_unasked_groups_make_no_large_page(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    sqlx::raw_sql(
        "insert into conversations (kind, title, private, created_by, position, seq, member_count)
            select 'group', 'Spam ' || n, true, u.id, 0, 1, 2
            from generate_series(1, 6000) n, users u where u.username = 'ada';
        insert into members (conversation_id, user_id, role, joined_seq, seq)
            select c.id, u.id, 'member', 1, 1 from conversations c, users u
            where c.title like 'Spam %' and u.username in ('grace', 'ada')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let grace = Browser::of(&app, "grace").await;
    let page = grace.page(&format!("/c/{}", group.id)).await;
    assert!(page.len() < 600_000, "{} bytes", page.len());
    // The conversation that is open is there, however old it is.
    assert!(page.contains("Engines"));
}
