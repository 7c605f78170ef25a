//! The frame of the pages for those who are not signed in.

use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use model::Problem;

#[component]
pub fn FormPage(title: &'static str, lead: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Parlance") />
        <main class="door">
            <div class="door-card">
                <p class="brand">
                    <img src="/favicon.svg" alt="" width="36" height="36" />
                    "Parlance"
                </p>
                <h1>{title}</h1>
                <p class="lead">{lead}</p>
                {children()}
            </div>
        </main>
    }
    .into_any()
}

/// What the last attempt was refused for.
pub fn refusal(
    value: impl Get<Value = Option<Result<(), AppError>>> + Copy + Send + Sync + 'static,
) -> Signal<Option<Problem>> {
    Signal::derive(move || value.get()?.err().map(|AppError(problem)| problem))
}
