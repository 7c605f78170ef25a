//! The sign-in page.

use super::{
    SignIn,
    form_page::{FormPage, refusal},
    leave_if_signed_in,
};
use crate::ui::{Field, problem_note};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInPage() -> impl IntoView {
    leave_if_signed_in();
    let action = ServerAction::<SignIn>::new();
    let problem = refusal(action.value());
    let asked = use_query_map().get_untracked();
    let next = asked.get("next").unwrap_or_default();
    let register = format!(
        "/register?next={}",
        leptos_router::location::Url::escape(&next)
    );
    view! {
        <FormPage title="Sign in" lead="Good to see you again.">
            <ActionForm action>
                {problem_note(problem)}
                <input type="hidden" name="next" value=next />
                <Field
                    label="Username or e-mail"
                    name="login"
                    autocomplete="username"
                    value=asked.get("login").unwrap_or_default()
                    required=true
                    problem
                />
                <Field
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                    problem
                />
                <button class="button button-primary button-wide" aria-busy=busy(action.pending())>
                    "Sign in"
                </button>
            </ActionForm>
            <p class="door-other">"New here? " <a href=register>"Create an account"</a></p>
        </FormPage>
    }
    .into_any()
}

/// While an answer is awaited.
pub fn busy(pending: Memo<bool>) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync {
    move || pending.get().then_some("true")
}
