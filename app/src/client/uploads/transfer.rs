//! What this page knows of the files that it uploads or waits for.

use super::{outgoing_file::OutgoingFile, page_lock::PageLock};
use js_sys::Function;
use leptos::prelude::{ArcTrigger, Notify, Track};
use std::cell::RefCell;
use wasm_bindgen::JsValue;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// For its turn, or for the network; so many bytes have arrived.
    Waiting(i64),
    /// So many bytes are on their way or have arrived.
    Running(i64),
    /// The id of the upload.
    Done(String),
    /// Why it is not taken.
    Refused(String),
}

/// The turn of a file among the pages of this browser.
pub enum Turn {
    None,
    /// By the number of the question: what was forgotten meanwhile has asked in vain.
    Asked(u32),
    Held(#[expect(dead_code, reason = "it is given back when it is dropped")] PageLock),
}

pub struct Transfer {
    /// With the id of its upload, once this page has heard of it.
    pub file: OutgoingFile,
    pub progress: Progress,
    pub turn: Turn,
    pub is_running: bool,
    /// Whether another device has the file, and this page waits for it.
    pub is_elsewhere: bool,
    /// Whether a message of the outbox has had its id.
    pub is_told: bool,
    /// The request that carries a piece.
    pub request: JsValue,
    /// The address of what is shown of a picture.
    pub preview: Option<String>,
}

#[derive(Default)]
pub struct Transfers {
    pub all: Vec<Transfer>,
    /// Those that wait before another attempt.
    pub sleeping: Vec<Function>,
}

thread_local! {
    pub static TRANSFERS: RefCell<Transfers> = RefCell::default();
    /// Notified with every change. It belongs to no part of the page, and lasts as long as the page.
    static CHANGED: ArcTrigger = ArcTrigger::new();
}

pub fn changed() {
    CHANGED.with(Notify::notify);
}

fn track() {
    CHANGED.with(Track::track);
}

pub fn with<T>(key: &str, read: impl FnOnce(&mut Transfer) -> T) -> Option<T> {
    TRANSFERS.with_borrow_mut(|transfers| {
        let transfer = transfers.all.iter_mut().find(|it| it.file.key == key)?;
        Some(read(transfer))
    })
}

pub fn set_progress(key: &str, progress: Progress) {
    let is_other = with(key, |transfer| {
        let is_other = transfer.progress != progress;
        transfer.progress = progress;
        is_other
    });
    if is_other == Some(true) {
        changed();
    }
}

/// How far a file is; `None` if it is none of this page. Subscribes.
pub fn progress_of(key: &str) -> Option<Progress> {
    track();
    with(key, |transfer| transfer.progress.clone())
}

/// The address of a picture: in this page, or on the server. `None` for a file that is none. Subscribes.
pub fn preview_of(key: &str) -> Option<String> {
    track();
    with(key, |transfer| transfer.preview.clone()).flatten()
}
