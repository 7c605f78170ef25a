//! The uploads of this page: at most so many at once, each until all of it has arrived, it is refused or somebody
//! cancels it. What is lost on the way is asked for and sent again. The pages of a browser have their files in common:
//! each file has one turn among them, and the page that has it uploads the file.

use super::{
    kept_files::{self, KeptFile},
    object::{call, get, set},
    outgoing_file::{OutgoingFile, read_files},
    page_lock::page_lock,
    requests::{self, Trouble},
    transfer::{Progress, TRANSFERS, Transfer, Turn, changed, set_progress, with},
};
use crate::client::{ChatClient, backoff, browser};
use js_sys::Promise;
use leptos::prelude::window;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Uploads that run at once. A browser has six connections to a server without HTTP/2.
const MAX_RUNNING: usize = 3;
/// Bytes of a piece. What is lost with a connection is at most one, and less where the server keeps what came of it.
const PIECE_BYTES: i64 = 4 << 20;

/// Milliseconds before the server is asked again whether it has looked at a file; as many more each time.
const READY_DELAY_MS: u32 = 200;

/// Looks for a file that the browser does not have yet, some 2 seconds in all.
const MAX_LOOKS: u32 = 3;

thread_local! {
    /// Questions for a turn.
    static QUESTIONS: Cell<u32> = const { Cell::new(0) };
}

/// Begins the upload of a file, a `Blob`.
pub fn upload(client: ChatClient, file: &OutgoingFile, blob: JsValue) {
    kept_files::keep(
        client,
        &file.key,
        KeptFile {
            blob,
            address: None,
        },
    );
    begin(client, file);
}

/// Uploads a file that the browser has, unless that has begun.
fn begin(client: ChatClient, file: &OutgoingFile) {
    if with(&file.key, |_| ()).is_none() {
        TRANSFERS.with_borrow_mut(|transfers| {
            transfers.all.push(Transfer {
                file: file.clone(),
                progress: Progress::Waiting(0),
                turn: Turn::None,
                is_running: false,
                is_elsewhere: false,
                is_told: false,
                request: JsValue::UNDEFINED,
                preview: Some(file.preview.clone()).filter(|it| !it.is_empty()),
            });
        });
        changed();
    }
    ask_for_turn(client, &file.key);
}

/// Runs a file that waits, as soon as no other page of this browser does.
fn ask_for_turn(client: ChatClient, key: &str) {
    let number = QUESTIONS.get().wrapping_add(1);
    QUESTIONS.set(number);
    let asks = with(key, |it| {
        let is_due = !it.is_running && matches!(it.progress, Progress::Waiting(_));
        let asks = is_due && matches!(it.turn, Turn::None);
        if asks {
            it.turn = Turn::Asked(number);
        }
        asks
    });
    if asks != Some(true) {
        return run_next(client);
    }
    let key = key.to_owned();
    let name = format!("{}:{key}", client.files_database());
    browser::spawn(async move {
        await_bytes(client, &key).await;
        let lock = page_lock(&name).await;
        with(&key, |it| {
            if matches!(it.turn, Turn::Asked(asked) if asked == number) {
                it.turn = Turn::Held(lock);
            }
        });
        run_next(client);
    });
}

/// Waits until the browser has stored a file that another page has just chosen, for some seconds at most: this page hears
/// of it before, and the other one shall have the turn. Does not wait for a file that is uploaded from another device.
async fn await_bytes(client: ChatClient, key: &str) {
    for looks in 0..MAX_LOOKS {
        let is_new = with(key, |it| it.file.id.is_empty()) == Some(true);
        if !is_new || kept_files::kept(client, key).await.is_some() {
            return;
        }
        sleep(looks, 0).await;
    }
}

/// The tray that has a file and its upload have the same id, whichever of them has heard of it first.
pub fn share_id(client: ChatClient, file: &OutgoingFile) {
    let known = with(&file.key, |it| {
        if it.file.id.is_empty() {
            it.file.id.clone_from(&file.id);
        }
        it.file.id.clone()
    });
    if let Some(id) = known.filter(|id| file.id.is_empty() && !id.is_empty()) {
        client.note_upload(&file.key, &id);
    }
}

