//! The form for what others see of the reader.

use crate::{
    error::AppError,
    ui::{Field, problem_note, text},
};
use leptos::{form::ActionForm, prelude::*};
use model::Account;

#[server(prefix = "/form", endpoint = "profile")]
pub async fn update_profile(
    name: String,
    email: String,
    avatar_url: String,
) -> Result<(), AppError> {
    use crate::context;
    let update = async {
        let profile = model::Profile {
            name: Some(name.trim().to_owned()),
            email: Some(email.trim().to_owned()),
            avatar_url: Some(avatar_url.trim().to_owned()),
        };
        let caller = context::caller()?;
        context::chat().update_account(&caller, profile).await?;
        Ok(())
    };
    context::refuse_form(
        <UpdateProfile as leptos::server_fn::ServerFn>::PATH,
        "/settings",
        &[],
        update.await,
    )
}

#[component]
pub fn ProfileForm(account: Account) -> impl IntoView {
    let action = ServerAction::<UpdateProfile>::new();
    let value = action.value();
    let problem = Signal::derive(move || value.get()?.err().map(|AppError(problem)| problem));
    let saved = move || matches!(value.get(), Some(Ok(())));
    view! {
        <ActionForm action>
            {problem_note(problem)}
            <Field label="Name" name="name" autocomplete="name" value=account.user.name required=true problem />
            <Field
                label="E-mail"
                name="email"
                kind="email"
                autocomplete="email"
                value=account.email.unwrap_or_default()
                problem
            />
            <Field
                label="Picture"
                name="avatar_url"
                kind="url"
                hint="The https:// address of an image."
                value=account.user.avatar_url.unwrap_or_default()
                problem
            />
            <div class="form-end">
                <button class="button button-primary">"Save"</button>
                <span role="status" class="muted">{text(move || if saved() { "Saved." } else { "" }.to_owned())}</span>
            </div>
        </ActionForm>
    }
    .into_any()
}
