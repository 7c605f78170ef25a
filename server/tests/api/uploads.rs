//! Files over the API: tus, and their content.

use crate::common::{Answer, App, Group, Person};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::PgPool;

const BYTES: &str = "application/offset+octet-stream";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

/// `Upload-Metadata` of a file called `x.png`, said to be a picture.
const METADATA: &str = "filename eC5wbmc=,filetype aW1hZ2UvcG5n";

fn create(person: &Person, len: usize, metadata: &str) -> RequestBuilder {
    person
        .request(Method::POST, "/uploads")
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", len)
        .header("Upload-Metadata", metadata)
}

fn append(person: &Person, id: &Value, offset: usize, bytes: &[u8]) -> RequestBuilder {
    person
        .request(Method::PATCH, &path(id))
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", offset)
        .header("Content-Type", BYTES)
        .body(bytes.to_vec())
}

fn path(id: &Value) -> String {
    format!("/uploads/{}", id.as_str().unwrap())
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).unwrap().to_str().unwrap()
}

/// An upload of Ada's in one request.
async fn uploaded(person: &Person, metadata: &str, bytes: &[u8]) -> Value {
    let request = create(person, bytes.len(), metadata);
    let request = request.header("Content-Type", BYTES).body(bytes.to_vec());
    let upload = person.send(request).await.expect(201);
    assert_eq!(upload["state"], "ready");
    upload
}

