//! Apps, their directories, and users named by an app's ids.

use crate::common::{App, Person, SECRET, text};
use clap::Parser;
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use server::{Cli, Command, UsersCommand};
use sqlx::PgPool;
use std::path::Path;

const USERS: &str = "/apps/app/users";

/// A server that takes the tokens of an app, and its administrator.
async fn start(pool: PgPool) -> (App, Person) {
    let app = App::start_with(pool, &["--jwt-subjects=foreign"]).await;
    let admin = app.administrator("root").await;
    (app, admin)
}

/// A user of the app with this id.
fn user(app: &App, id: &str) -> Person {
    let claims = json!({ "sub": id, "exp": 4_102_444_800_u64 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    Person {
        access_token: encode(&Header::default(), &claims, &key).unwrap(),
        ..app.nobody()
    }
}

async fn put(person: &Person, path: &str, body: Value) -> crate::common::Answer {
    person
        .send(person.request(Method::PUT, path).json(&body))
        .await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_directory_is_updated_listed_and_ended(pool: PgPool) {
    let (app, admin) = start(pool).await;
    let users = json!({ "users": [
        { "id": "507f1f77bcf86cd799439011", "name": "Ada Lovelace", "username": "ada" },
        { "id": 7, "picture": "https://example.org/7.png" },
        { "id": "a/b", "email": "nonsense" },
    ] });
    let report = put(&admin, &format!("{USERS}?dryRun=true"), users.clone()).await;
    assert_eq!(report.expect(200)["created"], 2);
    let report = put(&admin, USERS, users.clone()).await.expect(200);
    assert_eq!(report["created"], 2);
    assert_eq!(
        report["rejected"],
        json!([{ "index": 2, "id": "a/b",
            "errors": [{ "field": "email", "reason": "is not an e-mail address" }] }])
    );
    let again = put(&admin, USERS, users).await.expect(200);
    assert_eq!(
        (&again["created"], &again["unchanged"]),
        (&json!(0), &json!(2))
    );

    let apps = admin.get("/apps").await.items();
    assert_eq!(apps[0]["name"], "app");
    let first = admin.get(&format!("{USERS}?limit=1")).await.expect(200);
    assert_eq!(first["items"][0]["name"], "Ada Lovelace");
    let next = format!("{USERS}?limit=1&cursor={}", text(&first["nextCursor"]));
    assert_eq!(admin.get(&next).await.items()[0]["id"], "7");

    let seven = user(&app, "7");
    seven.get("/me").await.expect(200);
    admin.delete(&format!("{USERS}/7")).await.expect(204);
    seven.get("/me").await.refused(401, "unauthenticated");
    let missing = admin.delete(&format!("{USERS}/99")).await;
    missing.refused(404, "not_found");
    let back = put(
        &admin,
        USERS,
        json!({ "users": [{ "id": 7, "active": true }] }),
    )
    .await;
    assert_eq!(back.expect(200)["updated"], 1);
    seven.get("/me").await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_directory_is_for_administrators(pool: PgPool) {
    let (app, admin) = start(pool).await;
    let users = json!({ "users": [{ "id": "1" }] });
    for outsider in [app.person("eve").await, user(&app, "9")] {
        put(&outsider, USERS, users.clone())
            .await
            .refused(403, "forbidden");
        for path in ["/apps", USERS] {
            outsider.get(path).await.refused(403, "forbidden");
        }
        let ended = outsider.delete(&format!("{USERS}/9")).await;
        ended.refused(403, "forbidden");
    }
    for app in ["shop", "App", "%00"] {
        let answer = put(&admin, &format!("/apps/{app}/users"), users.clone()).await;
        answer.refused(404, "not_found");
    }
    for (body, status) in [
        (json!({}), 422),
        (json!({ "users": {} }), 422),
        (json!({ "users": vec![json!({}); 5_001] }), 422),
        (
            json!({ "users": [{ "id": "x".repeat(5 * 1024 * 1024) }] }),
            413,
        ),
    ] {
        put(&admin, USERS, body).await.refused(status, "invalid");
    }
    // Longer than any other request may be.
    let long = json!({ "users": [{ "id": "1", "about": "x".repeat(1024 * 1024) }] });
    put(&admin, USERS, long).await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_user_is_found_by_the_id_of_an_app(pool: PgPool) {
    let (app, admin) = start(pool).await;
    let ids = ["507f1f77bcf86cd799439011", "6", "a/b:c ?#%é"];
    let users: Vec<_> = ids
        .iter()
        .map(|id| json!({ "id": id, "name": format!("No. {id}") }))
        .collect();
    put(&admin, USERS, json!({ "users": users }))
        .await
        .expect(200);
    let caller = user(&app, "6");
    for id in ids {
        let mut url = reqwest::Url::parse(app.base()).unwrap();
        let segments = ["api", "v1", "users", "by", "app", id];
        url.path_segments_mut().unwrap().extend(segments);
        for person in [&caller, &admin] {
            let found = person.send(person.request(Method::GET, &url.path()["/api/v1".len()..]));
            assert_eq!(found.await.expect(200)["name"], format!("No. {id}"));
        }
    }
    let outsider = app.person("eve").await;
    for (person, path) in [
        (&caller, "/users/by/app/99"),
        (&caller, "/users/by/shop/6"),
        (&caller, "/users/by/app/-1"),
        (&outsider, "/users/by/app/6"),
        (&outsider, "/users/app:6"),
    ] {
        person.get(path).await.refused(404, "not_found");
    }
    assert_eq!(
        admin.get(USERS).await.items().len(),
        3,
        "nobody was created"
    );

    let me = caller.get("/me").await.expect(200);
    let external_ids = json!([{ "app": "app", "id": "6" }]);
    assert_eq!(me["externalIds"], external_ids);
    let path = format!("/users/{}", text(&me["id"]));
    assert_eq!(
        admin.get(&path).await.expect(200)["externalIds"],
        external_ids
    );
    assert_eq!(caller.get(&path).await.expect(200).get("externalIds"), None);
    assert_eq!(admin.get("/me").await.expect(200)["externalIds"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn users_are_named_by_the_ids_of_an_app(pool: PgPool) {
    let (app, admin) = start(pool).await;
    let ada = user(&app, "1");
    let me = ada.get("/me").await.expect(200);
    // An id of another form than Ada's own is somebody only if the directory has brought them.
    let odd = json!({ "users": [{ "id": "3/4" }] });
    put(&admin, USERS, odd).await.expect(200);
    let new = json!({ "kind": "group", "title": "Engines",
        "memberIds": ["app:2", admin.id, "app:3/4"] });
    let group = ada.post("/conversations", new).await.expect(201);
    assert_eq!(group["memberCount"], 4);
    let path = format!("/conversations/{}", text(&group["id"]));
    let added = json!({ "userIds": ["app:5", "app:2"] });
    let added = ada.post(&format!("{path}/members"), added).await.items();
    assert_eq!(added.len(), 2);
    let body = json!({ "body": "hello" });
    ada.post(&format!("{path}/messages"), body)
        .await
        .expect(201);

    // Two, whom nobody had seen, finds the group with their first token.
    let two = user(&app, "2");
    assert_eq!(two.get("/unread").await.expect(200)["total"], 1);
    let promoted = json!({ "role": "admin" });
    let promoted = ada.patch(&format!("{path}/members/app:2"), promoted).await;
    assert_eq!(promoted.expect(200)["role"], "admin");
    let removed = ada.delete(&format!("{path}/members/app:3%2F4")).await;
    removed.expect(204);
    let found = two.get("/search?q=hello&from=app:1").await.items();
    assert_eq!(found[0]["sender"]["id"], me["id"]);
    assert_eq!(two.get("/search?q=hello&from=app:5").await.items().len(), 0);

    let with = |id: Value| json!({ "kind": "direct", "memberIds": [id] });
    let direct = ada.post("/conversations", with(json!("app:9"))).await;
    let direct = direct.expect(201);
    let again = admin.post("/conversations", with(json!("app:10"))).await;
    again.expect(201);
    let same = ada.post("/conversations", with(json!("app:9"))).await;
    assert_eq!(same.expect(200)["id"], direct["id"]);
    // A number is an id of Parlance: the app's 1 is Ada, and Parlance's 1 is the administrator.
    let to_admin = ada.post("/conversations", with(json!(admin.id))).await;
    assert_eq!(to_admin.expect(201)["peer"]["username"], "root");

    let outsider = app.person("eve").await;
    let refused = outsider.post("/conversations", with(json!("app:1"))).await;
    refused.refused(404, "not_found");
    for bad in [
        json!("app:"),
        json!("ada"),
        json!(1.5),
        json!(null),
        json!({}),
    ] {
        let refused = ada.post("/conversations", with(bad)).await;
        let problem = refused.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "memberIds[0]");
    }
    for (path, status, code) in [
        ("/search?q=x&from=app:99", 404, "not_found"),
        ("/search?q=x&from=ada", 422, "invalid"),
        ("/users/ada", 404, "not_found"),
    ] {
        ada.get(path).await.refused(status, code);
    }
}

fn import_command(arguments: &[&str]) -> server::ImportUsers {
    let arguments = ["parlance", "users", "import"].iter().chain(arguments);
    let command = Cli::try_parse_from(arguments).unwrap().into_command();
    match command {
        Command::Users(UsersCommand::Import(command)) => *command,
        other => panic!("{other:?}"),
    }
}

fn write(path: &Path, lines: &[String]) {
    std::fs::write(path, lines.join("\n")).unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_of_users_is_imported(pool: PgPool) {
    let (app, admin) = start(pool).await;
    let path = std::env::temp_dir().join(format!("parlance-users-{}", std::process::id()));
    let file = path.to_str().unwrap();
    let import = async |flags: &[&str]| {
        let command = import_command(&[&["app", file], flags].concat());
        let imported = server::directory::import(app.chat(), &command).await;
        imported.map(|it| {
            (
                it.users,
                it.created,
                it.updated,
                it.unchanged,
                it.ended,
                it.rejected,
            )
        })
    };
    let mut lines = vec!["id,name,role,active,department".to_owned()];
    lines.extend((0..6_000).map(|n| format!("{n},Somebody No. {n},member,true,x")));
    lines.push("7,Again,,,".to_owned());
    lines.push("6001,\"Hopper, Grace\",owner,,".to_owned());
    lines.push("6002,too,few".to_owned());
    write(&path, &lines);
    assert_eq!(
        import(&["--dry-run"]).await.unwrap(),
        (6_003, 6_000, 0, 0, 0, 3)
    );
    assert_eq!(import(&[]).await.unwrap(), (6_003, 6_000, 0, 0, 0, 3));
    assert_eq!(import(&[]).await.unwrap(), (6_003, 0, 0, 6_000, 0, 3));
    // Nobody is ended while an entry may be about anybody.
    let unclear = import(&["--end-missing"]).await.unwrap_err();
    assert!(
        unclear.to_string().contains("no id that can be read"),
        "{unclear}"
    );

    // Five lines of JSON, as another program would write them: the others are more than half.
    let json = |id: usize| json!({ "id": id, "name": format!("Somebody No. {id}") }).to_string();
    write(&path, &(0..5).map(json).collect::<Vec<_>>());
    let refused = import(&["--end-missing"]).await.unwrap_err();
    assert!(
        refused.to_string().contains("5995 of the app's 6000"),
        "{refused}"
    );
    let dry = import(&["--end-missing", "--yes", "--dry-run"]).await;
    assert_eq!(dry.unwrap(), (5, 0, 0, 5, 5_995, 0));
    // Somebody whose first token comes after the file was written is new.
    user(&app, "new").get("/me").await.expect(200);
    let ended = import(&["--end-missing", "--yes"]).await;
    assert_eq!(ended.unwrap(), (5, 0, 0, 5, 5_995, 0));
    user(&app, "new").get("/me").await.expect(200);
    user(&app, "4").get("/me").await.expect(200);
    user(&app, "5")
        .get("/me")
        .await
        .refused(401, "unauthenticated");
    assert_eq!(admin.get("/users?limit=100").await.items().len(), 7);

    let unknown = import_command(&["shop", file]);
    let unknown = server::directory::import(app.chat(), &unknown)
        .await
        .unwrap_err();
    assert!(unknown.to_string().contains("no app \"shop\""), "{unknown}");
    std::fs::remove_file(&path).unwrap();
    let gone = import(&[]).await.unwrap_err();
    assert!(gone.to_string().contains("cannot read"), "{gone}");
}