/// Tries a file again that was refused.
pub fn retry_upload(client: ChatClient, file: &OutgoingFile) {
    with(&file.key, |transfer| {
        transfer.is_told = false;
        transfer.is_elsewhere = false;
    });
    set_progress(&file.key, Progress::Waiting(0));
    begin(client, file);
}

/// Ends an upload and forgets its file, on the server as well.
pub fn cancel_upload(client: ChatClient, file: &OutgoingFile) {
    let key = file.key.clone();
    let known = Some(&file.id).filter(|id| !id.is_empty());
    let known = known.map(|id| requests::address_of(id));
    forget(&key);
    browser::spawn(async move {
        let kept = kept_files::kept(client, &key).await;
        kept_files::remove(client, &key).await;
        if let Some(address) = kept.and_then(|kept| kept.address).or(known) {
            requests::drop_upload(&address).await;
        }
    });
}

/// The page knows nothing of a file any more.
fn forget(key: &str) {
    let gone = TRANSFERS.with_borrow_mut(|transfers| {
        let at = transfers.all.iter().position(|it| it.file.key == key)?;
        Some(transfers.all.remove(at))
    });
    if let Some(gone) = gone {
        if gone.request.is_object() {
            let _ = call(&gone.request, "abort", &[]);
        }
        if let Some(preview) = gone.preview {
            kept_files::drop_preview(&preview);
        }
        changed();
    }
}

/// Uploads what the outbox and the trays wait for, tells the outbox what has happened, and forgets all other files.
pub fn tend(client: ChatClient) {
    let sleeping = TRANSFERS.with_borrow_mut(|transfers| std::mem::take(&mut transfers.sleeping));
    for wake in sleeping {
        let _ = wake.call0(&JsValue::UNDEFINED);
    }
    let unsent: Vec<_> = client.store.with_untracked(|store| {
        let waiting = store.outbox().waiting_for_files();
        waiting.flat_map(|it| read_files(&it.files)).collect()
    });
    let wanted = wanted(client);
    for file in &unsent {
        match with(&file.key, |it| (it.progress.clone(), it.is_told)) {
            Some((Progress::Done(_), false)) => {}
            // The message was refused with it, or it was itself: the server is asked what it has of it.
            Some((Progress::Done(_) | Progress::Refused(_), _)) => retry_upload(client, file),
            _ => begin(client, file),
        }
    }
    tell_outbox(client);
    let known = TRANSFERS.with_borrow(|it| {
        it.all
            .iter()
            .map(|it| it.file.key.clone())
            .collect::<Vec<_>>()
    });
    for key in known.iter().filter(|key| !wanted.contains(key)) {
        forget(key);
    }
    browser::spawn(async move { kept_files::retain(client, &wanted).await });
}

/// The files in the trays and outboxes of all pages of this browser.
fn wanted(client: ChatClient) -> Vec<String> {
    let mut texts: Vec<String> = client
        .store
        .with_untracked(|store| store.outbox().iter().map(|it| it.files.clone()).collect());
    texts.extend(client.stored_outbox().map(|it| it.files));
    texts.extend(client.trays().into_iter().map(|(_, text)| text));
    let files = texts.iter().flat_map(|text| read_files(text));
    files.map(|file| file.key).collect()
}

