//! The page that chooses a password in the place of a forgotten one, with the link of an administrator.

use super::{form_page::FormPage, server_functions::ResetPassword};
use crate::{
    erased_signal::ErasedSignal,
    refuse_form::refused_problem,
    ui::{Field, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The link of an address, and whom it is for.
#[derive(Clone)]
pub struct ResetLink {
    pub token: String,
    pub username: String,
}

pub fn reset_page(link: ResetLink) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    any_view! {
        <FormPage title="Choose a password" lead="You are signed out everywhere else by it.">
            <form method="post" action=ResetPassword::url()>
                {problem_note(problem)}
                <input type="hidden" name="token" value=link.token />
                // Password managers keep the new password under this name.
                <div class="field">
                    <label for="field-username">"Username"</label>
                    <input id="field-username" autocomplete="username" readonly value=link.username />
                </div>
                <Field
                    label="New password"
                    name="password"
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 8 characters."
                    required=true
                    problem
                />
                <button class="button button-primary button-wide">"Save and sign in"</button>
            </form>
        </FormPage>
    }
}

impl std::fmt::Debug for ResetLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResetLink")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
