//! The site's files: where they are, and how long a browser may keep them.

use http::HeaderValue;
use leptos::config::LeptosOptions;
use std::path::{Path, PathBuf};
use tower_http::services::ServeDir;

/// Their names change with their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, and asked for again each time.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// What the pages must know of their own files, wherever the program was started.
pub fn options(site_root: Option<&Path>) -> LeptosOptions {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let root = site_root.map_or_else(|| beside(folder), Path::to_owned);
    LeptosOptions::builder()
        .output_name("parlance")
        .site_root(root.to_string_lossy())
        // Leptos, too, looks for it beside the program.
        .hash_files(folder.join("hash.txt").exists())
        .build()
}

/// `site` beside the program, or beside its folder as in `target`.
fn beside(folder: &Path) -> PathBuf {
    let near = folder.join("site");
    if near.is_dir() {
        return near;
    }
    folder.parent().unwrap_or(folder).join("site")
}

/// One of the files, compressed beforehand, or the answer of the given service.
pub fn files<F>(options: &LeptosOptions, missing: F) -> ServeDir<F> {
    ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(missing)
}

/// How long a browser may keep the file at this path.
pub fn cache_control(options: &LeptosOptions, path: &str) -> HeaderValue {
    let versioned = path.starts_with("/vendor/") || options.hash_files && path.starts_with("/pkg/");
    if versioned { FOR_EVER } else { REVALIDATE }
}

#[cfg(test)]
mod tests {
    use super::{FOR_EVER, REVALIDATE, cache_control};
    use leptos::config::LeptosOptions;

    #[test]
    fn only_versioned_names_are_kept_for_ever() {
        let hashed = LeptosOptions::builder()
            .output_name("parlance")
            .hash_files(true)
            .build();
        let plain = LeptosOptions::builder().output_name("parlance").build();
        assert_eq!(cache_control(&hashed, "/pkg/parlance.abc.wasm"), FOR_EVER);
        assert_eq!(cache_control(&plain, "/pkg/parlance.wasm"), REVALIDATE);
        assert_eq!(
            cache_control(&plain, "/vendor/socket.io-4.8.1.min.js"),
            FOR_EVER
        );
        assert_eq!(cache_control(&hashed, "/favicon.svg"), REVALIDATE);
    }
}
