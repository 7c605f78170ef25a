//! The files that wait to be sent, in `IndexedDB`: a database for each user, an object for each file. What the browser
//! does not store, because it is full or denies it, lasts as long as the page.

use super::object::{call, get, global, result_of, set};
use crate::client::{ChatClient, browser};
use js_sys::{Array, Object};
use std::cell::RefCell;
use wasm_bindgen::{JsValue, closure::Closure};

const STORE: &str = "files";

/// A file, and the address of its upload.
#[derive(Clone)]
pub struct KeptFile {
    /// A `Blob`.
    pub blob: JsValue,
    /// Where the server takes it; `None` before it has been asked.
    pub address: Option<String>,
}

thread_local! {
    /// Of this page, by key.
    static OPEN: RefCell<Vec<(String, KeptFile)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a file in this page at once, and in the browser as soon as that has taken it.
pub fn keep(client: ChatClient, key: &str, file: KeptFile) {
    let entry = Object::new().into();
    set(&entry, "blob", &file.blob);
    set(&entry, "address", &file.address.as_deref().into());
    set(&entry, "at", &js_sys::Date::now().into());
    OPEN.with_borrow_mut(|open| {
        open.retain(|(other, _)| other != key);
        open.push((key.to_owned(), file));
    });
    let key = JsValue::from_str(key);
    browser::spawn(async move {
        if let Some(store) = store(client, "readwrite").await {
            result_of(call(&store, "put", &[entry, key])).await;
        }
    });
}

/// Of this page or of an earlier one.
pub async fn kept(client: ChatClient, key: &str) -> Option<KeptFile> {
    if let Some(file) = open(key) {
        return Some(file);
    }
    let store = store(client, "readonly").await?;
    let entry = result_of(call(&store, "get", &[key.into()])).await?;
    let file = KeptFile {
        blob: get(&entry, "blob"),
        address: get(&entry, "address").as_string(),
    };
    if !file.blob.is_object() {
        return None;
    }
    OPEN.with_borrow_mut(|open| open.push((key.to_owned(), file.clone())));
    Some(file)
}

/// The file, if this page has had it.
pub fn open(key: &str) -> Option<KeptFile> {
    OPEN.with_borrow(|open| {
        let (_, file) = open.iter().find(|(other, _)| other == key)?;
        Some(file.clone())
    })
}

/// An entry without a place is of a box that another tab is about to write, until it is so many milliseconds old.
const GRACE_MS: f64 = 60_000.0;

/// Removes the files that are not among these keys.
pub async fn retain(client: ChatClient, keys: &[String]) {
    OPEN.with_borrow_mut(|open| open.retain(|(key, _)| keys.contains(key)));
    let Some(files) = store(client, "readonly").await else {
        return;
    };
    let all = result_of(call(&files, "getAllKeys", &[]))
        .await
        .unwrap_or_default();
    let all = Array::from(&all);
    let all: Vec<_> = all.iter().filter_map(|key| key.as_string()).collect();
    for key in all.into_iter().filter(|key| !keys.contains(key)) {
        let Some(files) = store(client, "readonly").await else {
            return;
        };
        let entry = result_of(call(&files, "get", &[key.as_str().into()])).await;
        let at = entry
            .and_then(|entry| get(&entry, "at").as_f64())
            .unwrap_or_default();
        if at + GRACE_MS < js_sys::Date::now() {
            remove(client, &key).await;
        }
    }
}

pub async fn remove(client: ChatClient, key: &str) {
    OPEN.with_borrow_mut(|open| open.retain(|(other, _)| other != key));
    if let Some(store) = store(client, "readwrite").await {
        result_of(call(&store, "delete", &[key.into()])).await;
    }
}

async fn store(client: ChatClient, mode: &str) -> Option<JsValue> {
    let name = client.files_database();
    let request = call(&global("indexedDB"), "open", &[name.into(), 1.into()]).ok()?;
    let new = request.clone();
    let create = Closure::once_into_js(move || {
        let _ = call(&get(&new, "result"), "createObjectStore", &[STORE.into()]);
    });
    set(&request, "onupgradeneeded", &create);
    let database = result_of(Ok(request)).await?;
    let transaction = call(&database, "transaction", &[STORE.into(), mode.into()]).ok()?;
    // It stays open for what has begun.
    let _ = call(&database, "close", &[]);
    call(&transaction, "objectStore", &[STORE.into()]).ok()
}

/// An address under which this page shows a file, until `drop_preview`.
pub fn new_preview(blob: &JsValue) -> Option<String> {
    call(
        &global("URL"),
        "createObjectURL",
        std::slice::from_ref(blob),
    )
    .ok()?
    .as_string()
}

pub fn drop_preview(address: &str) {
    let _ = call(&global("URL"), "revokeObjectURL", &[address.into()]);
}

/// Part of a file. `None` if it cannot be read.
pub fn slice(blob: &JsValue, from: i64, to: i64) -> Option<JsValue> {
    // Sizes of files are below 2^53, exact in a float.
    #[allow(clippy::cast_precision_loss)]
    let offset = |at: i64| JsValue::from_f64(at as f64);
    call(blob, "slice", &[offset(from), offset(to)]).ok()
}
