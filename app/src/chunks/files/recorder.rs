//! The bar in which a voice message is recorded. What is recorded is never lost but by its user: it goes into the tray of its
//! box when another conversation is opened, and can be sent from there.

use super::{
    recording::{Recorded, Recording, put_into_tray},
    waveform::length_text,
};
use crate::{
    client::{
        ChatClient,
        object::{call, construct, set},
        sleep, spawn,
    },
    erased_signal::{ErasedSignal, memo},
    store::DraftPlace,
    ui::{Icon, icon, svg_html},
};
use js_sys::Object;
use leptos::{ev, html::Div, prelude::*, tachys::html::InertElement};
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlTextAreaElement};

/// Milliseconds of the longest recording. It stops then, and waits to be sent.
const MAX_LENGTH: i64 = 5 * 60 * 1000;

/// Milliseconds between two looks at the level and the clock.
const TICK_MS: u32 = 50;

/// Looks for the row of the tray before the message is left there, some two seconds in all.
const MAX_LOOKS: u32 = 40;

const STOP: &str = "M7 7h10v10H7z";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The browser asks its user.
    Asking,
    Recording,
    /// The longest recording has stopped, or the microphone is gone.
    Full,
    /// It is on its way into the tray.
    Ending,
    Failed(&'static str),
}

#[derive(Clone, Copy)]
struct Recorder {
    client: ChatClient,
    /// Of its bar.
    number: u32,
    /// Cleared when the bar is done with.
    place: ErasedSignal<Option<DraftPlace>>,
    stage: ErasedSignal<Stage>,
    /// Milliseconds.
    elapsed: ErasedSignal<i64>,
    level: ErasedSignal<u8>,
    bar: NodeRef<Div>,
}

thread_local! {
    /// There is one microphone.
    static CURRENT: RefCell<Option<Recording>> = const { RefCell::new(None) };
    /// The number of the bar whose recording that is. The last bars may not know yet that they are gone.
    static OWNER: Cell<u32> = const { Cell::new(0) };
    static BARS: Cell<u32> = const { Cell::new(0) };
}

fn is_recording() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

