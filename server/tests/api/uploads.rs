//! Files over the API: tus, and their content.

use crate::common::{Answer, App, Group, Person};
use reqwest::{Method, RequestBuilder, header::HeaderValue};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt, net::TcpStream};

const BYTES: &str = "application/offset+octet-stream";

/// Two pixels beside each other.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\0\0\0\0\xd1I V\
    \0\0\0\x0bIDATx\xdacph\0\0\x01\x03\0\xc1G\x85\x97\x1d\0\0\0\0IEND\xaeB`\x82";

/// `Upload-Metadata` of a file called `x.png`, said to be a picture.
pub const METADATA: &str = "filename eC5wbmc=,filetype aW1hZ2UvcG5n";

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
pub async fn uploaded(person: &Person, metadata: &str, bytes: &[u8]) -> Value {
    let request = create(person, bytes.len(), metadata);
    let request = request.header("Content-Type", BYTES).body(bytes.to_vec());
    let upload = person.send(request).await.expect(201);
    assert_eq!(upload["state"], "ready");
    upload
}

pub async fn sent(group: &Group, upload: &Value) -> Value {
    let message = json!({ "body": "", "attachmentIds": [upload["id"]] });
    let path = format!("{}/messages", group.path);
    group.ada.post(&path, message).await.expect(201)
}

/// A tenth of a second of silence.
fn wave() -> Vec<u8> {
    let mut bytes =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
            .to_vec();
    bytes.extend(800_u32.to_le_bytes());
    bytes.extend([128; 800]);
    bytes
}

#[sqlx::test(migrations = "../migrations")]
async fn a_voice_message_is_said_in_the_metadata(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let (ada, wave) = (&group.ada, wave());
    // 12500 milliseconds; three amplitudes.
    let upload = uploaded(
        ada,
        "filename bi53YXY=,duration MTI1MDA=,waveform AAj/",
        &wave,
    )
    .await;
    assert_eq!(
        (&upload["waveform"], &upload["duration"]),
        (&json!("AAj/"), &json!(100))
    );
    let message = sent(&group, &upload).await;
    assert_eq!(message["preview"], "Voice message (0:00)");
    let attachment = &message["attachments"][0];
    assert_eq!(attachment["kind"], "audio");
    assert_eq!(
        (&attachment["waveform"], &attachment["duration"]),
        (&json!("AAj/"), &json!(100))
    );

    for metadata in [
        "waveform AAj/",
        "waveform AAj/,duration LTE=",
        "waveform ,duration MTI1MDA=",
    ] {
        let refusal = ada.send(create(ada, wave.len(), metadata)).await;
        refusal.refused(422, "invalid");
    }
    let plain = uploaded(ada, "filename bi53YXY=,duration MTI1MDA=", &wave).await;
    assert_eq!(
        (&plain["waveform"], &plain["duration"]),
        (&Value::Null, &json!(100))
    );
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
    let signed = ada
        .request(Method::POST, "/uploads")
        .header("Tus-Resumable", "1.0.0");
    ada.send(signed.header("Upload-Length", "+5"))
        .await
        .refused(400, "invalid");
    for unknown in ["Upload-Defer-Length", "Upload-Concat", "Upload-Checksum"] {
        let refusal = ada
            .send(create(ada, 1, METADATA).header(unknown, "1"))
            .await;
        let refusal = refusal.refused(400, "invalid");
        assert_eq!(refusal["errors"][0]["field"], unknown.to_lowercase());
    }
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
    let signed = ada
        .request(Method::PATCH, &path(id))
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", "+0")
        .header("Content-Type", BYTES)
        .body("x");
    ada.send(signed).await.refused(400, "invalid");
    let json = ada
        .request(Method::PATCH, &path(id))
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", 0)
        .json(&json!({}));
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
    // The last bytes; several ranges; none that is there; of this and of another state of the file.
    let ranged = async |range: &str, state: Option<&HeaderValue>| {
        let mut request = get(&group.grace).header("Range", range);
        if let Some(state) = state {
            request = request.header("If-Range", state);
        }
        let part = request.send().await.unwrap();
        let answer = (
            part.status().as_u16(),
            part.headers().get("content-range").cloned(),
        );
        let (status, range) = answer;
        let range = range.map(|it| it.to_str().unwrap().to_owned());
        (status, range, part.bytes().await.unwrap())
    };
    let len = PNG.len();
    let last = PNG.get(len - 4..).unwrap();
    let (status, range, bytes) = ranged("bytes=-4", None).await;
    assert_eq!((status, &bytes[..]), (206, last));
    assert_eq!(range, Some(format!("bytes {}-{}/{len}", len - 4, len - 1)));
    assert_eq!(ranged("bytes=-4", Some(&tag)).await.0, 206);
    for (range, state) in [
        ("bytes=0-1,3-4", None),
        ("bytes=-4", Some(&HeaderValue::from_static("\"other\""))),
    ] {
        let (status, range, bytes) = ranged(range, state).await;
        assert_eq!((status, range, &bytes[..]), (200, None, PNG));
    }
    let (status, range, _) = ranged("bytes=999-", None).await;
    assert_eq!((status, range), (416, Some(format!("bytes */{len}"))));
    let head = app
        .request(Method::HEAD, url)
        .bearer_auth(&group.grace.access_token);
    let head = head.send().await.unwrap();
    assert_eq!(head.headers()["content-length"], len.to_string());

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

#[sqlx::test(migrations = "../migrations")]
async fn what_is_two_things_at_once_runs_nowhere(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let gif_and_script = [
        b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0".to_vec(),
        b"!\xfe\x0d=1;alert(1)//\0;<script>alert(1)</script>".to_vec(),
    ];
    let html = b"<!doctype html><script>alert(1)</script>";
    let saved = ("application/octet-stream", "attachment");
    for (bytes, (content_type, disposition)) in [
        (gif_and_script.concat(), ("image/gif", "inline")),
        (b"GIF89a/*....*/=1;alert(1)//".to_vec(), saved),
        ([PNG, html].concat(), ("image/png", "inline")),
        ([b"\xff\xd8\xff\xe0\0\x10JFIF", &html[..]].concat(), saved),
        (html.to_vec(), saved),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
            saved,
        ),
        (
            [b"%PDF-1.4 ", &html[..]].concat(),
            ("application/pdf", "attachment"),
        ),
        (
            [b"\xff\xfb\x90\0", &html[..]].concat(),
            ("audio/mpeg", "inline"),
        ),
    ] {
        let upload = uploaded(&ada, METADATA, &bytes).await;
        let url = upload["url"].as_str().unwrap();
        let content = app.request(Method::GET, url).bearer_auth(&ada.access_token);
        let content = content.send().await.unwrap();
        let what = bytes.escape_ascii();
        for (name, value) in [
            ("content-type", content_type),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(content.headers()[name], value, "{what}");
        }
        let how = content.headers()["content-disposition"].to_str().unwrap();
        assert!(how.starts_with(disposition), "{what}: {how}");
        if content_type.starts_with("image/") {
            let kept = content.bytes().await.unwrap();
            let alert = kept.windows(5).any(|it| it == b"alert");
            assert!(!alert, "{what}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn many_uploads_at_once_do_not_mix(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200_u32 {
        let ada = ada.clone();
        running.spawn(async move {
            let bytes = number.to_le_bytes().repeat(500);
            let upload = uploaded(&ada, METADATA, &bytes).await;
            let url = upload["url"].as_str().unwrap();
            let content = ada.app.request(Method::GET, url);
            let content = content.bearer_auth(&ada.access_token).send().await;
            assert!(content.unwrap().bytes().await.unwrap() == bytes, "{number}");
        });
    }
    assert_eq!(running.join_all().await.len(), 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_that_is_cut_costs_one_piece(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let bytes: Vec<u8> = (0..900_000_u32).flat_map(u32::to_le_bytes).collect();
    let upload = ada
        .send(create(&ada, bytes.len(), METADATA))
        .await
        .expect(201);
    let id = &upload["id"];
    let address = app.base().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH /api/v1{} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
        Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: {BYTES}\r\n\
        Content-Length: {}\r\n\r\n",
        path(id),
        ada.access_token,
        bytes.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&bytes[..2_500_000]).await.unwrap();
    let offset = async || {
        let upload = ada.get(&path(id)).await.expect(200);
        usize::try_from(upload["offset"].as_i64().unwrap()).unwrap()
    };
    while offset().await < 2 * 1024 * 1024 {
        tokio::task::yield_now().await;
    }
    drop(connection);
    // Where it goes on is known when the request has ended.
    let ready = loop {
        let at = offset().await;
        let answer = ada.send(append(&ada, id, at, &bytes[at..])).await;
        if answer.status == 204 {
            break ada.get(&path(id)).await.expect(200);
        }
        answer.refused(409, "conflict");
    };
    assert_eq!(ready["state"], "ready");
    let content = app.request(Method::GET, ready["url"].as_str().unwrap());
    let content = content.bearer_auth(&ada.access_token).send().await.unwrap();
    assert!(content.bytes().await.unwrap() == bytes, "the same bytes");
}

#[sqlx::test(migrations = "../migrations")]
async fn members_list_the_files_of_a_conversation(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let picture = uploaded(&group.ada, METADATA, PNG).await;
    let message = sent(&group, &picture).await;
    let plan = uploaded(&group.ada, "filename cGxhbi50eHQ=", b"plan").await;
    sent(&group, &plan).await;
    let files = format!("{}/files", group.path);
    let names = async |query: &str| -> Vec<Value> {
        let listed = group.grace.get(&format!("{files}{query}")).await.items();
        listed.iter().map(|it| it["name"].clone()).collect()
    };
    assert_eq!(names("").await, ["plan.txt", "x.png"]);
    assert_eq!(names("?search=PLAN").await, ["plan.txt"]);
    let pictures = group
        .grace
        .get(&format!("{files}?kind=image"))
        .await
        .items();
    let listed = &pictures[0];
    assert_eq!(listed["messageId"], message["id"]);
    assert_eq!(listed["sender"], message["sender"]);
    for (field, value) in message["attachments"][0].as_object().unwrap() {
        assert_eq!(&listed[field], value, "{field}");
    }
    assert_eq!(
        (&listed["width"], &listed["height"]),
        (&json!(2), &json!(1))
    );
    group.outsider.get(&files).await.refused(404, "not_found");
}
