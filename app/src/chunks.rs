//! Everything that is not on the first screen, in chunks of WebAssembly that load when they are asked
//! for and are fetched ahead when the page is idle.
//!
//! The first screen is the rest of this crate: sidebar, timeline, composer. Each kilobyte of it is on
//! everybody's first visit, so it is written with erased types (`erased_signal`, `ui/erased_view`, `on`,
//! `any_view!`). That dialect ends at this folder, where components are ordinary Leptos. Neither half
//! takes more from the other than a `Part` of a chunk, and what both use stays with the first screen:
//! the linker puts a function into a chunk if nothing outside of the chunk reaches it.
//!
//! `docs/development.md` says how to add one.

#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "it only listens, in the browser")
)]
mod compose;
mod conversation;
mod emoji;
mod files;
mod finding;
mod forward;
mod later;
mod live;
mod long_press;
mod people_picker;
mod pictures;
mod polls;
mod start;
mod threads;

#[cfg(feature = "hydrate")]
mod fetch_ahead;

#[cfg(feature = "hydrate")]
pub use compose::{COMPOSE, Composing};
pub use conversation::{CONVERSATION, ConversationPart};
pub use emoji::{EMOJI, EmojiPicker, Taken};
#[cfg(feature = "hydrate")]
pub use fetch_ahead::fetch_when_live;
pub use files::{FILES, FilesPart};
pub use finding::{FINDING, FindingPart};
pub use forward::{FORWARD, ForwardPart};
pub use later::{LATER, LaterContext, LaterPart, reminder_of};
pub use live::{LIVE, LivePart};
pub use pictures::{PICTURES, PicturesPart, cut_pictures};
pub use polls::{POLLS, PollsPart};
pub use start::{START, StartPart};
pub use threads::{THREADS, ThreadsPart};
