//! A recording of the microphone, and what becomes of it: a file in the tray of a box.

use super::waveform::waveform_of;
use crate::{
    client::{
        ChatClient, MAX_FILES, OutgoingFile, new_client_id,
        object::{call, call_async, construct, get, global, set, settled},
        read_files, upload, write_files,
    },
    store::{DraftPlace, Key},
};
use js_sys::{Array, Object, Promise, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsValue, closure::Closure};

/// What browsers record, the best first: the container that others play is the first one that this browser has.
const TYPES: [&str; 3] = [
    "audio/webm;codecs=opus",
    "audio/mp4",
    "audio/ogg;codecs=opus",
];

/// Of speech in Opus: five minutes are 1.2 MB.
const BITS_PER_SECOND: u32 = 32_000;

/// Milliseconds of sound after which the browser gives it to the page.
const SLICE_MS: u32 = 1_000;

/// Samples that a level is of: a power of two.
const SAMPLES: u32 = 1_024;

/// Everything is a JavaScript object, called by name (`client/uploads/object.rs`).
pub struct Recording {
    stream: JsValue,
    recorder: JsValue,
    /// Of the parts that the browser has given.
    parts: Array,
    _take_part: Closure<dyn Fn(JsValue)>,
    /// `None` where the browser has no Web Audio: then the waveform is flat.
    meter: Option<Meter>,
    levels: Vec<u8>,
    started: f64,
    /// Milliseconds, once it has stopped.
    stopped: Option<i64>,
    /// Until the browser has given all of what has stopped.
    ending: Option<Promise>,
}

struct Meter {
    context: JsValue,
    analyser: JsValue,
    samples: Uint8Array,
}

/// A recording that has ended.
pub struct Recorded {
    pub blob: JsValue,
    pub file: OutgoingFile,
}

impl Recording {
    /// Asks for the microphone and begins.
    ///
    /// # Errors
    /// What to tell the user.
    pub async fn begin() -> Result<Self, &'static str> {
        let devices = get(&window().navigator(), "mediaDevices");
        let wanted = Object::new().into();
        set(&wanted, "audio", &true.into());
        let stream = call_async(&devices, "getUserMedia", &[wanted]).await;
        let stream =
            stream.map_err(|error| advice(&get(&error, "name").as_string().unwrap_or_default()))?;
        Self::of(&stream).map_err(|_| {
            stop_tracks(&stream);
            "This browser cannot record the microphone."
        })
    }

    fn of(stream: &JsValue) -> Result<Self, JsValue> {
        let recorders = global("MediaRecorder");
        let is_known = |it: &&&str| {
            let known = call(&recorders, "isTypeSupported", &[JsValue::from_str(it)]);
            known.is_ok_and(|it| it.is_truthy())
        };
        let options = Object::new().into();
        if let Some(known) = TYPES.iter().find(is_known) {
            set(&options, "mimeType", &JsValue::from_str(known));
        }
        set(&options, "audioBitsPerSecond", &BITS_PER_SECOND.into());
        let recorder = construct("MediaRecorder", &[stream.clone(), options])?;
        let parts = Array::new();
        let taken = parts.clone();
        let take_part = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            taken.push(&get(&event, "data"));
        });
        set(&recorder, "ondataavailable", take_part.as_ref());
        call(&recorder, "start", &[SLICE_MS.into()])?;
        Ok(Self {
            stream: stream.clone(),
            recorder,
            parts,
            _take_part: take_part,
            meter: Meter::of(stream).ok(),
            levels: Vec::new(),
            started: js_sys::Date::now(),
            stopped: None,
            ending: None,
        })
    }

    /// Milliseconds that are recorded.
    pub fn elapsed(&self) -> i64 {
        // Below 2^53, exact in a float.
        #[allow(clippy::cast_possible_truncation)]
        let elapsed = (js_sys::Date::now() - self.started).max(0.0) as i64;
        self.stopped.unwrap_or(elapsed)
    }

    /// How loud it is now, which the waveform is made of.
    pub fn measure(&mut self) -> u8 {
        let level = self.meter.as_ref().map_or(0, Meter::level);
        self.levels.push(level);
        level
    }

    /// Whether the browser records no more, because the microphone was taken away.
    pub fn has_broken_off(&self) -> bool {
        self.stopped.is_none()
            && get(&self.recorder, "state").as_string().as_deref() == Some("inactive")
    }

    /// Ends the recording, and gives the microphone back.
    pub fn stop(&mut self) {
        if self.stopped.is_some() {
            return;
        }
        let is_over = self.has_broken_off();
        self.stopped = Some(self.elapsed());
        if !is_over {
            let recorder = &self.recorder;
            self.ending = Some(Promise::new(&mut |resolve, _| {
                set(recorder, "onstop", &resolve);
            }));
            let _ = call(recorder, "stop", &[]);
        }
        self.release();
    }

    /// The file of the recording, which ends; `None` if there is nothing in it.
    pub async fn finish(mut self) -> Option<Recorded> {
        self.stop();
        if let Some(ending) = self.ending.take() {
            let _ = settled(ending).await;
        }
        self.take()
    }

    fn release(&self) {
        stop_tracks(&self.stream);
        if let Some(meter) = &self.meter {
            let _ = call(&meter.context, "close", &[]);
        }
    }

    fn take(&self) -> Option<Recorded> {
        let given = get(&self.recorder, "mimeType")
            .as_string()
            .unwrap_or_default();
        let content_type = given.split(';').next().unwrap_or_default().to_owned();
        let options = Object::new().into();
        set(&options, "type", &JsValue::from_str(&content_type));
        let blob = construct("Blob", &[self.parts.clone().into(), options]).ok()?;
        // Below 2^53, exact in a float.
        #[allow(clippy::cast_possible_truncation)]
        let size = get(&blob, "size").as_f64().unwrap_or_default() as i64;
        let extension = match &*content_type {
            "audio/mp4" => "m4a",
            "audio/ogg" => "ogg",
            _ => "webm",
        };
        let file = OutgoingFile {
            key: new_client_id(),
            name: format!("Voice message.{extension}"),
            content_type,
            size,
            duration: self.elapsed().max(1),
            waveform: waveform_of(&self.levels),
            ..OutgoingFile::default()
        };
        (size > 0).then_some(Recorded { blob, file })
    }
}

