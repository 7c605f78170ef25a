//! The form of the user's profile, and its server function.

use crate::{
    client::{spawn, use_client},
    erased_signal::ErasedSignal,
    error::AppError,
    page_context::PageContext,
    ui::{
        Field, dynamic_text, field_value, filled_in_or, form_action, on, problem_note,
        submitted_form,
    },
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{Account, Profile};

#[server(prefix = "/form", endpoint = "profile")]
pub async fn update_profile(
    name: String,
    email: String,
    avatar_url: String,
) -> Result<(), AppError> {
    use crate::{refuse_form::refuse_form, request_context};
    let filled_in = [
        ("name", name.clone()),
        ("email", email.clone()),
        ("avatar_url", avatar_url.clone()),
    ];
    let update = async {
        let profile = Profile {
            name: Some(name.trim().to_owned()),
            email: Some(email.trim().to_owned()),
            avatar_url: Some(avatar_url.trim().to_owned()),
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
pub fn ProfileForm(account: Account) -> impl IntoView {
    let client = use_client();
    let problem = ErasedSignal::new(expect_context::<PageContext>().form_error);
    let saved = ErasedSignal::new("");
    let on_submit = move |event: ev::SubmitEvent| {
        let form = submitted_form(&event);
        let field = |name| field_value(&form, name).map(|value| value.trim().to_owned());
        let profile = Profile {
            name: field("name"),
            email: field("email"),
            avatar_url: field("avatar_url"),
        };
        spawn(async move {
            let result = client.update_profile(profile).await;
            saved.set(if result.is_ok() { "Saved." } else { "" });
            problem.set(result.err().map(|AppError(error)| error));
        });
    };
    any_view! {
        <form method="post" action=form_action(UpdateProfile::url()) on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            <Field label="Name" name="name" autocomplete="name" value=filled_in_or("name", account.user.name) required=true problem />
            <Field
                label="E-mail"
                name="email"
                kind="email"
                autocomplete="email"
                value=filled_in_or("email", account.email.unwrap_or_default())
                problem
            />
            <Field
                label="Picture"
                name="avatar_url"
                kind="url"
                hint="The https:// address of an image."
                value=filled_in_or("avatar_url", account.user.avatar_url.unwrap_or_default())
                problem
            />
            <div class="form-end">
                <span role="status" class="muted">{dynamic_text(move || saved.get().to_owned())}</span>
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}
