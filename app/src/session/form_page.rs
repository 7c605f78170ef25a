//! The layout of the pages of those who are not signed in.

use leptos::prelude::*;

#[component]
pub fn FormPage(title: &'static str, lead: &'static str, children: Children) -> impl IntoView {
    any_view! {
        <main class="door">
            <div class="door-card">
                <p class="brand" translate="no">
                    <img src="/favicon.svg" alt="" width="36" height="36" />
                    "Parlance"
                </p>
                <h1>{title}</h1>
                <p class="lead">{lead}</p>
                {children()}
            </div>
        </main>
    }
}
