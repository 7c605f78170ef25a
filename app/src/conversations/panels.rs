//! Which panels and dialogs of the open conversation are open.

use crate::erased_signal::ErasedSignal;

#[derive(Clone, Copy)]
pub struct PanelState {
    pub members: ErasedSignal<bool>,
    pub pins: ErasedSignal<bool>,
    pub details: ErasedSignal<bool>,
    pub delete: ErasedSignal<bool>,
    pub previews: ErasedSignal<bool>,
}

impl PanelState {
    /// All closed.
    pub fn new() -> Self {
        Self {
            members: ErasedSignal::new(false),
            pins: ErasedSignal::new(false),
            details: ErasedSignal::new(false),
            delete: ErasedSignal::new(false),
            previews: ErasedSignal::new(false),
        }
    }
}

/// Closes a panel that is open.
pub fn close_panel(panel: ErasedSignal<bool>) {
    if panel.get_untracked() {
        panel.set(false);
    }
}
