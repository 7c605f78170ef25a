//! The player of sound in a message: HTML without handlers, for which the window listens, and one element of sound for the page.
//! So one plays at a time, and goes on when its row leaves the window of the timeline.

use super::waveform::{length_text, path_of};
use crate::{
    client::{
        object::{call, get, set, settled},
        spawn,
    },
    ui::svg_html,
};
use js_sys::Promise;
use leptos::prelude::{document, window};
use model::Attachment;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

const PLAY: &str = "M8 5.500v13l10-6.500z";
const PAUSE: &str = "M8.500 6v12M15.500 6v12";

/// How fast it plays, in hundredths. A click on the button goes on to the next.
const SPEEDS: [u32; 3] = [100, 150, 200];

/// Seconds that a key of an arrow goes, but a twentieth of what is shorter than twenty times that.
const STEP: f64 = 5.0;

pub fn player(attachment: &Attachment, url: &str, name: &str) -> String {
    let milliseconds = attachment.duration.unwrap_or_default();
    let length = length_text(milliseconds);
    let line = match &attachment.waveform {
        Some(waveform) => {
            let (width, path) = path_of(waveform);
            let wave = |class: &str| {
                format!(
                    r#"<svg class="{class}" viewBox="0 0 {width} 32" preserveAspectRatio="none" aria-hidden="true"><path d="{path}"/></svg>"#
                )
            };
            wave("player-wave") + &wave("player-wave player-done")
        }
        None => r#"<span class="player-rail"></span><span class="player-rail player-done"></span>"#
            .to_owned(),
    };
    let play = svg_html(PLAY);
    let last = (milliseconds + 500) / 1000;
    // A page that has this code runs scripts.
    let plain = if cfg!(target_family = "wasm") {
        String::new()
    } else {
        format!(r#"<noscript><audio controls preload="none" src="{url}"></audio></noscript>"#)
    };
    format!(
        r#"<div class="player" role="group" aria-label="{name}" data-src="{url}" data-length="{milliseconds}"><button type="button" class="icon-button player-play" aria-label="Play">{play}</button><div class="player-line" role="slider" tabindex="0" aria-label="Position" aria-valuemin="0" aria-valuemax="{last}" aria-valuenow="0" aria-valuetext="0:00 of {length}">{line}</div><span class="player-time">{length}</span><button type="button" class="player-speed" aria-label="Speed: 1">1×</button></div>{plain}"#
    )
}

struct Sound {
    /// An `HTMLAudioElement`.
    element: JsValue,
    /// Of the file that it plays, as the players have it.
    address: String,
    /// Where it goes on when the browser knows the file, in seconds.
    pending: Option<f64>,
    speed: usize,
}

thread_local! {
    static IS_LISTENING: Cell<bool> = const { Cell::new(false) };
    static SOUND: RefCell<Option<Sound>> = const { RefCell::new(None) };
    /// The line that a pointer moves along.
    static DRAGGED: RefCell<Option<Element>> = const { RefCell::new(None) };
}

/// From the first call on, for as long as the page is there.
pub fn listen() {
    if IS_LISTENING.replace(true) {
        return;
    }
    before_the_row("click", |event| {
        if let Some(player) = around(event, ".player-play").and_then(|it| player_of(&it)) {
            take(event);
            toggle(&player);
        } else if around(event, ".player-speed").is_some() {
            take(event);
            change_speed();
        } else if around(event, ".player-line").is_some() {
            take(event);
        }
    });
    before_the_row("keydown", |event| {
        if let Some(line) = around(event, ".player-line")
            && let Some(event) = event.dyn_ref::<KeyboardEvent>()
            && on_key(event, &line).is_some()
        {
            take(event);
        }
    });
    before_the_row("pointerdown", |event| {
        if let Some(line) = around(event, ".player-line")
            && let Some(event) = event.dyn_ref::<PointerEvent>()
        {
            // No swipe of the row.
            event.stop_propagation();
            let _ = line.set_pointer_capture(event.pointer_id());
            seek_to_pointer(&line, event);
            DRAGGED.set(Some(line));
        }
    });
    before_the_row("pointermove", |event| {
        let dragged = DRAGGED.with_borrow(Clone::clone);
        if let Some(line) = dragged
            && let Some(event) = event.dyn_ref::<PointerEvent>()
        {
            event.stop_propagation();
            seek_to_pointer(&line, event);
        }
    });
    for name in ["pointerup", "pointercancel"] {
        before_the_row(name, |event| {
            if DRAGGED.take().is_some() {
                event.stop_propagation();
            }
        });
    }
    // A film that plays ends the sound, and the other way round.
    before_the_row("play", |event| {
        pause_others(event);
    });
}

/// Listens to all events of a name, each before the row that it is of.
fn before_the_row(name: &str, act: impl Fn(&Event) + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| act(&event));
    let listener = listener.into_js_value();
    let _ =
        window().add_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
}

fn take(event: &Event) {
    event.prevent_default();
    event.stop_propagation();
}

