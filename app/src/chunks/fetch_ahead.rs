//! Fetching ahead what a live page needs: the work of the client, and then what helps to write, which fetches the other
//! chunks while the page is idle (`compose/idle.rs`).

use super::{COMPOSE, Composing, LIVE};
use crate::{
    client::{spawn, use_client},
    erased_signal::effect,
    router::use_router,
    sidebar_sections::SidebarState,
    store::ConnectionStatus,
    ui::use_zone,
};
use leptos::prelude::expect_context;

/// Only when the first screen is live, with which it would otherwise compete for the network.
pub fn fetch_when_live() {
    let client = use_client();
    let composing = Composing {
        client,
        router: use_router(),
        zone: use_zone(),
        sidebar: expect_context::<SidebarState>(),
    };
    let status = client.connection_status();
    effect(move || {
        if status.get() != ConnectionStatus::Online {
            return;
        }
        // At every connect, until they are there.
        spawn(async move {
            let _ = LIVE.load().await;
            if COMPOSE.load().await.is_ok()
                && let Some(begin) = COMPOSE.entry()
            {
                begin(composing);
            }
        });
    });
}