/// Lets those messages go whose files have all arrived, and fail of which one was refused.
fn tell_outbox(client: ChatClient) {
    let waiting: Vec<_> = client.store.with_untracked(|store| {
        let waiting = store.outbox().waiting_for_files();
        waiting
            .map(|it| (it.client_id.clone(), read_files(&it.files)))
            .collect()
    });
    let mut is_due = false;
    for (client_id, files) in waiting {
        let mut ids = Vec::new();
        for file in &files {
            match with(&file.key, |it| (it.progress.clone(), it.is_told)) {
                Some((Progress::Done(id), _)) => ids.push(id),
                // Otherwise it is about to be tried again.
                Some((Progress::Refused(detail), false)) => {
                    with(&file.key, |transfer| transfer.is_told = true);
                    client
                        .store
                        .update(|store| store.outbox_mut().file_refused(&client_id, detail));
                }
                _ => {}
            }
        }
        if ids.len() == files.len() {
            for file in &files {
                with(&file.key, |transfer| transfer.is_told = true);
            }
            client
                .store
                .update(|store| store.outbox_mut().files_uploaded(&client_id, ids.join(",")));
            is_due = true;
        }
    }
    if is_due {
        client.flush_outbox();
    }
}

fn run_next(client: ChatClient) {
    let next = TRANSFERS.with_borrow_mut(|transfers| {
        let uploads = |it: &&Transfer| it.is_running && !it.is_elsewhere;
        let running = transfers.all.iter().filter(uploads).count();
        if running >= MAX_RUNNING {
            return None;
        }
        let is_due = |it: &&mut Transfer| {
            let waits = matches!(it.progress, Progress::Waiting(_));
            waits && !it.is_running && matches!(it.turn, Turn::Held(_))
        };
        let next = transfers.all.iter_mut().find(is_due)?;
        next.is_running = true;
        Some(next.file.clone())
    });
    let Some(file) = next else {
        return;
    };
    browser::spawn(async move {
        let outcome = run(client, &file).await;
        let key = &file.key;
        with(key, |transfer| {
            transfer.is_running = false;
            transfer.turn = Turn::None;
        });
        match outcome {
            Some(Ok(id)) => set_progress(key, Progress::Done(id)),
            Some(Err(detail)) => set_progress(key, Progress::Refused(detail)),
            None => {}
        }
        tell_outbox(client);
        run_next(client);
    });
    run_next(client);
}

/// `None` for a file that was removed in another page: this one forgets it as well.
fn require_wanted(client: ChatClient, key: &str) -> Option<()> {
    let is_wanted = wanted(client).iter().any(|it| it == key);
    if !is_wanted {
        forget(key);
    }
    is_wanted.then_some(())
}

const LOST: &str = "This browser does not have the file any more.";
const GONE: &str = "The file was removed on another device.";

/// The id of the upload, or why the server does not take it. `None` if it was cancelled.
async fn run(client: ChatClient, file: &OutgoingFile) -> Option<Result<String, String>> {
    let key = &file.key;
    require_wanted(client, key)?;
    let Some(mut kept) = kept_files::kept(client, key).await else {
        if file.id.is_empty() {
            return with(key, |_| Err(LOST.to_owned()));
        }
        with(key, |transfer| {
            transfer.is_elsewhere = true;
            transfer.turn = Turn::None;
        })?;
        run_next(client);
        return wait_elsewhere(file).await;
    };
    let preview = is_picture(&file.content_type)
        .then(|| kept_files::new_preview(&kept.blob))
        .flatten();
    with(key, |transfer| {
        transfer.preview = transfer.preview.take().or(preview);
    })?;
    changed();
    let mut failures = 0;
    loop {
        require_wanted(client, key)?;
        let outcome = attempt(client, file, &mut kept, &mut failures).await;
        // It may have been cancelled meanwhile.
        let sent = with(key, |transfer| match transfer.progress {
            Progress::Waiting(sent) | Progress::Running(sent) => sent,
            Progress::Done(_) | Progress::Refused(_) => 0,
        })?;
        match outcome {
            Ok(id) => return Some(Ok(id)),
            Err(Trouble::Refused(detail)) => return Some(Err(detail)),
            Err(Trouble::Gone) => {
                kept.address = None;
                kept_files::keep(client, key, kept.clone());
            }
            Err(Trouble::OutOfStep) => {}
            Err(Trouble::Later(seconds)) => {
                failures += 1;
                set_progress(key, Progress::Waiting(sent));
                sleep(failures, seconds).await;
                continue;
            }
        }
        // The server may find the next attempt wanting as well.
        failures += 1;
        sleep(failures, 0).await;
    }
}

