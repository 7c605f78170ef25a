//! The dialog in which a square of a picture is chosen: moved by the mouse, by fingers and by the arrow keys, enlarged by
//! the wheel, by two fingers, by a slider and by plus and minus. What the canvas shows is what is sent.

use super::{
    crop::{Crop, MAX_ZOOM},
    send::{revoke, send_picture},
};
use crate::{
    client::{
        ChatClient,
        object::{call, set},
        settle, spawn,
    },
    erased_signal::ErasedSignal,
    error::AppError,
    ui::{Dialog, any_problem_note, is_some},
};
use js_sys::{Function, Promise};
use leptos::{ev, html, mount::mount_to_body, prelude::*};
use model::Problem;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlCanvasElement, HtmlImageElement};

/// The side of what is sent, in pixels: the server makes it smaller.
const SIDE: u32 = 512;

/// The side of the previews, in pixels.
const PREVIEW_SIDE: u32 = 128;

/// JPEG, as not every browser writes WebP, and its quality from 0 to 1.
const TYPE: &str = "image/jpeg";
const QUALITY: f64 = 0.92;

/// The part of its side by which a key moves the square, and the factor by which it is enlarged.
const KEY_STEP: f64 = 0.04;
const KEY_ZOOM: f64 = 1.1;

/// The factor for each pixel of the wheel.
const WHEEL_ZOOM: f64 = 1.002;

const HINT: &str = "Drag to move. Zoom with the slider, the wheel or two fingers; or use the arrow keys, plus and minus.";

/// A picture that is to be cut.
#[derive(Clone, PartialEq)]
pub struct Job {
    /// The path of the public API to which it goes.
    pub path: String,
    /// The file, as an address of the page.
    pub address: String,
}

type Shown = ErasedSignal<Option<Job>>;

thread_local! {
    /// Once the dialog is in the page, where it stays.
    static SHOWN: Cell<Option<Shown>> = const { Cell::new(None) };
}

pub fn open(client: ChatClient, job: Job) {
    let shown = SHOWN.get().unwrap_or_else(|| add_dialog(client));
    shown.set(Some(job));
}

fn add_dialog(client: ChatClient) -> Shown {
    mount_to_body(move || {
        let shown = Shown::new(None);
        SHOWN.set(Some(shown));
        view! {
            <Dialog open=is_some(shown) title="Choose the part that is shown">
                {shown.get_untracked().map(|job| cropper(client, shown, job))}
            </Dialog>
        }
    });
    SHOWN.get().expect("the dialog is in the page")
}

/// What the handlers of a dialog share.
#[derive(Clone, Copy)]
struct Cropper {
    image: NodeRef<html::Img>,
    stage: NodeRef<html::Canvas>,
    /// `None` until the picture is there.
    crop: RwSignal<Option<Crop>>,
    /// The pointers that are down, by id, with where they were last.
    pointers: StoredValue<Vec<(i32, f64, f64)>>,
}

