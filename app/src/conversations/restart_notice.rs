//! The notice that the page was built anew, because something else had changed it.

use crate::{
    erased_signal::ErasedSignal,
    ui::{on, show_if},
};
use leptos::prelude::*;

pub fn restart_notice(is_anew: bool) -> AnyView {
    let shown = ErasedSignal::new(is_anew);
    show_if(move || {
        shown.get().then(|| {
            any_view! {
                <div class="banner banner-shown" role="status">
                    "A translation or an extension had changed this page, so it was started anew."
                    <button type="button" class="link" on:click=on::click(move |_| shown.set(false))>"OK"</button>
                </div>
            }
        })
    })
}
