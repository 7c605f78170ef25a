//! The files of the official client, beside every path of Engine.IO.

use crate::common::test_server::TestServer;
use reqwest::{Response, StatusCode, header::HeaderMap};
use sqlx::PgPool;
use std::path::PathBuf;

/// A site with the client's files, as `bin/setup` and the build leave them.
fn site() -> PathBuf {
    let site = std::env::temp_dir().join(format!("parlance-client-{}", std::process::id()));
    let folder = site.join("vendor/socket.io-client-4.8.4");
    std::fs::create_dir_all(&folder).unwrap();
    for name in [
        "socket.io",
        "socket.io.min",
        "socket.io.esm.min",
        "socket.io.msgpack.min",
    ] {
        for (end, text) in [
            ("js", name),
            ("js.map", "{}"),
            ("js.br", "br"),
            ("js.gz", "gz"),
        ] {
            std::fs::write(folder.join(format!("{name}.{end}")), text).unwrap();
        }
    }
    site
}

async fn get(url: &str, headers: &[(&'static str, &str)]) -> Response {
    let request = reqwest::Client::new().get(url);
    let headers = headers.iter();
    let request = headers.fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.send().await.unwrap()
}

fn assert_loadable(headers: &HeaderMap, url: &str) {
    assert_eq!(
        headers["cross-origin-resource-policy"], "cross-origin",
        "{url}"
    );
    assert_eq!(headers["cache-control"], "public, max-age=0", "{url}");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_door_has_the_client_for_pages_of_any_origin(pool: PgPool) {
    let site = site();
    let flag = format!("--site-root={}", site.display());
    let contracts = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
    let server = TestServer::start_with(pool, &[contracts, &flag]).await;
    let main = format!("http://{}", server.address);
    let mut paths = vec![format!("{main}/socket.io")];
    for (name, address) in &server.contracts {
        paths.push(format!("http://{address}/socket.io"));
        paths.push(format!("{main}/contracts/{name}/socket.io"));
    }
    paths.push(format!("http://{}/chat", server.contracts["rooms"]));
    for path in paths {
        for name in [
            "socket.io",
            "socket.io.min",
            "socket.io.esm.min",
            "socket.io.msgpack.min",
        ] {
            let url = format!("{path}/{name}.js");
            let foreign = [
                ("origin", "https://evil.example"),
                ("sec-fetch-site", "cross-site"),
            ];
            let answer = get(&url, &foreign).await;
            assert_eq!(answer.status(), StatusCode::OK, "{url}");
            let headers = answer.headers().clone();
            assert_loadable(&headers, &url);
            assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
            assert_eq!(headers["access-control-allow-origin"], "*");
            assert_eq!(headers.get("access-control-allow-credentials"), None);
            assert_eq!(answer.text().await.unwrap(), name, "{url}");

            let tag = headers["etag"].to_str().unwrap();
            let kept = get(&url, &[("if-none-match", tag)]).await;
            assert_eq!(kept.status(), StatusCode::NOT_MODIFIED, "{url}");
            assert_loadable(kept.headers(), &url);
            for (accepted, sent) in [("gzip", "gz"), ("br, gzip", "br")] {
                let packed = get(&url, &[("accept-encoding", accepted)]).await;
                assert!(packed.headers().contains_key("content-encoding"), "{url}");
                assert_eq!(packed.text().await.unwrap(), sent, "{url}");
            }
            let map = get(&format!("{url}.map"), &[]).await;
            assert_eq!(map.headers()["content-type"], "application/json", "{url}");
            assert_eq!(map.text().await.unwrap(), "{}", "{url}");
        }
        let missing = get(&format!("{path}/socket.io.css"), &[]).await;
        assert_ne!(missing.status(), StatusCode::OK, "{path}");
    }
    server.stop().await;
    std::fs::remove_dir_all(site).unwrap();
}