fn cropper(client: ChatClient, shown: Shown, job: Job) -> AnyView {
    let it = Cropper {
        image: NodeRef::new(),
        stage: NodeRef::new(),
        crop: RwSignal::new(None),
        pointers: StoredValue::new(Vec::new()),
    };
    let previews = [NodeRef::<html::Canvas>::new(), NodeRef::new()];
    let problem = ErasedSignal::new(None::<Problem>);
    let is_broken = RwSignal::new(false);
    let is_sent = RwSignal::new(false);
    let address = job.address.clone();
    on_cleanup(move || revoke(&address));
    Effect::new(move || {
        if let (Some(crop), Some(image), Some(stage)) =
            (it.crop.get(), it.image.get(), it.stage.get())
        {
            draw(&stage, &image, &crop);
            for preview in previews.into_iter().filter_map(|it| it.get()) {
                draw_small(&preview, &stage);
            }
        }
    });
    let path = job.path.clone();
    let save = move |_| {
        let Some(stage) = it.stage.get_untracked() else {
            return;
        };
        is_sent.set(true);
        let path = path.clone();
        spawn(async move {
            let sent = match blob_of(&stage).await {
                Ok(blob) => send_picture(client, &path, &blob).await,
                Err(_) => Err(AppError::unreachable()),
            };
            is_sent.try_set(false);
            match sent {
                Ok(picture) => {
                    show_in_form(&path, &picture.url);
                    shown.set(None);
                }
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    let is_idle = move || it.crop.with(Option::is_some) && !is_sent.get();
    view! {
        <div class="cropper">
            {any_problem_note(problem)}
            <img
                node_ref=it.image
                src=job.address
                alt=""
                class="cropper-source"
                on:load=move |_| it.begin()
                on:error=move |_| is_broken.set(true)
            />
            <Show when=move || is_broken.get()>
                <p class="note note-error" role="alert">"This is no picture that the browser can show."</p>
            </Show>
            {stage(it)}
            <p class="hint" id="cropper-hint">{HINT}</p>
            <label class="cropper-zoom">
                "Zoom"
                <input
                    type="range"
                    min="1"
                    max=MAX_ZOOM.to_string()
                    step="0.01"
                    prop:value=move || it.crop.get().map_or(1.0, |crop| crop.zoom).to_string()
                    on:input=move |event| {
                        if let Ok(zoom) = event_target_value(&event).parse() {
                            it.change(|crop| crop.zoomed(zoom));
                        }
                    }
                />
            </label>
            <div class="cropper-previews" aria-hidden="true">
                {previews.map(|preview| view! { <canvas node_ref=preview width=PREVIEW_SIDE height=PREVIEW_SIDE></canvas> })}
            </div>
            <div class="form-end">
                <button type="button" class="button" on:click=move |_| shown.set(None)>
                    "Cancel"
                </button>
                <button
                    type="button"
                    class="button button-primary"
                    prop:disabled=move || !is_idle()
                    on:click=save
                >
                    "Save the picture"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// The square as it will be.
fn stage(it: Cropper) -> impl IntoView {
    view! {
        <canvas
            node_ref=it.stage
            class="cropper-stage"
            width=SIDE
            height=SIDE
            tabindex="0"
            role="img"
            aria-label="The part that is shown"
            aria-describedby="cropper-hint"
            on:pointerdown=move |event| it.press(&event)
            on:pointermove=move |event| it.drag(&event)
            on:pointerup=move |event| it.release(&event)
            on:pointercancel=move |event| it.release(&event)
            on:wheel=move |event| {
                event.prevent_default();
                let factor = WHEEL_ZOOM.powf(-event.delta_y());
                it.change(|crop| crop.zoomed(crop.zoom * factor));
            }
            on:keydown=move |event| it.press_key(&event)
        ></canvas>
    }
}

impl Cropper {
    fn begin(self) {
        if let Some(image) = self.image.get_untracked() {
            let (width, height) = (image.natural_width(), image.natural_height());
            self.crop.set(Crop::new(width.into(), height.into()));
        }
    }

    fn change(self, change: impl FnOnce(Crop) -> Crop) {
        if let Some(crop) = self.crop.get_untracked() {
            self.crop.set(Some(change(crop)));
        }
    }

    fn press_key(self, event: &ev::KeyboardEvent) {
        let (x, y, factor) = match &*event.key() {
            "ArrowLeft" => (-KEY_STEP, 0.0, 1.0),
            "ArrowRight" => (KEY_STEP, 0.0, 1.0),
            "ArrowUp" => (0.0, -KEY_STEP, 1.0),
            "ArrowDown" => (0.0, KEY_STEP, 1.0),
            "+" | "=" => (0.0, 0.0, KEY_ZOOM),
            "-" => (0.0, 0.0, 1.0 / KEY_ZOOM),
            _ => return,
        };
        event.prevent_default();
        self.change(|crop| crop.moved(x, y).zoomed(crop.zoom * factor));
    }

    fn press(self, event: &ev::PointerEvent) {
        // A drag goes on outside of the canvas.
        if let Some(stage) = self.stage.get_untracked() {
            let _ = stage.set_pointer_capture(event.pointer_id());
        }
        self.pointers.update_value(|all| all.push(place_of(event)));
    }

    fn release(self, event: &ev::PointerEvent) {
        let id = event.pointer_id();
        self.pointers
            .update_value(|all| all.retain(|it| it.0 != id));
    }

    /// One pointer moves the picture; the distance of two enlarges it.
    fn drag(self, event: &ev::PointerEvent) {
        let before = self.pointers.get_value();
        let now = place_of(event);
        let Some(last) = before.iter().find(|it| it.0 == now.0) else {
            return;
        };
        let side = self.stage.get_untracked().map_or(0, |it| it.client_width());
        if side <= 0 {
            return;
        }
        let side = f64::from(side);
        if let Some(other) = before.iter().find(|it| it.0 != now.0) {
            let distance = |it: &(i32, f64, f64)| (it.1 - other.1).hypot(it.2 - other.2).max(1.0);
            let factor = distance(&now) / distance(last);
            self.change(|crop| crop.zoomed(crop.zoom * factor));
        } else {
            let (x, y) = ((last.1 - now.1) / side, (last.2 - now.2) / side);
            self.change(|crop| crop.moved(x, y));
        }
        self.pointers.update_value(|all| {
            for it in all.iter_mut().filter(|it| it.0 == now.0) {
                *it = now;
            }
        });
    }
}

fn place_of(event: &ev::PointerEvent) -> (i32, f64, f64) {
    let (x, y) = (event.client_x(), event.client_y());
    (event.pointer_id(), x.into(), y.into())
}

fn context(canvas: &HtmlCanvasElement) -> Option<JsValue> {
    call(canvas, "getContext", &["2d".into()]).ok()
}

fn draw(stage: &HtmlCanvasElement, image: &HtmlImageElement, crop: &Crop) {
    let Some(context) = context(stage) else {
        return;
    };
    let whole: [JsValue; 4] = [0.into(), 0.into(), SIDE.into(), SIDE.into()];
    // What is seen through is on white, as JPEG has no alpha.
    set(&context, "fillStyle", &"#fff".into());
    let _ = call(&context, "fillRect", &whole);
    set(&context, "imageSmoothingQuality", &"high".into());
    let (left, top) = crop.corner();
    let side = JsValue::from_f64(crop.side());
    let part = [left.into(), top.into(), side.clone(), side];
    let image = JsValue::from(image);
    let arguments: Vec<JsValue> = std::iter::once(image).chain(part).chain(whole).collect();
    let _ = call(&context, "drawImage", &arguments);
}

fn draw_small(preview: &HtmlCanvasElement, stage: &HtmlCanvasElement) {
    if let Some(context) = context(preview) {
        let side = JsValue::from(PREVIEW_SIDE);
        let arguments = [stage.into(), 0.into(), 0.into(), side.clone(), side];
        let _ = call(&context, "drawImage", &arguments);
    }
}

async fn blob_of(canvas: &HtmlCanvasElement) -> Result<JsValue, JsValue> {
    let made = Promise::new(&mut |resolve: Function, _| {
        let arguments = [resolve.into(), TYPE.into(), QUALITY.into()];
        let _ = call(canvas, "toBlob", &arguments);
    });
    let blob = settle(made).await?;
    if blob.is_null() { Err(blob) } else { Ok(blob) }
}

/// Shows the picture in a form that only the server renders.
fn show_in_form(path: &str, url: &str) {
    let place = format!(".settings-part [data-picture='{path}']");
    let find = |selector: &str| -> Option<Element> {
        let selector = format!("{place} {selector}");
        document().query_selector(&selector).ok().flatten()
    };
    if let Some(earlier) = find(".avatar img") {
        earlier.remove();
    }
    if let (Some(avatar), Ok(image)) = (find(".avatar"), document().create_element("img")) {
        let _ = image.set_attribute("src", url);
        let _ = image.set_attribute("alt", "");
        let _ = avatar.append_child(&image);
    }
    if let Some(remove) =
        find(".picture-remove").and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = remove.remove_attribute("hidden");
    }
}
