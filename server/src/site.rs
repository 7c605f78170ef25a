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
    // Leptos looks for this file beside the program, too.
    let has_hashes = folder.join("hash.txt").exists();
    if let Some(missing) = missing_file(&root, has_hashes) {
        tracing::warn!(
            "{} is not there: pages come without their script. Beside the program there must be the \
             folder `site` and, if the names of its files have hashes, `hash.txt`",
            missing.display()
        );
    }
    LeptosOptions::builder()
        .output_name("parlance")
        .site_root(root.to_string_lossy())
        .hash_files(has_hashes)
        .build()
}

/// What of the page's script is missing, as far as its name is known without reading `hash.txt`.
fn missing_file(root: &Path, has_hashes: bool) -> Option<PathBuf> {
    let scripts = root.join("pkg");
    let wanted = if has_hashes {
        scripts
    } else {
        scripts.join("parlance.js")
    };
    (!wanted.exists()).then_some(wanted)
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
    use super::{IMMUTABLE, REVALIDATE, cache_control, missing_file};
    use leptos::config::LeptosOptions;

    #[test]
    fn a_program_without_its_hashes_misses_the_script() {
        let root = std::env::temp_dir().join(format!("parlance-site-{}", std::process::id()));
        std::fs::create_dir_all(root.join("pkg")).unwrap();
        std::fs::write(root.join("pkg/parlance.abc.js"), "").unwrap();
        let with_hashes = missing_file(&root, true);
        let without = missing_file(&root, false);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(with_hashes, None);
        assert_eq!(without, Some(root.join("pkg/parlance.js")));
        assert_eq!(missing_file(&root, true), Some(root.join("pkg")));
    }

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
