//! The site's files: where they are, and how long browsers may cache them.

use http::HeaderValue;
use leptos::config::LeptosOptions;
use std::path::{Path, PathBuf};
use tower_http::services::ServeDir;

/// For files whose names change with their content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For other files: a browser keeps them and asks each time whether they have changed.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// The options of Leptos for the pages. They do not depend on the working directory.
pub fn options(site_root: Option<&Path>) -> LeptosOptions {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let root = site_root.map_or_else(|| default_root(folder), Path::to_owned);
    LeptosOptions::builder()
        .output_name("parlance")
        .site_root(root.to_string_lossy())
        // Leptos looks for this file beside the program, too.
        .hash_files(folder.join("hash.txt").exists())
        .build()
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
pub fn files<F>(options: &LeptosOptions, fallback: F) -> ServeDir<F> {
    ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(fallback)
}

/// The `Cache-Control` of the file at this path.
pub fn cache_control(options: &LeptosOptions, path: &str) -> HeaderValue {
    let versioned = path.starts_with("/vendor/") || options.hash_files && path.starts_with("/pkg/");
    if versioned { IMMUTABLE } else { REVALIDATE }
}

#[cfg(test)]
mod tests {
    use super::{IMMUTABLE, REVALIDATE, cache_control};
    use leptos::config::LeptosOptions;

    #[test]
    fn only_versioned_names_are_immutable() {
        let hashed = LeptosOptions::builder()
            .output_name("parlance")
            .hash_files(true)
            .build();
        let plain = LeptosOptions::builder().output_name("parlance").build();
        assert_eq!(cache_control(&hashed, "/pkg/parlance.abc.wasm"), IMMUTABLE);
        assert_eq!(cache_control(&plain, "/pkg/parlance.wasm"), REVALIDATE);
        assert_eq!(
            cache_control(&plain, "/vendor/socket.io-4.8.1.min.js"),
            IMMUTABLE
        );
        assert_eq!(cache_control(&hashed, "/favicon.svg"), REVALIDATE);
    }
}