/// Waits until another device has uploaded a file, and shows its picture then: this page may have heard of the upload when
/// it had no bytes. As `run`.
async fn wait_elsewhere(file: &OutgoingFile) -> Option<Result<String, String>> {
    let address = requests::address_of(&file.id);
    let mut questions = 0;
    loop {
        let seconds = match requests::ready_upload(&address).await {
            Ok(Some(upload)) => {
                let preview = Some(OutgoingFile::of(&upload).preview);
                with(&file.key, |transfer| {
                    transfer.preview = preview.filter(|it| !it.is_empty());
                })?;
                return Some(Ok(file.id.clone()));
            }
            Ok(None) | Err(Trouble::OutOfStep) => 0,
            Err(Trouble::Later(seconds)) => seconds,
            Err(Trouble::Gone) => return Some(Err(GONE.to_owned())),
            Err(Trouble::Refused(detail)) => return Some(Err(detail)),
        };
        questions += 1;
        sleep(questions, seconds).await;
        with(&file.key, |_| ())?;
    }
}

/// Goes on where the upload is. A piece that has arrived clears the count of failures.
async fn attempt(
    client: ChatClient,
    file: &OutgoingFile,
    kept: &mut KeptFile,
    failures: &mut u32,
) -> Result<String, Trouble> {
    let (address, mut offset) = if let Some(address) = &kept.address {
        (address.clone(), requests::offset(address).await?)
    } else {
        let address = requests::create(file).await?;
        kept.address = Some(address.clone());
        kept_files::keep(client, &file.key, kept.clone());
        (address, 0)
    };
    let id = requests::id_of(&address);
    with(&file.key, |transfer| transfer.file.id.clone_from(&id));
    client.note_upload(&file.key, &id);
    while offset < file.size {
        set_progress(&file.key, Progress::Running(offset));
        let end = file.size.min(offset + PIECE_BYTES);
        let lost = || Trouble::Refused(LOST.to_owned());
        let piece = kept_files::slice(&kept.blob, offset, end).ok_or_else(lost)?;
        let request = requests::new_piece(&address, offset).ok_or(Trouble::Later(0))?;
        let is_wanted = with(&file.key, |transfer| transfer.request = request.clone()).is_some();
        if !is_wanted {
            return Err(Trouble::Gone);
        }
        // Held until the request has ended.
        let _listener = report_progress(&request, file.key.clone(), offset);
        offset = requests::send_piece(request, &piece).await?;
        *failures = 0;
    }
    let mut questions = 0;
    while requests::ready_upload(&address).await?.is_none() {
        questions += 1;
        browser::sleep(READY_DELAY_MS * questions).await;
        with(&file.key, |_| ()).ok_or(Trouble::Gone)?;
    }
    Ok(id)
}

/// Shows how much of a piece is on its way.
fn report_progress(request: &JsValue, key: String, from: i64) -> Closure<dyn Fn(JsValue)> {
    let listener = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        // Below 2^53, exact in a float.
        #[allow(clippy::cast_possible_truncation)]
        let loaded = get(&event, "loaded").as_f64().unwrap_or_default() as i64;
        set_progress(&key, Progress::Running(from + loaded));
    });
    set(&get(request, "upload"), "onprogress", listener.as_ref());
    listener
}

/// Until the delay of this many failures is over, or `tend` finds the page connected again.
async fn sleep(failures: u32, seconds: u32) {
    let delay =
        backoff::delay(failures, browser::random()).saturating_add(seconds.saturating_mul(1000));
    let delay = i32::try_from(delay).unwrap_or(i32::MAX);
    let slept = Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, delay);
        TRANSFERS.with_borrow_mut(|transfers| transfers.sleeping.push(resolve.unchecked_into()));
    });
    let _ = browser::settle(slept).await;
}

fn is_picture(content_type: &str) -> bool {
    matches!(
        content_type,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp"
    )
}
