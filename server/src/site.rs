//! The site's files: where they are, under which addresses browsers find them, and how long they may
//! cache them.
//!
//! The files of `pkg` import each other, so no name of one of them can have a hash of all that it leads
//! to. Their folder has it: a new version of any has new addresses for all, and a browser never mixes
//! two versions.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderValue, Request, Uri};
use leptos::config::LeptosOptions;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tower::util::MapRequest;
use tower_http::services::ServeDir;

/// For files whose addresses change with their content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For other files: a browser keeps them and asks each time whether they have changed.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// The folder of scripts, styles and WebAssembly.
const PKG: &str = "pkg";

/// Of a hash of 256 bits; 128 make 22 letters.
const VERSION_BYTES: usize = 16;

/// The options of Leptos for the pages. They do not depend on the working directory.
pub fn options(site_root: Option<&Path>) -> LeptosOptions {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let root = site_root.map_or_else(|| default_root(folder), Path::to_owned);
    let script = root.join(PKG).join("parlance.js");
    if !script.exists() {
        tracing::warn!(
            "{} is not there: pages come without their script. Beside the program there must be the \
             folder `site`",
            script.display()
        );
    }
    // `cargo leptos watch` changes the files of a running server.
    let version = match std::env::var_os("LEPTOS_WATCH") {
        Some(_) => None,
        None => version(&root.join(PKG)),
    };
    let pkg = version.map_or_else(|| PKG.to_owned(), |version| format!("{PKG}/{version}"));
    LeptosOptions::builder()
        .output_name("parlance")
        .site_root(root.to_string_lossy())
        .site_pkg_dir(pkg)
        .build()
}

/// A hash of the names and the content of all files of a folder and of those in it. `None` if one cannot be
/// read, or there are none.
fn version(folder: &Path) -> Option<String> {
    let mut files = Vec::new();
    add_files(folder, &mut files)?;
    if files.is_empty() {
        return None;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let name = file.strip_prefix(folder).ok()?;
        hash.update(name.as_os_str().as_encoded_bytes());
        hash.update(Sha256::digest(std::fs::read(file).ok()?));
    }
    Some(BASE64_URL_SAFE_NO_PAD.encode(&hash.finalize()[..VERSION_BYTES]))
}

fn add_files(folder: &Path, files: &mut Vec<PathBuf>) -> Option<()> {
    for entry in std::fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        if entry.file_type().ok()?.is_dir() {
            add_files(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Some(())
}

/// `site` beside the program, or beside the program's folder, as in `target`.
fn default_root(folder: &Path) -> PathBuf {
    let near = folder.join("site");
    if near.is_dir() {
        return near;
    }
    folder.parent().unwrap_or(folder).join("site")
}

/// Serves the files, with their compressed variants; other paths go to the fallback.
pub fn files<F, B>(
    options: &LeptosOptions,
    fallback: F,
) -> MapRequest<ServeDir<F>, impl FnMut(Request<B>) -> Request<B> + Clone + use<F, B>> {
    let files = ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(fallback);
    let versioned = format!("/{}/", options.site_pkg_dir);
    MapRequest::new(files, move |mut request: Request<B>| {
        if let Some(uri) = unversioned(request.uri(), &versioned) {
            *request.uri_mut() = uri;
        }
        request
    })
}

/// The address of a file in `pkg` without the version.
fn unversioned(uri: &Uri, versioned: &str) -> Option<Uri> {
    let name = uri.path().strip_prefix(versioned)?;
    format!("/{PKG}/{name}").parse().ok()
}

/// The `Cache-Control` of the file at this path.
pub fn cache_control(options: &LeptosOptions, path: &str) -> HeaderValue {
    let is_versioned = &*options.site_pkg_dir != PKG;
    let in_pkg = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(&*options.site_pkg_dir));
    let in_pkg = in_pkg.is_some_and(|name| name.starts_with('/'));
    if path.starts_with("/vendor/") || is_versioned && in_pkg {
        IMMUTABLE
    } else {
        REVALIDATE
    }
}

#[cfg(test)]
mod tests {
    use super::{IMMUTABLE, PKG, REVALIDATE, cache_control, unversioned, version};
    use leptos::config::LeptosOptions;
    use std::collections::HashSet;

    #[test]
    fn any_change_of_any_file_is_another_version() {
        let root = std::env::temp_dir().join(format!("parlance-site-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        assert_eq!(version(&root), None, "an empty folder");
        let write = |name: &str, content: &str| std::fs::write(root.join(name), content).unwrap();
        write("parlance.js", "1");
        write("chunk.wasm", "1");
        let first = version(&root).unwrap();
        assert_eq!(version(&root).as_ref(), Some(&first));
        write("chunk.wasm", "2");
        let second = version(&root).unwrap();
        std::fs::rename(root.join("chunk.wasm"), root.join("other.wasm")).unwrap();
        let third = version(&root).unwrap();
        std::fs::create_dir(root.join("snippets")).unwrap();
        write("snippets/socket.js", "1");
        let fourth = version(&root).unwrap();
        write("snippets/socket.js", "2");
        let fifth = version(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        let versions = HashSet::from([first, second, third, fourth, fifth]);
        assert_eq!(versions.len(), 5);
        assert_eq!(version(&root), None, "no folder");
    }

    #[test]
    fn a_file_is_found_under_its_version_and_under_no_other() {
        let of = |path: &str| unversioned(&path.parse().unwrap(), "/pkg/v1/");
        assert_eq!(of("/pkg/v1/a.js").unwrap(), "/pkg/a.js");
        for other in ["/pkg/v2/a.js", "/pkg/a.js", "/pkg/v1", "/c/1"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn only_versioned_addresses_are_immutable() {
        let options = |pkg: &str| {
            let options = LeptosOptions::builder().output_name("parlance");
            options.site_pkg_dir(pkg.to_owned()).build()
        };
        let (versioned, plain) = (options("pkg/v1"), options(PKG));
        assert_eq!(
            cache_control(&versioned, "/pkg/v1/parlance.wasm"),
            IMMUTABLE
        );
        for path in [
            "/pkg/parlance.wasm",
            "/pkg/v2/parlance.wasm",
            "/favicon.svg",
        ] {
            assert_eq!(cache_control(&versioned, path), REVALIDATE, "{path}");
            assert_eq!(cache_control(&plain, path), REVALIDATE, "{path}");
        }
        let vendor = "/vendor/socket.io-4.8.1.min.js";
        assert_eq!(cache_control(&plain, vendor), IMMUTABLE);
    }
}
