//! The icons: SVG strokes on a grid of 24 by 24, in the colour of the text.

use leptos::{prelude::*, tachys::html::InertElement};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Announcements,
    Back,
    Bookmark,
    Channel,
    Check,
    CheckTwice,
    Clock,
    Close,
    Copy,
    Delete,
    Down,
    Edit,
    Eye,
    File,
    Fold,
    Forward,
    Group,
    Hide,
    Keyboard,
    Link,
    Lock,
    More,
    Muted,
    Pin,
    Plus,
    Reply,
    Search,
    Send,
    Settings,
    SignOut,
    Smile,
    Speech,
    Star,
    Thread,
    Unread,
    Up,
    Warning,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Unread => "M4 6h9M4 12h16M4 18h16M18 4a2 2 0 100 4 2 2 0 000-4z",
            Self::Thread => "M4 5h16v11H11l-5 4v-4H4zM8 9h8M8 12h5",
            Self::Pin => "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
            Self::Eye => {
                "M3 12s3.500-6 9-6 9 6 9 6-3.500 6-9 6-9-6-9-6zM12 10a2 2 0 100 4 2 2 0 000-4z"
            }
            Self::File => "M6 3h8l5 5v13H6zM14 3v5h5",
            Self::Bookmark => "M6 4h12v16l-6-4-6 4z",
            Self::Announcements => "M4 10v4h4l8 5V5l-8 5zM19 9.500a4 4 0 010 5M8 14v5",
            Self::Back => "M15 5l-7 7 7 7",
            Self::Channel => "M10 4L8 20M16 4l-2 16M5 9h15M4 15h15",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::CheckTwice => "M2 12.5l4.5 4.5L16 7.5M12 16.5l.5.5L22 7.5",
            Self::Clock => "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7.5V12l3 2",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Link => {
                "M10 14a4 4 0 006 0l3-3a4 4 0 00-6-6l-1 1M14 10a4 4 0 00-6 0l-3 3a4 4 0 006 6l1-1"
            }
            Self::Star => {
                "M12 4l2.500 5 5.500.8-4 3.900 1 5.500-5-2.600-5 2.600 1-5.500-4-3.900 5.500-.8z"
            }
            Self::Muted => "M6 16V11a6 6 0 019-5.200M18 10v6H6M10 19a2 2 0 004 0M4 4l16 16",
            Self::Hide => "M3 12s3.500-6 9-6 9 6 9 6-3.500 6-9 6-9-6-9-6zM4 4l16 16",
            Self::Fold => "M7 10l5 5 5-5",
            Self::Delete => "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
            Self::Up => "M12 19V5M6 11l6-6 6 6",
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Edit => "M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3",
            Self::Group => {
                "M9 12a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM3 20c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M16 5.3a3.5 3.5 0 010 6.4M18 15c1.8.8 3 2.600 3 5"
            }
            Self::Keyboard => {
                "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M18 10h.01M7 14h.01M10 14h5M18 14h.01"
            }
            Self::Lock => "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 017 0v3",
            Self::More => {
                "M6 11.500a.5.5 0 100 1 .5.5 0 000-1zM12 11.500a.5.5 0 100 1 .5.5 0 000-1zM18 11.500a.5.5 0 100 1 .5.5 0 000-1z"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Forward => "M15 7l5 5-5 5M20 12H10c-4 0-6 2-6 6",
            Self::Reply => "M9 7l-5 5 5 5M4 12h10c4 0 6 2 6 6",
            Self::Search => "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4.500 4.500",
            Self::Send => "M5 12h13M12 5l7 7-7 7",
            Self::Settings => {
                "M4 7h10M18 7h2M4 17h2M10 17h10M16 5a2 2 0 100 4 2 2 0 000-4zM8 15a2 2 0 100 4 2 2 0 000-4z"
            }
            Self::SignOut => "M14 4h5v16h-5M4 12h11M11 8l4 4-4 4",
            Self::Smile => {
                "M12 3a9 9 0 100 18 9 9 0 000-18zM8.500 14c.8 1.300 2 2 3.500 2s2.700-.7 3.500-2M9 10h.01M15 10h.01"
            }
            Self::Speech => "M4 5h16v11H11l-5 4v-4H4z",
            Self::Warning => "M12 4l9 16H3zM12 10v4M12 17h.01",
        }
    }
}

/// Hidden from screen readers: a label stands beside it or on its button.
pub fn icon(icon: Icon) -> AnyView {
    InertElement::new(icon_html(icon)).into_any()
}

/// The same as HTML.
pub fn icon_html(icon: Icon) -> String {
    svg_html(icon.path())
}

/// The HTML of an icon that is drawn by this path. Those of a chunk are with what they are for.
pub fn svg_html(path: &str) -> String {
    format!(r#"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg>"#)
}
