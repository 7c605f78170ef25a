//! The files of a message, as HTML without handlers: pictures whose size is known before they are there, video and
//! sound with the controls of the browser, and cards of all others.

use crate::ui::{escape_html, size_text, svg_html};
use model::{Attachment, AttachmentKind, Message};
use std::fmt::Write;

/// A single picture is at most so wide and so high, in pixels.
const MAX_WIDTH: i32 = 360;
const MAX_HEIGHT: i32 = 320;
/// No picture is larger: the products below stay in their type.
const MAX_SIDE: i32 = 1_000_000;
/// Of thumbnails, the first that has so many pixels in a row is shown: enough for screens with two of them for one.
const WIDTH_SHOWN: i32 = 700;

/// The outline of a sheet of paper.
pub const FILE_PATH: &str = "M6 3h8l5 5v13H6zM14 3v5h5";

/// Empty if the message has no files.
pub fn attachments_html(message: &Message) -> String {
    let mut html = String::new();
    let pictures = message
        .attachments
        .iter()
        .filter(|it| it.kind == AttachmentKind::Image);
    let class = match pictures.clone().count() {
        0 => None,
        1 => Some("pictures"),
        _ => Some("pictures pictures-many"),
    };
    if let Some(class) = class {
        let pictures: String = pictures.map(picture).collect();
        let _ = write!(html, r#"<div class="{class}">{pictures}</div>"#);
    }
    for attachment in &message.attachments {
        let (url, name) = (quoted(&attachment.url), quoted(&attachment.name));
        let _ = match attachment.kind {
            AttachmentKind::Image => Ok(()),
            AttachmentKind::Video => {
                let size = size_of(attachment);
                write!(
                    html,
                    r#"<video controls playsinline preload="metadata" src="{url}" aria-label="{name}"{size}></video>"#
                )
            }
            AttachmentKind::Audio => {
                write!(
                    html,
                    r#"<audio controls preload="metadata" src="{url}" aria-label="{name}"></audio>"#
                )
            }
            AttachmentKind::File => {
                let size = attachment.size.map(size_text).unwrap_or_default();
                let icon = svg_html(FILE_PATH);
                write!(
                    html,
                    r#"<a class="file attachment" href="{url}" target="_blank" rel="noopener noreferrer">{icon}<span dir="auto">{name}</span><small>{size}</small></a>"#
                )
            }
        };
    }
    html
}

/// A link to the picture, which opens it large where scripts run.
fn picture(attachment: &Attachment) -> String {
    let (url, name) = (quoted(&attachment.url), quoted(&attachment.name));
    let thumbnails = &attachment.thumbnails;
    let large = thumbnails.iter().find(|it| it.width >= WIDTH_SHOWN);
    let shown = large
        .or(thumbnails.last())
        .map_or(url.clone(), |it| quoted(&it.url));
    let blur = attachment
        .placeholder
        .as_ref()
        .map(|it| format!(r#"<img class="blur" src="{}" alt="">"#, quoted(it)));
    format!(
        r#"<a class="picture" href="{url}" target="_blank" rel="noopener" data-act="picture" data-file="{}">{}<img src="{shown}" alt="{name}"{} loading="lazy" decoding="async"></a>"#,
        quoted(&attachment.id),
        blur.unwrap_or_default(),
        size_of(attachment),
    )
}

/// The attributes of what is shown of a picture, so that it has its room before it is there.
fn size_of(attachment: &Attachment) -> String {
    let (Some(width), Some(height)) = (attachment.width, attachment.height) else {
        return String::new();
    };
    let (width, height) = fit(width, height);
    format!(r#" width="{width}" height="{height}""#)
}

/// The size within the largest one, in the same proportions.
fn fit(width: i32, height: i32) -> (i32, i32) {
    let (width, height) = (width.clamp(1, MAX_SIDE), height.clamp(1, MAX_SIDE));
    if width <= MAX_WIDTH && height <= MAX_HEIGHT {
        (width, height)
    } else if width * MAX_HEIGHT > height * MAX_WIDTH {
        (MAX_WIDTH, (height * MAX_WIDTH / width).max(1))
    } else {
        ((width * MAX_HEIGHT / height).max(1), MAX_HEIGHT)
    }
}

/// A text within quotation marks.
fn quoted(text: &str) -> String {
    escape_html(text).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{fit, quoted};

    #[test]
    fn a_picture_keeps_its_proportions() {
        assert_eq!(fit(100, 50), (100, 50));
        assert_eq!(fit(3600, 1800), (360, 180));
        assert_eq!(fit(1000, 3200), (100, 320));
        assert_eq!(fit(1_000_000, 1), (360, 1));
        assert_eq!(fit(0, 0), (1, 1));
    }

    #[test]
    fn a_name_stays_in_its_attribute() {
        assert!(!quoted(r#""><b onx="1"#).contains(['"', '<']));
    }
}