/// What has not stopped is not wanted: the microphone is given back.
impl Drop for Recording {
    fn drop(&mut self) {
        set(&self.recorder, "ondataavailable", &JsValue::NULL);
        if self.stopped.is_none() {
            self.stop();
        }
    }
}

impl Meter {
    fn of(stream: &JsValue) -> Result<Self, JsValue> {
        let context = construct("AudioContext", &[])?;
        let source = call(
            &context,
            "createMediaStreamSource",
            std::slice::from_ref(stream),
        )?;
        let analyser = call(&context, "createAnalyser", &[])?;
        set(&analyser, "fftSize", &SAMPLES.into());
        call(&source, "connect", std::slice::from_ref(&analyser))?;
        Ok(Self {
            context,
            analyser,
            samples: Uint8Array::new_with_length(SAMPLES),
        })
    }

    /// The largest distance from silence, from 0 to 255.
    fn level(&self) -> u8 {
        let samples = JsValue::from(self.samples.clone());
        if call(&self.analyser, "getByteTimeDomainData", &[samples]).is_err() {
            return 0;
        }
        let distances = self.samples.to_vec().into_iter().map(|it| it.abs_diff(128));
        distances.max().unwrap_or_default().saturating_mul(2)
    }
}

fn stop_tracks(stream: &JsValue) {
    if let Ok(tracks) = call(stream, "getTracks", &[]) {
        for track in Array::from(&tracks) {
            let _ = call(&track, "stop", &[]);
        }
    }
}

/// What helps, by the name of the error of `getUserMedia`.
fn advice(error: &str) -> &'static str {
    match error {
        "NotAllowedError" | "SecurityError" => {
            "The browser does not let this page use the microphone. Allow it in the settings beside the address, and try again."
        }
        "NotFoundError" | "OverconstrainedError" => {
            "No microphone was found. Connect one, and try again."
        }
        "NotReadableError" | "AbortError" => {
            "The microphone does not answer. Close other programs that use it, and try again."
        }
        _ => "The microphone cannot be used here.",
    }
}

/// Puts a recording into the tray of its place, where its upload begins. How many files are there then.
///
/// # Errors
/// What to tell the user, where the tray is full.
pub fn put_into_tray(
    client: ChatClient,
    (id, thread): DraftPlace,
    recorded: &Recorded,
) -> Result<u32, &'static str> {
    let mut files = read_files(&client.kept_files(id, thread));
    if files.len() >= MAX_FILES {
        return Err("A message has at most 10 files. Send those above first.");
    }
    files.push(recorded.file.clone());
    // In its place before it is in the browser, which forgets files without one.
    client.keep_files(id, thread, &write_files(&files));
    upload(client, &recorded.file, recorded.blob.clone());
    client.store.notify(&[Key::Drafts]);
    Ok(u32::try_from(files.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn a_refusal_says_what_helps() {
        assert!(advice("NotAllowedError").contains("Allow it"));
        assert!(advice("NotFoundError").contains("Connect one"));
        assert!(!advice("").is_empty());
    }
}
