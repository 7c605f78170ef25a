//! The files of a message, as HTML without handlers: pictures and films whose size is known before they are there, sound with
//! its player (`player.rs`), and cards of all others.

use super::{player::player, waveform::length_text};
use crate::{
    erased_signal::ErasedSignal,
    ui::{Icon, escape_html, icon_html, size_text},
};
use leptos::{prelude::*, tachys::html::InertElement};
use model::{Attachment, AttachmentKind, Message};
use std::{fmt::Write, sync::Arc};

/// A single picture is at most so wide and so high, in pixels.
const MAX_WIDTH: i32 = 360;
const MAX_HEIGHT: i32 = 320;
/// The most that one of several pictures is wide (`style/files.css`).
const MANY_WIDTH: &str = "24rem";
/// No picture is larger: the products below stay in their type.
const MAX_SIDE: i32 = 1_000_000;
/// Letters of the end of a name that are shown in the place of an icon.
const MAX_EXTENSION: usize = 4;

/// Those that the server has rendered are marked: the page leaves them as they are (`messages/bubble.rs`).
pub fn attachments(message: ErasedSignal<Arc<Message>>) -> AnyView {
    let html = message.with_untracked(|message| attachments_html(message));
    let mark = if cfg!(target_family = "wasm") {
        ""
    } else {
        " data-rendered"
    };
    InertElement::new(format!(r#"<div class="attachments"{mark}>{html}</div>"#)).into_any()
}

fn attachments_html(message: &Message) -> String {
    let (pictures, others): (Vec<_>, Vec<_>) = message
        .attachments
        .iter()
        .partition(|it| it.kind == AttachmentKind::Image);
    let mut html = String::new();
    let (class, width) = match pictures.len() {
        0 => ("", None),
        1 => ("pictures", None),
        _ => ("pictures pictures-many", Some(MANY_WIDTH)),
    };
    if !class.is_empty() {
        let pictures: String = pictures.into_iter().map(|it| picture(it, width)).collect();
        let _ = write!(html, r#"<div class="{class}">{pictures}</div>"#);
    }
    html.extend(others.into_iter().map(other));
    html
}

/// A link to the picture, which opens it large (`viewer.rs`). What is shown of it before comes first in it.
fn picture(attachment: &Attachment, width: Option<&str>) -> String {
    let (url, name) = (quoted(&attachment.url), quoted(&attachment.name));
    let size = attachment.size.map(size_text).unwrap_or_default();
    let (class, sides, shown) = match attachment.width.zip(attachment.height) {
        Some((full_width, full_height)) => {
            let (width, height) = fit(full_width, full_height);
            (
                format!(r#"picture" data-width="{full_width}" data-height="{full_height}"#),
                format!(r#" width="{width}" height="{height}""#),
                format!("{width}px"),
            )
        }
        None => (
            "picture picture-unknown".to_owned(),
            String::new(),
            String::new(),
        ),
    };
    let sources = sources(attachment, width.unwrap_or(&shown));
    let placeholder = attachment.placeholder.as_deref().map(|it| {
        let address = quoted(it);
        format!(r#"<img src="{address}" alt="">"#)
    });
    let placeholder = placeholder.unwrap_or_default();
    format!(
        r#"<a class="{class}" href="{url}" target="_blank" rel="noopener noreferrer" data-size="{size}">{placeholder}<img {sources} alt="{name}"{sides} loading="lazy" decoding="async"></a>"#
    )
}

/// The thumbnails that the browser chooses among by its resolution, for a picture that is shown this wide, or on a phone as wide
/// as a bubble; without one, the picture itself.
fn sources(attachment: &Attachment, width: &str) -> String {
    let Some(smallest) = attachment.thumbnails.first() else {
        return format!(r#"src="{}""#, quoted(&attachment.url));
    };
    let all = attachment.thumbnails.iter();
    let all: Vec<_> = all.map(|it| format!("{} {}w", it.url, it.width)).collect();
    let (smallest, all) = (quoted(&smallest.url), quoted(&all.join(", ")));
    format!(r#"src="{smallest}" srcset="{all}" sizes="min(67vw, {width})""#)
}

fn other(attachment: &Attachment) -> String {
    let (url, name) = (quoted(&attachment.url), quoted(&attachment.name));
    // A link to somewhere else has no size. It says where it leads.
    let (link, small) = match attachment.size {
        Some(size) => (
            format!(r#"href="{url}" download="{name}""#),
            size_text(size),
        ),
        None => (
            format!(r#"href="{url}" target="_blank" rel="noopener noreferrer""#),
            format!("<bdi>{}</bdi>", escape_html(host(&attachment.url))),
        ),
    };
    let length = attachment
        .duration
        .map(|it| format!("{} · ", length_text(it)));
    let length = length.unwrap_or_default();
    let player = match attachment.kind {
        AttachmentKind::Video => film(attachment, &url, &name),
        AttachmentKind::Audio if attachment.waveform.is_some() => {
            return format!(
                r#"<div class="media">{}</div>"#,
                player(attachment, &url, "Voice message")
            );
        }
        AttachmentKind::Audio => player(attachment, &url, &name),
        AttachmentKind::Image | AttachmentKind::File => {
            let icon = file_icon_html(&attachment.name);
            return format!(
                r#"<a class="file" {link}>{icon}<span class="file-text"><bdi>{name}</bdi><small>{small}</small></span></a>"#
            );
        }
    };
    format!(
        r#"<figure class="media">{player}<figcaption><a {link}><bdi>{name}</bdi></a> <small>{length}{small}</small></figcaption></figure>"#
    )
}

/// With the controls of the browser, which shows the first picture of it.
fn film(attachment: &Attachment, url: &str, name: &str) -> String {
    let sides = attachment
        .width
        .zip(attachment.height)
        .map(|(width, height)| {
            let (width, height) = fit(width, height);
            format!(r#" width="{width}" height="{height}""#)
        });
    let sides = sides.unwrap_or_default();
    format!(
        r#"<video controls playsinline preload="metadata" src="{url}" aria-label="{name}"{sides}></video>"#
    )
}

/// The host of an address of the web, with its port; empty for an address of this server.
fn host(url: &str) -> &str {
    let scheme = url.split_once("://").filter(|(it, _)| !it.contains('/'));
    let rest = scheme.map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Those of old messages may have a user before the host.
    authority.rsplit('@').next().unwrap_or_default()
}

/// The end of a name as an icon, such as PDF; of a name without one, a sheet of paper.
pub fn file_icon_html(name: &str) -> String {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let is_known = (1..=MAX_EXTENSION).contains(&end.len())
        && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let icon = if is_known {
        end.to_ascii_uppercase()
    } else {
        icon_html(Icon::File)
    };
    format!(r#"<span class="file-icon" aria-hidden="true">{icon}</span>"#)
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
    use super::{file_icon_html, fit, other, picture, quoted};
    use model::{Attachment, AttachmentKind, Thumbnail};

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
        for kind in [
            AttachmentKind::Image,
            AttachmentKind::Video,
            AttachmentKind::Audio,
            AttachmentKind::File,
        ] {
            let attachment = Attachment {
                name: r#"a."><img src=x onerror="x"#.to_owned(),
                url: r#"/uploads/1/"><b>"#.to_owned(),
                kind,
                placeholder: Some(r#"data:"><b>"#.to_owned()),
                thumbnails: vec![Thumbnail {
                    url: r#"/uploads/1/"><b>"#.to_owned(),
                    width: 1,
                    height: 1,
                }],
                ..Attachment::default()
            };
            let html = [picture(&attachment, None), other(&attachment)].concat();
            assert!(
                !html.contains("<b>") && !html.contains("<img src=x"),
                "{html}"
            );
        }
    }

    #[test]
    fn the_browser_chooses_among_the_thumbnails() {
        let thumbnail = |width| Thumbnail {
            url: format!("/uploads/1/thumbnails/{width}.webp"),
            width,
            height: width / 2,
        };
        let mut attachment = Attachment {
            url: "/uploads/1/a.jpg".to_owned(),
            width: Some(2000),
            height: Some(1000),
            placeholder: Some("data:image/webp;base64,AA==".to_owned()),
            thumbnails: vec![thumbnail(320), thumbnail(800)],
            ..Attachment::default()
        };
        let html = picture(&attachment, None);
        let all = r#"srcset="/uploads/1/thumbnails/320.webp 320w, /uploads/1/thumbnails/800.webp 800w" sizes="min(67vw, 360px)""#;
        for part in [
            all,
            r#"width="360" height="180""#,
            r#"data-width="2000" data-height="1000""#,
            r#"<img src="data:image/webp;base64,AA==" alt=""><img src="/uploads/1/thumbnails/320.webp""#,
            r#"href="/uploads/1/a.jpg""#,
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(picture(&attachment, Some("24rem")).contains(r#"sizes="min(67vw, 24rem)""#));
        attachment.thumbnails.clear();
        assert!(picture(&attachment, None).contains(r#"<img src="/uploads/1/a.jpg""#));
    }

    #[test]
    fn an_icon_says_what_a_name_ends_with() {
        assert!(file_icon_html("a.tar.gz").contains(">GZ<"));
        for name in ["a", "a.", "a.<b>", "a.verylong", "a.ä"] {
            assert!(file_icon_html(name).contains("<svg"), "{name}");
        }
    }

    #[test]
    fn what_is_here_is_saved_and_what_is_elsewhere_opens_beside_the_page() {
        let mut file = Attachment {
            name: "a.pdf".to_owned(),
            url: "https://example.org/a.pdf".to_owned(),
            ..Attachment::default()
        };
        let html = other(&file);
        assert!(html.contains("_blank") && html.contains("<bdi>example.org</bdi>"));
        for (url, shown) in [
            ("https://good.example@evil.example:81/x", "evil.example:81"),
            ("https://evil.example?good.example/", "evil.example"),
            ("/files/a://b", ""),
        ] {
            assert_eq!(super::host(url), shown);
        }
        file.size = Some(1);
        assert!(other(&file).contains(r#"download="a.pdf""#));
    }
}