fn around(event: &Event, selector: &str) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest(selector).ok()?
}

fn player_of(part: &Element) -> Option<Element> {
    part.closest(".player").ok()?
}

fn address_of(player: &Element) -> String {
    player.get_attribute("data-src").unwrap_or_default()
}

/// Seconds: of the file, or as the browser knows it.
fn length_of(player: &Element) -> f64 {
    let said = player.get_attribute("data-length");
    let said = said
        .and_then(|it| it.parse::<u32>().ok())
        .unwrap_or_default();
    if said > 0 {
        return f64::from(said) / 1000.0;
    }
    with_sound(|sound| {
        let known = number(&sound.element, "duration");
        (sound.address == address_of(player) && known.is_finite()).then_some(known)
    })
    .flatten()
    .unwrap_or_default()
}

fn with_sound<T>(read: impl FnOnce(&mut Sound) -> T) -> Option<T> {
    SOUND.with_borrow_mut(|sound| sound.as_mut().map(read))
}

fn number(object: &JsValue, name: &str) -> f64 {
    get(object, name).as_f64().unwrap_or_default()
}

/// Makes the file of a player the one that is heard. `None` where the browser has no sound.
fn choose(player: &Element) -> Option<()> {
    let address = address_of(player);
    if SOUND.with_borrow(Option::is_none) {
        let sound = new_sound()?;
        SOUND.set(Some(sound));
    }
    let before = with_sound(|sound| {
        if sound.address == address {
            return None;
        }
        set(&sound.element, "src", &JsValue::from_str(&address));
        set_speed(sound);
        sound.pending = None;
        Some(std::mem::replace(&mut sound.address, address.clone()))
    })?;
    if let Some(before) = before {
        show(&before, 0.0, true);
    }
    Some(())
}

/// An element in the page, so that the browser and its user find it.
fn new_sound() -> Option<Sound> {
    let element: HtmlElement = document().create_element("audio").ok()?.dyn_into().ok()?;
    set(&element, "hidden", &true.into());
    document().body()?.append_child(&element).ok()?;
    let render = Closure::<dyn Fn()>::new(render).into_js_value();
    for event in [
        "ontimeupdate",
        "onplay",
        "onpause",
        "onended",
        "onseeked",
        "ondurationchange",
    ] {
        set(&element, event, &render);
    }
    let begin = Closure::<dyn Fn()>::new(|| {
        with_sound(|sound| {
            if let Some(at) = sound.pending.take() {
                set(&sound.element, "currentTime", &at.into());
            }
        });
    });
    set(&element, "onloadedmetadata", &begin.into_js_value());
    let fail = Closure::<dyn Fn()>::new(|| {
        let failed = with_sound(|sound| std::mem::take(&mut sound.address));
        if let Some(address) = failed {
            show(&address, 0.0, true);
            for player in players(&address) {
                set_text(&player, ".player-time", "Cannot be played");
            }
        }
    });
    set(&element, "onerror", &fail.into_js_value());
    Some(Sound {
        element: element.into(),
        address: String::new(),
        pending: None,
        speed: 0,
    })
}

fn toggle(player: &Element) {
    if choose(player).is_none() {
        return;
    }
    with_sound(|sound| {
        if get(&sound.element, "paused").is_falsy() {
            let _ = call(&sound.element, "pause", &[]);
            return;
        }
        let begun = call(&sound.element, "play", &[]).and_then(JsCast::dyn_into::<Promise>);
        if let Ok(begun) = begun {
            // What it refuses is told by its events.
            spawn(async move {
                let _ = settled(begun).await;
            });
        }
    });
}

fn change_speed() {
    if SOUND.with_borrow(Option::is_none) {
        SOUND.set(new_sound());
    }
    let speed = with_sound(|sound| {
        sound.speed = (sound.speed + 1) % SPEEDS.len();
        set_speed(sound);
        SPEEDS[sound.speed]
    });
    let text = match speed {
        Some(150) => "1.5",
        Some(200) => "2",
        _ => "1",
    };
    for player in all(".player-speed") {
        player.set_text_content(Some(&format!("{text}×")));
        let _ = player.set_attribute("aria-label", &format!("Speed: {text}"));
    }
}

/// A file that is chosen sets the rate back to the default one.
fn set_speed(sound: &Sound) {
    let rate = JsValue::from(f64::from(SPEEDS[sound.speed]) / 100.0);
    for name in ["defaultPlaybackRate", "playbackRate"] {
        set(&sound.element, name, &rate);
    }
}

/// Seconds of a player: 0 of one that is not chosen.
fn position_of(player: &Element) -> f64 {
    with_sound(|sound| {
        let is_chosen = sound.address == address_of(player);
        let shown = sound
            .pending
            .unwrap_or_else(|| number(&sound.element, "currentTime"));
        if is_chosen { shown } else { 0.0 }
    })
    .unwrap_or_default()
}

