//! What every handler may reach for.

use crate::{Config, origin::Origins, shutdown::Shutdown};
use axum::extract::FromRef;
use chat::Chat;
use leptos::config::LeptosOptions;
use std::sync::Arc;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct State {
    pub chat: Chat,
    pub config: Arc<Config>,
    pub origins: Arc<Origins>,
    pub shutdown: Shutdown,
    /// Where the pages find their scripts and styles.
    pub site: LeptosOptions,
}

impl FromRef<State> for LeptosOptions {
    fn from_ref(state: &State) -> Self {
        state.site.clone()
    }
}

impl FromRef<State> for Chat {
    fn from_ref(state: &State) -> Self {
        state.chat.clone()
    }
}
