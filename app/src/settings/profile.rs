//! The form of the user's profile, and its server function.

use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    page_context::PageContext,
    ui::{Field, filled_in_or, form_action, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{Account, Profile};

#[server(prefix = "/form", endpoint = "profile")]
pub async fn update_profile(
    name: String,
    email: Option<String>,
    shares_email: Option<String>,
) -> Result<(), AppError> {
    use crate::{refuse_form::refuse_form, request_context};
    let filled_in = [
        ("name", name.clone()),
        ("email", email.clone().unwrap_or_default()),
        ("shares_email", shares_email.clone().unwrap_or_default()),
    ];
    let update = async {
        let profile = Profile {
            name: Some(name.trim().to_owned()),
            // Where mails are sent, it has a page of its own.
            email: email.map(|it| it.trim().to_owned()),
            // A picture has a form of its own, and an address elsewhere is what an app has said.
            avatar_url: None,
            // A checkbox that is not checked is not in the form.
            shares_email: Some(shares_email.is_some()),
        };
        let caller = request_context::caller()?;
        request_context::chat()
            .update_account(&caller, profile)
            .await?;
        // The form may have been on the answer to another one, whose address is no page.
        leptos_axum::redirect("/settings");
        Ok(())
    };
    refuse_form("/settings", &filled_in, update.await)
}

#[component]
pub fn ProfileForm(account: Account, shares_email: bool, sends_emails: bool) -> impl IntoView {
    let problem = ErasedSignal::new(expect_context::<PageContext>().form_error);
    let shared = if shares_email { "yes" } else { "" };
    let is_checked = !filled_in_or("shares_email", shared.to_owned()).is_empty();
    let address = account.email.unwrap_or_default();
    let email = (!sends_emails).then(|| {
        any_view! {
            <Field
                label="E-mail"
                name="email"
                kind="email"
                autocomplete="email"
                value=filled_in_or("email", address)
                problem
            />
        }
    });
    any_view! {
        <form method="post" action=form_action(UpdateProfile::url())>
            {problem_note(problem)}
            <Field label="Name" name="name" autocomplete="name" value=filled_in_or("name", account.user.name) required=true problem />
            {email}
            <label class="choice">
                <input type="checkbox" name="shares_email" value="yes" checked=is_checked />
                <span class="grow">"Everybody here may see my e-mail address"</span>
            </label>
            <div class="form-end">
                <span role="status" class="muted"></span>
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}
