//! Bodies that were rendered a moment ago. Rendering is a function of the body and of those whom it mentions,
//! so nothing has to be told when either changes: it has another key.

use super::{
    entities::{Rendered, render},
    mentions::Mentioned,
};
use moka::sync::Cache;
use std::{
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{Arc, LazyLock},
};

/// Bytes of a body from which on it is kept. What is shorter is rendered anew: 100 bytes with Markdown took 6
/// microseconds in a release build.
const MIN_BODY: usize = 1000;

/// Bytes of HTML that are kept, of the bodies that are read most.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Two hashes with secrets of this process: nobody can write two bodies that have the same.
type Key = (u64, u64);

static CACHE: LazyLock<Cache<Key, Arc<Rendered>>> = LazyLock::new(|| {
    let bytes = |_: &Key, texts: &Arc<Rendered>| {
        let length = texts.html.as_ref().map_or(0, String::len) + 24 * texts.entities.len() + 256;
        u32::try_from(length).unwrap_or(u32::MAX)
    };
    Cache::builder()
        .weigher(bytes)
        .max_capacity(MAX_BYTES)
        .build()
});
static SECRETS: LazyLock<(RandomState, RandomState)> = LazyLock::new(Default::default);

/// The body as it is shown, with its mentions of these.
pub fn rendered(body: &str, mentioned: &[Mentioned]) -> Rendered {
    if body.len() < MIN_BODY {
        return render(body, mentioned);
    }
    let key = (
        hash(&SECRETS.0, body, mentioned),
        hash(&SECRETS.1, body, mentioned),
    );
    let texts = CACHE.get_with(key, || Arc::new(render(body, mentioned)));
    Rendered::clone(&texts)
}

fn hash(secret: &RandomState, body: &str, mentioned: &[Mentioned]) -> u64 {
    let mut hasher = secret.build_hasher();
    body.hash(&mut hasher);
    for it in mentioned {
        (it.whom, &it.word).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{Mentioned, rendered};
    use model::UserId;

    #[test]
    fn a_kept_text_is_that_of_its_body_and_its_mentions() {
        let kim = |id| Mentioned::user(UserId(id), "kim".to_owned());
        let body = format!("**@kim** {}", "x".repeat(2000));
        for _ in 0..2 {
            let html = |mentioned: &[Mentioned]| rendered(&body, mentioned).html.unwrap();
            assert!(html(&[kim(7)]).contains("data-user=\"7\""));
            assert!(html(&[kim(8)]).contains("data-user=\"8\""));
            assert!(!html(&[]).contains("data-user"));
        }
        let other = body.replace('x', "y");
        assert!(rendered(&other, &[]).html.unwrap().contains("yyy"));
    }
}