pub fn recorder(client: ChatClient, place: ErasedSignal<Option<DraftPlace>>) -> AnyView {
    let number = BARS.get() + 1;
    BARS.set(number);
    let recorder = Recorder {
        client,
        number,
        place,
        stage: ErasedSignal::new(Stage::Asking),
        elapsed: ErasedSignal::new(0),
        level: ErasedSignal::new(0),
        bar: NodeRef::new(),
    };
    if let Some(place) = place.get_untracked() {
        spawn(recorder.run(place));
    }
    let keys = window_event_listener(ev::keydown, move |event| recorder.on_key(&event));
    // The browser asks before it leaves a page with a recording in it.
    let leaving = window_event_listener(ev::beforeunload, |event| {
        if is_recording() {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        keys.remove();
        leaving.remove();
    });
    // What has the focus stays while it stops and ends.
    let shown = memo(move || match recorder.stage.get() {
        Stage::Full | Stage::Ending => Stage::Recording,
        stage => stage,
    });
    view! {
        <div class="voice-bar" role="group" aria-label="Voice message" node_ref=recorder.bar>
            <button
                type="button"
                class="icon-button"
                aria-label="Discard the voice message"
                title="Discard (Esc)"
                on:click=move |_| recorder.cancel()
            >
                {icon(Icon::Delete)}
            </button>
            {move || match shown.get() {
                Stage::Failed(advice) => view! { <span class="voice-problem" role="alert">{advice}</span> }.into_any(),
                Stage::Asking => view! { <span class="voice-problem" role="status">"Allow this page to use the microphone."</span> }.into_any(),
                _ => recorder.running(),
            }}
        </div>
    }
    .into_any()
}

impl Recorder {
    fn running(self) -> AnyView {
        let told = move || match self.stage.get() {
            Stage::Full => "The recording has stopped. Send the voice message or discard it.",
            Stage::Ending => "The voice message is added.",
            _ => "Recording.",
        };
        view! {
            <span class="voice-dot" class:voice-dot-over=move || self.stage.get() != Stage::Recording aria-hidden="true"></span>
            <span class="voice-time" role="timer" aria-label="Recorded">{move || length_text(self.elapsed.get() - 499)}</span>
            <span class="voice-level" aria-hidden="true">
                <span style:width=move || format!("{}%", u32::from(self.level.get()) * 100 / 255)></span>
            </span>
            <span class="sr-only" role="status">{told}</span>
            <button
                type="button"
                class="icon-button"
                aria-label="Stop, and add it to the message"
                title="Stop, and add it to the message"
                on:click=move |_| self.finish(false)
            >
                {InertElement::new(svg_html(STOP))}
            </button>
            <button
                type="button"
                class="icon-button voice-send"
                aria-label="Send the voice message"
                title="Send the voice message"
                on:click=move |_| self.finish(true)
            >
                {icon(Icon::Send)}
            </button>
        }
        .into_any()
    }

    /// Records until it is finished, cancelled, full, or its box is gone.
    async fn run(self, place: DraftPlace) {
        if is_recording() {
            return self.fail("A voice message is being recorded in another box.");
        }
        let begun = Recording::begin().await;
        let is_wanted = self.place.try_get_untracked().flatten() == Some(place) && self.is_shown();
        let recording = match begun {
            // It was cancelled while the browser asked.
            Ok(_) if !is_wanted => return,
            Ok(recording) => recording,
            Err(advice) => return self.fail(advice),
        };
        CURRENT.set(Some(recording));
        OWNER.set(self.number);
        self.stage.set(Stage::Recording);
        self.focus(".voice-send");
        while self.tick() {
            sleep(TICK_MS).await;
            if !self.is_recording() {
                return;
            }
            if !self.is_shown() {
                return self.leave(place).await;
            }
        }
    }

    /// Whether it goes on. The bar may be gone.
    fn tick(self) -> bool {
        let Some(stage) = self.stage.try_get_untracked() else {
            return false;
        };
        let measured = CURRENT.with_borrow_mut(|current| {
            let current = current.as_mut()?;
            if stage == Stage::Recording {
                self.level.set(current.measure());
            }
            let elapsed = current.elapsed();
            if stage == Stage::Recording && (elapsed >= MAX_LENGTH || current.has_broken_off()) {
                current.stop();
                self.stage.set(Stage::Full);
                self.level.set(0);
            }
            Some(elapsed)
        });
        let Some(elapsed) = measured else {
            return false;
        };
        self.elapsed.set(elapsed.min(MAX_LENGTH));
        stage != Stage::Ending
    }

    /// The box is gone: another conversation is open. The recording waits in the tray of its own.
    async fn leave(self, place: DraftPlace) {
        if let Some(recorded) = stop_current().await {
            // Where that is full, ten files of it wait already.
            let _ = put_into_tray(self.client, place, &recorded);
        }
        self.close();
    }

    /// Puts it into the tray, and sends the message of the box with it.
    fn finish(self, is_sent: bool) {
        let Some(place) = self.place.get_untracked() else {
            return;
        };
        if self.stage.get_untracked() == Stage::Ending {
            return;
        }
        self.stage.set(Stage::Ending);
        spawn(async move {
            let Some(recorded) = stop_current().await else {
                return self.fail("Nothing was recorded. Try again.");
            };
            let form = self.form();
            match put_into_tray(self.client, place, &recorded) {
                Err(advice) => self.fail(advice),
                Ok(count) => {
                    if let Some(form) = form {
                        show_tray(&form);
                        if is_sent && is_in_tray(&form, count).await {
                            let _ = form.request_submit();
                        }
                    }
                    self.close();
                }
            }
        });
    }

    fn cancel(self) {
        if self.is_recording() {
            drop(CURRENT.take());
        }
        self.close();
    }

    /// Whether what is recorded is its own.
    fn is_recording(self) -> bool {
        is_recording() && OWNER.get() == self.number
    }

    /// The focus goes back to the text, if it was in the bar.
    fn close(self) {
        let area = self
            .form()
            .and_then(|it| it.query_selector("textarea").ok()?);
        let focused = document().active_element();
        let bar = self.bar.try_get_untracked().flatten();
        let had_focus = bar
            .zip(focused)
            .is_some_and(|(bar, it)| bar.contains(Some(&it)));
        self.place.set(None);
        if let Some(area) = area.filter(|_| had_focus)
            && let Ok(area) = area.dyn_into::<HtmlTextAreaElement>()
        {
            let _ = area.focus();
        }
    }

    fn fail(self, advice: &'static str) {
        self.stage.set(Stage::Failed(advice));
        self.focus("button");
    }

    /// Escape, in the form of the bar.
    fn on_key(self, event: &ev::KeyboardEvent) {
        let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
        let is_here = self
            .form()
            .zip(target)
            .is_some_and(|(form, it)| form.contains(Some(&it)));
        if event.key() == "Escape" && is_here && !event.default_prevented() {
            event.prevent_default();
            self.cancel();
        }
    }

    fn is_shown(self) -> bool {
        let bar = self.bar.try_get_untracked().flatten();
        bar.is_some_and(|it| it.is_connected())
    }

    fn form(self) -> Option<HtmlFormElement> {
        let bar = self.bar.try_get_untracked().flatten()?;
        bar.closest("form").ok()??.dyn_into().ok()
    }

    /// Once what is shown is there.
    fn focus(self, selector: &'static str) {
        request_animation_frame(move || {
            let bar = self.bar.try_get_untracked().flatten();
            let found = bar.and_then(|it| it.query_selector(selector).ok()?);
            if let Some(found) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                let _ = found.focus();
            }
        });
    }
}

async fn stop_current() -> Option<Recorded> {
    CURRENT.take()?.finish().await
}

/// The box shows its tray when its field for files has changed.
fn show_tray(form: &Element) {
    let field = form.query_selector("input[type=file]").ok().flatten();
    let bubbles = Object::new().into();
    set(&bubbles, "bubbles", &true.into());
    if let Some(field) = field
        && let Ok(event) = construct("Event", &["change".into(), bubbles])
    {
        let _ = call(&field, "dispatchEvent", &[event]);
    }
}

/// Waits until the tray has so many files, and the box may be empty. Where that does not come, the message waits in the box.
async fn is_in_tray(form: &Element, count: u32) -> bool {
    for _ in 0..MAX_LOOKS {
        let rows = form
            .query_selector_all(".tray-file")
            .map_or(0, |it| it.length());
        let needs_text = form
            .query_selector("textarea[required]")
            .ok()
            .flatten()
            .is_some();
        if rows >= count && !needs_text {
            return true;
        }
        sleep(TICK_MS).await;
    }
    false
}
