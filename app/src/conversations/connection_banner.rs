//! The banner that reports a lost connection.

use crate::{
    client::use_client,
    erased_signal::{ErasedSignal, memo},
    store::ConnectionStatus,
    ui::{dynamic_attr, dynamic_text, show_if},
};
use leptos::prelude::*;

/// Empty while the connection is up, and before the first connect.
pub fn connection_banner() -> AnyView {
    let client = use_client();
    let status = client.connection_status();
    let was_online = ErasedSignal::new(false);
    let text = memo(move || match status.get() {
        ConnectionStatus::Online => {
            was_online.set(true);
            ""
        }
        ConnectionStatus::Connecting if was_online.get_untracked() => "Reconnecting…",
        ConnectionStatus::Connecting => "",
        ConnectionStatus::Offline => "You are offline. What you write is kept and sent later.",
        ConnectionStatus::SignedOut => "You were signed out.",
    });
    any_view! {
        <div
            class=dynamic_attr(move || if text.get().is_empty() { "banner notranslate" } else { "banner banner-shown notranslate" })
            role="status"
        >
            {dynamic_text(move || text.get().to_owned())}
            {show_if(move || {
                (status.get() == ConnectionStatus::SignedOut)
                    .then(|| any_view! { <a href="/sign-in">"Sign in again"</a> })
            })}
        </div>
    }
}
