//! The page that creates an account.

use super::{form_page::FormPage, server_functions::Register};
use crate::{
    erased_signal::ErasedSignal,
    refuse_form::refused_problem,
    request_context::query_param,
    ui::{Field, filled_in, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn RegisterPage() -> impl IntoView {
    let problem = ErasedSignal::new(refused_problem());
    any_view! {
        <FormPage title="Create an account" lead="Pick a name, and start talking.">
            <form method="post" action=Register::url()>
                {problem_note(problem)}
                <input type="hidden" name="next" value=query_param("next") />
                <Field
                    label="Username"
                    name="username"
                    autocomplete="username"
                    hint="Others find and mention you by it."
                    value=filled_in("username")
                    required=true
                    problem
                />
                <Field label="Name (optional)" name="name" autocomplete="name" value=filled_in("name") problem />
                <Field
                    label="E-mail (optional)"
                    name="email"
                    kind="email"
                    autocomplete="email"
                    value=filled_in("email")
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
                <button class="button button-primary button-wide">"Create account"</button>
            </form>
            <p class="door-other">"Have an account? " <a href="/sign-in">"Sign in"</a></p>
        </FormPage>
    }
}
