//! What the boxes need of their page.

use crate::{client::ChatClient, router::Router, sidebar_sections::SidebarState, ui::Zone};

#[derive(Clone, Copy)]
pub struct Composing {
    pub client: ChatClient,
    pub router: Router,
    pub zone: Zone,
    pub sidebar: SidebarState,
}
