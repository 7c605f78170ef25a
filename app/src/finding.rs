//! Finding messages, people and channels: what is open of it, and what opens it. The palette, the search
//! panel, the lists of channels and people and the profile cards themselves come in a chunk.

mod buttons;
mod panel;
mod state;

pub use buttons::{palette_button, search_button};
pub use panel::{finding_dialogs, search_panel};
pub use state::{CardPlace, Finding, provide_finding, use_finding};
