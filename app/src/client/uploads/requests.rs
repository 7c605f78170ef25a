//! The requests of tus 1.0 that a page needs: create, ask how far it is, go on, and drop.

use super::{
    object::{call, construct, event_of, get, set},
    outgoing_file::OutgoingFile,
};
use crate::{client::response::Response, json};
use model::{Problem, Upload, UploadState};
use wasm_bindgen::JsValue;

const UPLOADS: &str = "/api/v1/uploads";
const VERSION: (&str, &str) = ("Tus-Resumable", "1.0.0");
/// After so many milliseconds without an answer a request counts as lost, but for one that carries bytes: of that,
/// after so many for each piece.
const TIMEOUT_MS: u32 = 30_000;
const PIECE_TIMEOUT_MS: u32 = 300_000;

const TOO_MANY: &str = "Too many files are being uploaded at once. Try again when some are done.";

/// Why a request was not done.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Another attempt may succeed, at the earliest after so many seconds.
    Later(u32),
    /// The server has another offset, or is still busy with the last piece.
    OutOfStep,
    /// The server knows no such upload any more.
    Gone,
    /// Another attempt would be refused, too. Carries the reason for the user.
    Refused(String),
}

/// An answer and its headers.
pub struct Answer {
    request: JsValue,
}

impl Answer {
    fn header(&self, name: &str) -> Option<String> {
        call(&self.request, "getResponseHeader", &[name.into()])
            .ok()?
            .as_string()
    }

    fn body(&self) -> String {
        get(&self.request, "responseText")
            .as_string()
            .unwrap_or_default()
    }

    fn offset(&self) -> Option<i64> {
        self.header("Upload-Offset")?.parse().ok()
    }
}

/// Creates the upload of a file. Its address.
pub async fn create(file: &OutgoingFile) -> Result<String, Trouble> {
    let mut metadata = format!("filename {}", base64(&file.name));
    if !file.content_type.is_empty() {
        metadata = format!("{metadata},filetype {}", base64(&file.content_type));
    }
    if !file.waveform.is_empty() {
        let duration = base64(&file.duration.to_string());
        metadata = format!("{metadata},duration {duration},waveform {}", file.waveform);
    }
    let headers = [
        ("Upload-Length", file.size.to_string()),
        ("Upload-Metadata", metadata),
        ("Idempotency-Key", file.key.clone()),
    ];
    let request = new_request("POST", UPLOADS, &headers).ok_or(Trouble::Later(0))?;
    let answer = match send(request, &JsValue::NULL).await {
        // Too many are unfinished: nothing that a new upload could be out of step with.
        Err(Trouble::OutOfStep) => return Err(Trouble::Refused(TOO_MANY.to_owned())),
        answer => answer?,
    };
    answer.header("Location").ok_or(Trouble::Later(0))
}

/// How many bytes of an upload the server has.
pub async fn offset(address: &str) -> Result<i64, Trouble> {
    let request = new_request("HEAD", address, &[]).ok_or(Trouble::Later(0))?;
    send(request, &JsValue::NULL)
        .await?
        .offset()
        .ok_or(Trouble::Later(0))
}

/// A request that carries a piece, which begins at this offset.
pub fn new_piece(address: &str, offset: i64) -> Option<JsValue> {
    let headers = [
        ("Upload-Offset", offset.to_string()),
        ("Content-Type", "application/offset+octet-stream".to_owned()),
    ];
    let request = new_request("PATCH", address, &headers)?;
    set(&request, "timeout", &PIECE_TIMEOUT_MS.into());
    Some(request)
}

/// Sends a piece. How many bytes the server has then.
pub async fn send_piece(request: JsValue, piece: &JsValue) -> Result<i64, Trouble> {
    send(request, piece)
        .await?
        .offset()
        .ok_or(Trouble::Later(0))
}

/// The address of the upload with an id.
pub fn address_of(id: &str) -> String {
    format!("{UPLOADS}/{id}")
}

