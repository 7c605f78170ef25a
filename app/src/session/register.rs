//! The page for a new account.

use super::{Register, form_page::FormPage};
use crate::{
    context::{asked, refused},
    signals::Var,
    ui::{Field, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn RegisterPage() -> impl IntoView {
    let problem = Var::new(refused());
    part! {
        <FormPage title="Create an account" lead="Pick a name, and start talking.">
            <form method="post" action=Register::url()>
                {problem_note(problem)}
                <input type="hidden" name="next" value=asked("next") />
                <Field
                    label="Username"
                    name="username"
                    autocomplete="username"
                    hint="Others find and mention you by it."
                    value=asked("username")
                    required=true
                    problem
                />
                <Field label="Name (optional)" name="name" autocomplete="name" value=asked("name") problem />
                <Field
                    label="E-mail (optional)"
                    name="email"
                    kind="email"
                    autocomplete="email"
                    value=asked("email")
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
