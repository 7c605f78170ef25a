//! The page that changes the password. A plain form, rendered on the server only.

use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param},
    ui::{Field, form_action, form_pane, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{PasswordChange, Problem};

pub const PASSWORD_PATH: &str = "/settings/password";

/// The page after a change.
const CHANGED: &str = "/settings/password?changed=yes";

#[server(prefix = "/form", endpoint = "change-password")]
pub async fn change_password(
    current_password: String,
    new_password: String,
    end_other_sessions: Option<String>,
) -> Result<(), AppError> {
    let changed = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let change = PasswordChange {
            current_password,
            new_password,
            // A checkbox that is not checked is not in the form.
            end_other_sessions: end_other_sessions.is_some(),
        };
        chat.change_password(&caller, change, &client).await?;
        leptos_axum::redirect(CHANGED);
        Ok(())
    };
    refuse_form(PASSWORD_PATH, &[], changed.await)
}

pub fn password_page() -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let is_changed = query_param("changed") == "yes";
    let done = is_changed
        .then(|| any_view! { <p class="note" role="status">"The password is changed."</p> });
    let content = any_view! {
        <section class="card">
            <h3>"Another password"</h3>
            {done}
            <form method="post" action=form_action(ChangePassword::url())>
                {problem_note(problem)}
                {present_password(problem)}
                <Field
                    label="New password"
                    name="new_password"
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 8 characters."
                    required=true
                    problem
                />
                <label class="choice">
                    <input type="checkbox" name="end_other_sessions" value="yes" checked />
                    <span class="grow">"Sign me out everywhere else"</span>
                </label>
                <div class="form-end">
                    <button class="button button-primary">"Save"</button>
                </div>
            </form>
        </section>
    };
    form_pane("Password", ().into_any(), content)
}

/// What proves who asks: the password, or of somebody without one a sign-in of a short time ago.
pub fn own_proof(has_password: bool, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    if has_password {
        return present_password(problem);
    }
    any_view! {
        <input type="hidden" name="current_password" value="" />
        <p class="muted card-text">"You must have signed in within the last 10 minutes."</p>
    }
}

/// The field of the password that the user has, which is asked for before what another one at their browser must not do.
fn present_password(problem: ErasedSignal<Option<Problem>>) -> AnyView {
    any_view! {
        <Field
            label="Present password"
            name="current_password"
            kind="password"
            autocomplete="current-password"
            required=true
            problem
        />
    }
}
