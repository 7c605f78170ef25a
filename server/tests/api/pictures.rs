//! Pictures of people and conversations over the API: set, shown to everybody by their address, replaced and removed; and
//! the plain form.

use crate::common::{App, Person, browser::Browser, text};
use reqwest::{
    Method, Response,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::{Value, json};
use sqlx::PgPool;

/// A grey picture.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    let pixels = vec![100; width as usize * height as usize];
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}

async fn put(person: &Person, path: &str, file: Vec<u8>) -> crate::common::Answer {
    let request = person.request(Method::PUT, path);
    let request = request.header(CONTENT_TYPE, "application/octet-stream");
    person.send(request.body(file)).await
}

fn url(answer: &Value) -> String {
    let url = text(&answer["url"]);
    assert!(url.starts_with("/pictures/"), "{url}");
    url
}

async fn fetch(app: &App, url: &str) -> Response {
    let address = format!("{}{url}", app.base());
    reqwest::get(address).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn everybody_sees_who_has_which_picture(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let set = put(&group.ada, "/me/picture", png(300, 200)).await;
    let first = url(&set.expect(200));
    assert_eq!(group.ada.get("/me").await.expect(200)["avatarUrl"], first);
    let message = group.send("hello").await;
    assert_eq!(message["sender"]["avatarUrl"], first);

    let answer = fetch(&app, &first).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("content-type", "image/webp"),
        ("content-disposition", "inline"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    assert!(answer.bytes().await.unwrap().starts_with(b"RIFF"));
    let small = first.replace("256", "96");
    assert_eq!(fetch(&app, &small).await.status(), 200);
    for unknown in [
        first.replace("256", "64"),
        "/pictures/AAAAAAAAAAAAAAAAAAAAAA/256.webp".to_owned(),
        "/pictures/%00/256.webp".to_owned(),
    ] {
        assert_eq!(fetch(&app, &unknown).await.status(), 404, "{unknown}");
    }

    let set = put(&group.ada, "/me/picture", png(300, 200)).await;
    let second = url(&set.expect(200));
    assert_eq!(fetch(&app, &first).await.status(), 404);
    group.ada.delete("/me/picture").await.expect(204);
    assert_eq!(fetch(&app, &second).await.status(), 404);
    let me = group.ada.get("/me").await.expect(200);
    assert_eq!(me["avatarUrl"], json!(null));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_picture_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    for bytes in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>"] {
        let set = put(&ada, "/me/picture", bytes.to_vec()).await;
        let problem = set.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "picture", "{problem}");
    }
    for bytes in [4 * 1024 * 1024 + 1, 5 * 1024 * 1024] {
        let set = put(&ada, "/me/picture", vec![0; bytes]).await;
        set.refused(413, "too_large");
    }
    let nobody = put(&app.nobody(), "/me/picture", png(9, 9)).await;
    nobody.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_has_a_picture_of_its_own(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/picture", group.path);
    let set = put(&group.outsider, &path, png(9, 9)).await;
    set.refused(404, "not_found");
    let set = put(&group.grace, &path, png(9, 9)).await;
    set.refused(403, "forbidden");
    let set = put(&group.ada, &path, png(300, 200)).await;
    let url = url(&set.expect(200));
    let shown = group.grace.get(&group.path).await.expect(200);
    assert_eq!(shown["pictureUrl"], url);
    let listed = group.grace.get("/conversations").await.items();
    assert_eq!(listed[0]["pictureUrl"], url);
    assert_eq!(fetch(&app, &url).await.status(), 200);
    group.grace.delete(&path).await.refused(403, "forbidden");
    group.ada.delete(&path).await.expect(204);
    let shown = group.grace.get(&group.path).await.expect(200);
    assert!(shown.get("pictureUrl").is_none());
    assert_eq!(fetch(&app, &url).await.status(), 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn administrators_remove_pictures(pool: PgPool) {
    let app = App::start(pool).await;
    let (admin, ada) = (app.administrator("root").await, app.person("ada").await);
    put(&ada, "/me/picture", png(9, 9)).await.expect(200);
    let path = format!("/users/{}/picture", ada.id);
    ada.delete(&path).await.refused(403, "forbidden");
    put(&admin, &path, png(9, 9))
        .await
        .refused(403, "forbidden");
    admin.delete(&path).await.expect(204);
    assert_eq!(ada.get("/me").await.expect(200)["avatarUrl"], json!(null));
}

/// Sends the form as a browser without scripts does.
async fn submit(browser: &Browser, query: &str, file: &[u8]) -> String {
    let head = "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let kind = "multipart/form-data; boundary=b";
    let path = format!("picture{query}");
    let answer = browser.post_body(&path, kind, body).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()[LOCATION], "/settings");
    let page = browser.open_with_cookies("/settings", &answer).await;
    page.text().await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_without_scripts_sends_the_form(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let browser = Browser::of(&app, "ada").await;
    let query = format!("?of={}", ada.id);
    let page = submit(&browser, &query, &png(300, 200)).await;
    let me = ada.get("/me").await.expect(200);
    let url = text(&me["avatarUrl"]);
    assert!(page.contains(&format!("src=\"{url}\"")), "{page}");

    for (file, why) in [
        (&b"none"[..], "must be a PNG, JPEG or WebP picture"),
        (b"", "choose a file first"),
        (&vec![0; 5 * 1024 * 1024], "at most 4 MiB"),
    ] {
        let page = submit(&browser, &query, file).await;
        assert!(page.contains(why), "{why}: {page}");
    }
    let page = submit(&browser, "?of=987654", &png(9, 9)).await;
    assert!(page.contains("Somebody else has signed in"), "{page}");
    assert_eq!(ada.get("/me").await.expect(200)["avatarUrl"], url);
}
