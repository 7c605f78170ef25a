//! Thumbnails over the API: their place in uploads and messages, and their content, which is served as files are.

use crate::{
    common::{App, Person},
    uploads::{METADATA, sent, uploaded},
};
use reqwest::Method;
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

#[sqlx::test(migrations = "../migrations")]
async fn members_get_thumbnails_as_they_get_the_file(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let upload = uploaded(&group.ada, METADATA, &png(900, 450)).await;
    let id = upload["id"].as_str().unwrap();
    let thumbnail = |width: u32| {
        let url = format!("/uploads/{id}/thumbnails/{width}.webp");
        json!({ "url": url, "width": width, "height": width / 2 })
    };
    assert_eq!(
        upload["thumbnails"],
        json!([thumbnail(320), thumbnail(800)])
    );
    let placeholder = upload["placeholder"].as_str().unwrap();
    assert!(placeholder.starts_with("data:image/webp;base64,"));
    let message = sent(&group, &upload).await;
    let attachment = &message["attachments"][0];
    for field in ["thumbnails", "placeholder", "width", "height"] {
        assert_eq!(attachment[field], upload[field], "{field}");
    }

    let url = attachment["thumbnails"][1]["url"].as_str().unwrap();
    let request = |person: &Person, method: Method| {
        app.request(method, url).bearer_auth(&person.access_token)
    };
    let get = |person: &Person| request(person, Method::GET);
    let whole = get(&group.grace).send().await.unwrap();
    assert_eq!(whole.status(), 200);
    for (name, value) in [
        ("content-type", "image/webp"),
        ("content-disposition", "inline; filename*=UTF-8''800%2Ewebp"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-cache"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(whole.headers()[name], value, "{name}");
    }
    let tag = whole.headers()["etag"].clone();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!((&bytes[..4], &bytes[8..12]), (&b"RIFF"[..], &b"WEBP"[..]));
    let known = get(&group.grace).header("If-None-Match", &tag);
    assert_eq!(known.send().await.unwrap().status(), 304);
    let part = get(&group.grace).header("Range", "bytes=8-11");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), 206);
    let range = format!("bytes 8-11/{}", bytes.len());
    assert_eq!(part.headers()["content-range"], range);
    assert_eq!(part.bytes().await.unwrap(), "WEBP");
    let head = request(&group.grace, Method::HEAD).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], bytes.len().to_string());

    let status = async |url: &str, person: &Person| {
        let request = app.request(Method::GET, url);
        let answer = request.bearer_auth(&person.access_token).send().await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(status(url, &group.outsider).await, 404);
    let nobody = app.request(Method::GET, url).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    for missing in ["1600.webp", "800.png", "800", "..%2Fstripped"] {
        let missing = format!("/uploads/{id}/thumbnails/{missing}");
        assert_eq!(status(&missing, &group.grace).await, 404, "{missing}");
    }
    let leave = format!("{}/leave", group.path);
    group.grace.post_empty(&leave).await.expect(204);
    assert_eq!(status(url, &group.grace).await, 404);
    let message = format!("/messages/{}", message["id"].as_str().unwrap());
    group.ada.delete(&message).await.expect(200);
    assert_eq!(status(url, &group.ada).await, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_without_thumbnails_says_so(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    for file in [&png(320, 200)[..], b"words"] {
        let upload = uploaded(&ada, METADATA, file).await;
        assert_eq!(upload["thumbnails"], json!([]));
        assert_eq!(upload["placeholder"], Value::Null);
    }
}