async fn sent(group: &Group, upload: &Value) -> Value {
    let message = json!({ "body": "", "attachmentIds": [upload["id"]] });
    let path = format!("{}/messages", group.path);
    group.ada.post(&path, message).await.expect(201)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_goes_on_where_it_broke_off(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let created = ada.send(create(&ada, 10, METADATA)).await;
    let location = header(&created, "location").to_owned();
    assert_eq!(header(&created, "upload-offset"), "0");
    assert!(header(&created, "upload-expires").ends_with(" GMT"));
    let upload = created.expect(201);
    let id = &upload["id"];
    assert_eq!(location, format!("/api/v1{}", path(id)));
    assert_eq!(
        (&upload["name"], &upload["state"]),
        (&json!("x.png"), &json!("uploading"))
    );

    let first = ada.send(append(&ada, id, 0, b"0123")).await;
    assert_eq!(header(&first, "upload-offset"), "4");
    first.expect(204);
    ada.send(append(&ada, id, 0, b"0123"))
        .await
        .refused(409, "conflict");
    ada.send(append(&ada, id, 4, b"4567890"))
        .await
        .refused(413, "too_large");
    let head = app
        .request(Method::HEAD, &location)
        .bearer_auth(&ada.access_token);
    let head = head.send().await.unwrap();
    assert_eq!(head.headers()["upload-offset"], "4");
    assert_eq!(head.headers()["upload-length"], "10");
    assert_eq!(head.headers()["cache-control"], "no-store");
    ada.send(append(&ada, id, 4, b"456789")).await.expect(204);
    assert_eq!(ada.get(&path(id)).await.expect(200)["state"], "ready");

    let content = app
        .request(Method::GET, "/uploads/1/x.png")
        .bearer_auth(&ada.access_token);
    assert_eq!(
        content.send().await.unwrap().text().await.unwrap(),
        "0123456789"
    );
    ada.delete(&path(id)).await.expect(204);
    ada.get(&path(id)).await.refused(404, "not_found");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_tus_is_refused(pool: PgPool) {
    let app = App::start_with(pool, &["--upload-max-bytes=100"]).await;
    let group = app.group().await;
    let (ada, eve) = (&group.ada, &group.outsider);
    let old = ada
        .request(Method::POST, "/uploads")
        .header("Tus-Resumable", "0.2.2");
    ada.send(old.header("Upload-Length", 1))
        .await
        .refused(412, "invalid");
    let wordy = ada
        .request(Method::POST, "/uploads")
        .header("Tus-Resumable", "1.0.0");
    ada.send(wordy.header("Upload-Length", "many"))
        .await
        .refused(400, "invalid");
    ada.send(create(ada, 101, METADATA))
        .await
        .refused(413, "too_large");
    ada.send(create(ada, 1, "filename !"))
        .await
        .refused(422, "invalid");
    let key = |len| create(ada, len, METADATA).header("Idempotency-Key", "k");
    let upload = ada.send(key(100)).await.expect(201);
    assert_eq!(ada.send(key(100)).await.expect(200), upload);
    ada.send(key(99)).await.refused(409, "conflict");
    let id = &upload["id"];
    let json = append(ada, id, 0, b"{}").header("Content-Type", "application/json");
    assert_eq!(json.send().await.unwrap().status(), 415);
    eve.send(append(eve, id, 0, b"x"))
        .await
        .refused(404, "not_found");
    eve.get(&path(id)).await.refused(404, "not_found");
    eve.delete(&path(id)).await.refused(404, "not_found");
    app.nobody()
        .get(&path(id))
        .await
        .refused(401, "unauthenticated");
    let options = app
        .request(Method::OPTIONS, "/api/v1/uploads")
        .send()
        .await
        .unwrap();
    assert_eq!(options.headers()["tus-version"], "1.0.0");
    assert_eq!(options.headers()["tus-max-size"], "100");
}

#[sqlx::test(migrations = "../migrations")]
async fn members_get_the_content_and_nobody_else(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let upload = uploaded(&group.ada, METADATA, PNG).await;
    let message = sent(&group, &upload).await;
    let attachment = &message["attachments"][0];
    assert_eq!(attachment["url"], upload["url"]);
    assert_eq!(
        (&attachment["kind"], &attachment["size"]),
        (&json!("image"), &json!(PNG.len()))
    );
    let url = attachment["url"].as_str().unwrap();
    let get = |person: &Person| {
        app.request(Method::GET, url)
            .bearer_auth(&person.access_token)
    };

    let whole = get(&group.grace).send().await.unwrap();
    assert_eq!(whole.status(), 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-disposition", "inline; filename*=UTF-8''x%2Epng"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-cache"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(whole.headers()[name], value, "{name}");
    }
    let tag = whole.headers()["etag"].clone();
    assert_eq!(whole.bytes().await.unwrap(), PNG);
    let known = get(&group.grace)
        .header("If-None-Match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), 304);
    let part = get(&group.grace)
        .header("Range", "bytes=1-3")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(
        part.headers()["content-range"],
        format!("bytes 1-3/{}", PNG.len())
    );
    assert_eq!(part.bytes().await.unwrap(), "PNG");
    let after = get(&group.grace)
        .header("Range", "bytes=999-")
        .send()
        .await
        .unwrap();
    assert_eq!(after.status(), 416);

    assert_eq!(get(&group.outsider).send().await.unwrap().status(), 404);
    assert_eq!(
        app.request(Method::GET, url).send().await.unwrap().status(),
        401
    );
    group
        .grace
        .post_empty(&format!("{}/leave", group.path))
        .await
        .expect(204);
    assert_eq!(get(&group.grace).send().await.unwrap().status(), 404);
    let message = format!("/messages/{}", message["id"].as_str().unwrap());
    group.ada.delete(&message).await.expect(200);
    assert_eq!(get(&group.ada).send().await.unwrap().status(), 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_browser_would_run_is_saved_under_a_safe_name(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    // `../../\r\nevil".svg`, said to be a picture.
    let metadata = "filename Li4vLi4vDQpldmlsIi5zdmc=,filetype aW1hZ2Uvc3ZnK3htbA==";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let upload = uploaded(&ada, metadata, svg).await;
    assert_eq!(
        (&upload["name"], &upload["kind"]),
        (&json!("evil\".svg"), &json!("file"))
    );
    let url = upload["url"].as_str().unwrap();
    let content = app.request(Method::GET, url).bearer_auth(&ada.access_token);
    let content = content.send().await.unwrap();
    assert_eq!(
        content.headers()["content-type"],
        "application/octet-stream"
    );
    let saved = "attachment; filename*=UTF-8''evil%22%2Esvg";
    assert_eq!(content.headers()["content-disposition"], saved);
}