fn seek(player: &Element, seconds: f64) {
    const HAVE_METADATA: f64 = 1.0;
    let at = seconds.clamp(0.0, length_of(player));
    if choose(player).is_none() {
        return;
    }
    with_sound(|sound| {
        if number(&sound.element, "readyState") >= HAVE_METADATA {
            sound.pending = None;
            set(&sound.element, "currentTime", &at.into());
        } else {
            sound.pending = Some(at);
        }
    });
    let is_paused = with_sound(|sound| get(&sound.element, "paused").is_truthy());
    show(&address_of(player), at, is_paused != Some(false));
}

fn seek_to_pointer(line: &Element, event: &PointerEvent) -> Option<()> {
    let player = player_of(line)?;
    let bounds = line.get_bounding_client_rect();
    let part = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
    seek(&player, part.clamp(0.0, 1.0) * length_of(&player));
    Some(())
}

/// As a slider (WAI-ARIA, pattern of a media seek slider).
fn on_key(event: &KeyboardEvent, line: &Element) -> Option<()> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let player = player_of(line)?;
    let (at, length) = (position_of(&player), length_of(&player));
    let step = STEP.min((length / 20.0).max(0.25));
    let to = match &*event.key() {
        "ArrowRight" | "ArrowUp" => at + step,
        "ArrowLeft" | "ArrowDown" => at - step,
        "PageUp" => at + 4.0 * step,
        "PageDown" => at - 4.0 * step,
        "Home" => 0.0,
        "End" => length,
        " " | "Enter" => {
            toggle(&player);
            return Some(());
        }
        _ => return None,
    };
    seek(&player, to);
    Some(())
}

fn pause_others(event: &Event) -> Option<()> {
    let started = event.target()?;
    for other in all("video, audio") {
        let is_other = !js_sys::Object::is(&other, &started);
        if is_other {
            let _ = call(&other, "pause", &[]);
        }
    }
    Some(())
}

/// Shows where the sound is, in all players of its file.
fn render() {
    let state = with_sound(|sound| {
        let is_paused = get(&sound.element, "paused").is_truthy();
        let has_ended = get(&sound.element, "ended").is_truthy();
        let at = number(&sound.element, "currentTime");
        let at = sound.pending.unwrap_or(if has_ended { 0.0 } else { at });
        (sound.address.clone(), at, is_paused)
    });
    if let Some((address, at, is_paused)) = state {
        show(&address, at, is_paused);
    }
}

fn show(address: &str, at: f64, is_paused: bool) {
    if address.is_empty() {
        return;
    }
    for player in players(address) {
        let length = length_of(&player);
        let (label, path) = if is_paused {
            ("Play", PLAY)
        } else {
            ("Pause", PAUSE)
        };
        if let Ok(Some(button)) = player.query_selector(".player-play")
            && button.get_attribute("aria-label").as_deref() != Some(label)
        {
            button.set_inner_html(&svg_html(path));
            let _ = button.set_attribute("aria-label", label);
        }
        let (now, all) = (milliseconds(at.min(length)), milliseconds(length));
        if let Ok(Some(line)) = player.query_selector(".player-line") {
            let text = format!("{} of {}", length_text(now - 499), length_text(all));
            let _ = line.set_attribute("aria-valuenow", &(now / 1000).to_string());
            let _ = line.set_attribute("aria-valuemax", &((all + 500) / 1000).to_string());
            let _ = line.set_attribute("aria-valuetext", &text);
            let percent = now * 100 / all.max(1);
            if let Some(line) = line.dyn_ref::<HtmlElement>() {
                let _ = line
                    .style()
                    .set_property("--played", &format!("{percent}%"));
            }
        }
        let shown = if now == 0 && is_paused {
            length_text(all)
        } else {
            length_text(now - 499)
        };
        set_text(&player, ".player-time", &shown);
    }
}

/// Of seconds. 100 hours are far below 2^53.
fn milliseconds(seconds: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation)]
    let milliseconds = (seconds * 1000.0) as i64;
    milliseconds.max(0)
}

fn set_text(player: &Element, part: &str, text: &str) {
    if let Ok(Some(part)) = player.query_selector(part) {
        part.set_text_content(Some(text));
    }
}

fn players(address: &str) -> Vec<Element> {
    let mut players = all(".player");
    players.retain(|it| address_of(it) == address);
    players
}

fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(selector) else {
        return Vec::new();
    };
    let all = (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok());
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::player;
    use model::Attachment;

    #[test]
    fn a_player_says_how_long_it_is_before_it_plays() {
        let mut attachment = Attachment {
            duration: Some(12_400),
            waveform: Some("AP8=".to_owned()),
            ..Attachment::default()
        };
        let html = player(&attachment, "/uploads/1/a.webm", "Voice message");
        for part in [
            r#"aria-valuetext="0:00 of 0:12""#,
            r#"data-length="12400""#,
            r#"data-src="/uploads/1/a.webm""#,
            r#"viewBox="0 0 8 32""#,
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        attachment.waveform = None;
        assert!(player(&attachment, "/uploads/1/a.webm", "a").contains("player-rail"));
    }
}
