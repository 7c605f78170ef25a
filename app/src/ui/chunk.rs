//! A chunk: WebAssembly apart from the first screen's, and what stands in its place until it has come.
//! One that cannot be fetched is asked for again by a button; the page goes on without it.

use super::{
    erased_view::dynamic_view,
    focus::{focus_field_soon, is_focus_near, text_in},
    on,
};
use crate::{client::spawn, erased_signal::ErasedSignal};
use leptos::prelude::*;
use std::{
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A chunk could not be fetched.
pub use wasm_split_helpers::SplitLoaderError as ChunkError;

/// The function of a chunk that shows its parts, or does its work.
pub type Entry<P, R = AnyView> = fn(P) -> R;

type Loading<T> = Pin<Box<dyn Future<Output = Result<T, ChunkError>>>>;

pub struct Chunk<P: 'static, R: 'static = AnyView> {
    load: fn() -> Loading<Entry<P, R>>,
    /// Set once the chunk is there.
    entry: OnceLock<Entry<P, R>>,
}

impl<P: Copy + Send + Sync + 'static, R> Chunk<P, R> {
    /// For the macro `chunk!`.
    pub const fn new(load: fn() -> Loading<Entry<P, R>>) -> Self {
        Self {
            load,
            entry: OnceLock::new(),
        }
    }

    /// Fetches the chunk unless it is there. An attempt that fails can be made again.
    pub fn load(&'static self) -> Loading<()> {
        Box::pin(async {
            if self.entry.get().is_none() {
                let entry = (self.load)().await?;
                self.entry.get_or_init(|| entry);
            }
            Ok(())
        })
    }

    pub fn entry(&'static self) -> Option<Entry<P, R>> {
        #[cfg(not(target_family = "wasm"))]
        {
            // Here the function of the chunk is one like any other, and its future is ready.
            use std::task::{Context, Poll, Waker};
            let mut context = Context::from_waker(Waker::noop());
            if self.entry.get().is_none()
                && let Poll::Ready(Ok(entry)) = (self.load)().as_mut().poll(&mut context)
            {
                self.entry.get_or_init(|| entry);
            }
        }
        self.entry.get().copied()
    }
}

impl<P: Copy + Send + Sync + 'static> Chunk<P> {
    /// A part of the chunk, at once if the chunk is there, as it is on the server.
    pub fn view(&'static self, part: P) -> AnyView {
        self.show(part, false)
    }

    /// The same of a part that begins with a field. What is typed before the chunk has come is in it then.
    pub fn view_with_field(&'static self, part: P) -> AnyView {
        self.show(part, true)
    }

    fn show(&'static self, part: P, has_field: bool) -> AnyView {
        match self.entry() {
            Some(entry) => entry(part),
            None => late_view(
                Arc::new(|| self.load()),
                Box::new(move || self.entry().map(|entry| entry(part))),
                has_field,
            ),
        }
    }
}

/// `chunk!(NAME: Part = file, show)`: a static `Chunk` whose code is in `split_<file>.wasm`, with all that
/// only `show` and other chunks reach. `Part => Result` is for a function that returns something else than a view. A build without `--split` has it in the first screen's code.
macro_rules! chunk {
    ($name:ident: $part:ty = $file:ident, $show:path) => {
        $crate::ui::chunk!($name: $part => ::leptos::prelude::AnyView = $file, $show);
    };
    ($name:ident: $part:ty => $result:ty = $file:ident, $show:path) => {
        pub static $name: $crate::ui::Chunk<$part, $result> =
            $crate::ui::Chunk::new(|| ::std::boxed::Box::pin(load()));

        #[cfg(split)]
        #[wasm_split_helpers::wasm_split($file, fallible, preload(#[allow(unsafe_code)] preload))]
        #[allow(unsafe_code, reason = "the macro imports and exports the function")]
        fn load() -> Result<$crate::ui::Entry<$part, $result>, $crate::ui::ChunkError> {
            Ok($show)
        }

        #[cfg(not(split))]
        async fn load() -> Result<$crate::ui::Entry<$part, $result>, $crate::ui::ChunkError> {
            Ok($show)
        }
    };
}
pub(crate) use chunk;

#[derive(Clone, Copy, PartialEq)]
enum Progress {
    Loading,
    Loaded,
    Failed,
}

const SPINNER: &str =
    r#"<span class="spinner" aria-hidden="true"></span><span class="sr-only">Loading…</span>"#;
const FIELD: &str = r#"<input class="chunk-field" aria-label="Loading…" autocomplete="off">"#;

/// What stands in the place of a list that is being read.
pub fn loading_note() -> AnyView {
    any_view! { <p class="chunk-place" role="status" inner_html=SPINNER></p> }
}

type Load = Arc<dyn Fn() -> Loading<()> + Send + Sync>;

/// What stands in the place of a chunk.
#[derive(Clone)]
struct Place {
    /// Of the element.
    id: Arc<str>,
    load: Load,
    progress: ErasedSignal<Progress>,
    has_field: bool,
}

fn late_view(
    load: Load,
    show: Box<dyn Fn() -> Option<AnyView> + Send>,
    has_field: bool,
) -> AnyView {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let place = Place {
        id: format!("chunk-{}", COUNT.fetch_add(1, Ordering::Relaxed)).into(),
        load,
        progress: ErasedSignal::new(Progress::Loading),
        has_field,
    };
    place.load();
    dynamic_view(move || match place.progress.get() {
        Progress::Loading => place.spinner(),
        Progress::Loaded => show().unwrap_or_else(|| ().into_any()),
        Progress::Failed => place.failure(),
    })
}

impl Place {
    fn load(&self) {
        let loading = (self.load)();
        let (id, progress) = (Arc::clone(&self.id), self.progress);
        spawn(async move {
            let next = match loading.await {
                Ok(()) => Progress::Loaded,
                Err(_) => Progress::Failed,
            };
            // The dialog may be closed by now.
            let Some(place) = document().get_element_by_id(&id) else {
                return;
            };
            let around = place.parent_element().filter(|_| is_focus_near(&place));
            let typed = text_in(&place);
            progress.set(next);
            if let Some(around) = around {
                focus_field_soon(around, typed);
            }
        });
    }

    fn spinner(&self) -> AnyView {
        let field = if self.has_field { FIELD } else { "" };
        let html = format!("{field}{SPINNER}");
        any_view! { <div id=self.id.to_string() class="chunk-place" role="status" inner_html=html></div> }
    }

    fn failure(&self) -> AnyView {
        let place = self.clone();
        let retry = move |_| {
            place.progress.set(Progress::Loading);
            place.load();
        };
        any_view! {
            <div id=self.id.to_string() class="chunk-place" role="alert">
                <p>"Could not load. Try again."</p>
                <button type="button" class="button" on:click=on::click(retry)>
                    "Try again"
                </button>
            </div>
        }
    }
}
