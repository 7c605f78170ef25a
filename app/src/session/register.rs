//! The page for a new account.

use super::{
    Register,
    form_page::{FormPage, refusal},
    leave_if_signed_in,
    sign_in::busy,
};
use crate::ui::{Field, problem_note};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

#[component]
pub fn RegisterPage() -> impl IntoView {
    leave_if_signed_in();
    let action = ServerAction::<Register>::new();
    let problem = refusal(action.value());
    let asked = use_query_map().get_untracked();
    let filled = move |name| asked.get(name).unwrap_or_default();
    view! {
        <FormPage title="Create an account" lead="Pick a name, and start talking.">
            <ActionForm action>
                {problem_note(problem)}
                <input type="hidden" name="next" value=filled("next") />
                <Field
                    label="Username"
                    name="username"
                    autocomplete="username"
                    hint="Others find and mention you by it."
                    value=filled("username")
                    required=true
                    problem
                />
                <Field
                    label="Name (optional)"
                    name="name"
                    autocomplete="name"
                    value=filled("name")
                    problem
                />
                <Field
                    label="E-mail (optional)"
                    name="email"
                    kind="email"
                    autocomplete="email"
                    value=filled("email")
                    problem
                />
                <Field
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 8 characters."
                    required=true
                    problem
                />
                <button class="button button-primary button-wide" aria-busy=busy(action.pending())>
                    "Create account"
                </button>
            </ActionForm>
            <p class="door-other">"Have an account? " <a href="/sign-in">"Sign in"</a></p>
        </FormPage>
    }
    .into_any()
}
