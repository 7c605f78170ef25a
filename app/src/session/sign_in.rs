//! The sign-in page.

use super::{SignIn, form_page::FormPage};
use crate::{
    context::{asked, percent_encode, refused},
    signals::Var,
    ui::{Field, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn SignInPage() -> impl IntoView {
    let problem = Var::new(refused());
    let next = asked("next");
    let register = format!("/register?next={}", percent_encode(&next));
    part! {
        <FormPage title="Sign in" lead="Good to see you again.">
            <form method="post" action=SignIn::url()>
                {problem_note(problem)}
                <input type="hidden" name="next" value=next />
                <Field
                    label="Username or e-mail"
                    name="login"
                    autocomplete="username"
                    value=asked("login")
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
                <button class="button button-primary button-wide">"Sign in"</button>
            </form>
            <p class="door-other">"New here? " <a href=register>"Create an account"</a></p>
        </FormPage>
    }
}
