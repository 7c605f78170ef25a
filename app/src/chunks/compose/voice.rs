//! The voice message that is recorded in a box: its bar comes in the chunk of files, in the place of the tools.

use super::{context::Composing, writing_box::WritingBox};
use crate::{
    chunks::{FILES, FilesPart, later::notes::open_thread},
    erased_signal::{ErasedSignal, memo},
    store::DraftPlace,
    ui::show_if,
};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

#[derive(Clone, Copy)]
pub struct Voice {
    composing: Composing,
    /// Where the message goes, while one is recorded.
    place: ErasedSignal<Option<DraftPlace>>,
}

impl Voice {
    pub fn new(composing: Composing) -> Self {
        Self {
            composing,
            place: ErasedSignal::new(None),
        }
    }

    /// Whether the browser can record: not without HTTPS, but on its own machine.
    pub fn is_possible() -> bool {
        let has = |object: &JsValue, name| {
            js_sys::Reflect::get(object, &JsValue::from_str(name)).is_ok_and(|it| it.is_truthy())
        };
        has(&window(), "MediaRecorder") && has(&window().navigator(), "mediaDevices")
    }

    pub fn begin(self, written: &WritingBox) {
        let root = open_thread().filter(|_| written.is_of_thread());
        let conversation = self.composing.router.conversation_untracked();
        self.place.set(conversation.map(|id| (id, root)));
    }

    pub fn view(self) -> AnyView {
        let (client, place) = (self.composing.client, self.place);
        let is_shown = memo(move || place.with(Option::is_some));
        show_if(move || {
            is_shown
                .get()
                .then(|| FILES.view(FilesPart::Recorder(client, place)))
        })
    }
}