/// An upload, once the server has looked at what has arrived, so that a message can have it; `None` until then.
pub async fn ready_upload(address: &str) -> Result<Option<Upload>, Trouble> {
    let request = new_request("GET", address, &[]).ok_or(Trouble::Later(0))?;
    let upload = json::read::<Upload>(&send(request, &JsValue::NULL).await?.body());
    let upload = upload.ok_or(Trouble::Later(0))?;
    match upload.state {
        UploadState::Ready => Ok(Some(upload)),
        UploadState::Processing => Ok(None),
        UploadState::Uploading => Err(Trouble::OutOfStep),
    }
}

/// Lets the server forget an upload. Without an answer it forgets it after a day.
pub async fn drop_upload(address: &str) {
    if let Some(request) = new_request("DELETE", address, &[]) {
        let _ = send(request, &JsValue::NULL).await;
    }
}

/// The id that a message names an upload by: the end of its address.
pub fn id_of(address: &str) -> String {
    address.rsplit('/').next().unwrap_or_default().to_owned()
}

fn new_request(method: &str, address: &str, headers: &[(&str, String)]) -> Option<JsValue> {
    let request = construct("XMLHttpRequest", &[]).ok()?;
    call(&request, "open", &[method.into(), address.into()]).ok()?;
    set(&request, "timeout", &TIMEOUT_MS.into());
    let (name, version) = VERSION;
    for (name, value) in [(name, version)]
        .into_iter()
        .chain(headers.iter().map(|(name, value)| (*name, &**value)))
    {
        call(&request, "setRequestHeader", &[name.into(), value.into()]).ok()?;
    }
    Some(request)
}

async fn send(request: JsValue, body: &JsValue) -> Result<Answer, Trouble> {
    call(&request, "send", std::slice::from_ref(body)).map_err(|_| Trouble::Later(0))?;
    let _ = event_of(&request, "onloadend", "onloadend").await;
    // 0 without an answer.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let status = get(&request, "status").as_f64().unwrap_or_default() as u16;
    let answer = Answer { request };
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    let retry_after = answer
        .header("Retry-After")
        .and_then(|seconds| seconds.parse().ok());
    let body = answer.body();
    Err(trouble(&Response {
        status,
        retry_after,
        body,
    }))
}

fn trouble(answer: &Response) -> Trouble {
    match answer.status {
        0 | 401 | 408 | 429 | 500..507 => Trouble::Later(answer.retry_after.unwrap_or_default()),
        409 | 423 | 460 => Trouble::OutOfStep,
        404 | 410 => Trouble::Gone,
        _ => {
            let problem = json::read::<Problem>(&answer.body);
            let detail = problem.map_or_else(
                || "The server does not take this file.".to_owned(),
                |it| it.detail,
            );
            Trouble::Refused(detail)
        }
    }
}

/// The bytes of a text in Base64, as `Upload-Metadata` has them.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for part in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            encoded.push(if at <= part.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Response, Trouble, base64, id_of, trouble};

    #[test]
    fn encodes_as_rfc_4648_has_it() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar", "é"];
        let encoded = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "w6k=",
        ];
        assert_eq!(texts.map(base64), encoded);
    }

    #[test]
    fn only_what_cannot_succeed_is_refused() {
        let of = |status| {
            trouble(&Response {
                status,
                retry_after: Some(3),
                body: String::new(),
            })
        };
        for status in [0, 401, 429, 500, 503] {
            assert_eq!(of(status), Trouble::Later(3), "{status}");
        }
        assert_eq!(of(409), Trouble::OutOfStep);
        assert_eq!(of(404), Trouble::Gone);
        for status in [412, 413, 507] {
            assert!(matches!(of(status), Trouble::Refused(_)), "{status}");
        }
        assert_eq!(id_of("/api/v1/uploads/12"), "12");
    }
}
