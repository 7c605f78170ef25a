//! The second page of a sign-in, which asks for a code. A plain form, rendered on the server only.

use super::{
    begin_session::{begin_session, form_path},
    form_page::FormPage,
    ticket_cookie::{CODE_PATH, forget_ticket, ticket_of},
};
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, percent_encode, query_param},
    ui::{CodeKind, code_field, problem_note},
};
use axum::http::request::Parts;
use chat::{Error, auth_error::SIGN_IN_OVER};
use leptos::{prelude::*, server_fn::ServerFn};
use model::TwoFactorLogin;

/// The parameter of the page's address, and of its form, that asks for a recovery code.
const RECOVERY: &str = "recovery";

#[server(prefix = "/form", endpoint = "sign-in-code")]
pub async fn sign_in_with_code(
    code: String,
    #[server(default)] next: String,
    #[server(default)] recovery: String,
    remember: Option<String>,
) -> Result<(), AppError> {
    let ticket = use_context::<Parts>().and_then(|parts| ticket_of(&parts));
    let login = TwoFactorLogin {
        ticket: ticket.unwrap_or_default(),
        code,
    };
    let (chat, client) = (request_context::chat(), request_context::request().client);
    let caller = chat.sign_in_with_code(&login, &client).await;
    let is_over = matches!(&caller, Err(Error::Unauthenticated(SIGN_IN_OVER)));
    if caller.is_ok() || is_over {
        forget_ticket();
    }
    let page = if is_over {
        form_path("/sign-in", &next)
    } else {
        code_path(&next, !recovery.is_empty())
    };
    if let Ok(caller) = &caller
        && remember.is_some()
        && let Some(browser) = chat.remember_browser(caller, &client).await
    {
        request_context::set_remembered_cookie(&browser);
    }
    let signed_in = begin_session(caller, &next, AppError::from).await;
    refuse_form(&page, &[], signed_in)
}

fn code_path(next: &str, is_recovery: bool) -> String {
    let path = form_path(CODE_PATH, next);
    match (is_recovery, path.contains('?')) {
        (false, _) => path,
        (true, false) => format!("{path}?{RECOVERY}=yes"),
        (true, true) => format!("{path}&{RECOVERY}=yes"),
    }
}

/// Whether this browser is remembered, where the server remembers any.
fn remember_choice() -> Option<AnyView> {
    let text = match request_context::chat().remembers_devices()? {
        1 => "Don't ask again in this browser for a day".to_owned(),
        days => format!("Don't ask again in this browser for {days} days"),
    };
    Some(any_view! {
        <label class="choice">
            <input type="checkbox" name="remember" value="yes" />
            <span class="grow">{text}</span>
        </label>
    })
}

pub fn code_page() -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let (next, recovery) = (query_param("next"), query_param(RECOVERY));
    let is_recovery = !recovery.is_empty();
    let (kind, lead, other) = if is_recovery {
        let lead = "A recovery code, in the place of your authenticator app.";
        (CodeKind::Recovery, lead, "Use the authenticator app")
    } else {
        let lead = "Now a code of your authenticator app.";
        (CodeKind::App, lead, "Use a recovery code")
    };
    let other_path = code_path(&next, !is_recovery);
    let again = format!("/sign-in?next={}", percent_encode(&next));
    any_view! {
        <FormPage title="Sign in" lead>
            <form method="post" action=SignInWithCode::url()>
                {problem_note(problem)}
                <input type="hidden" name="next" value=next />
                <input type="hidden" name=RECOVERY value=recovery />
                {code_field(kind, true)}
                {remember_choice()}
                <button class="button button-primary button-wide">"Sign in"</button>
            </form>
            <p class="door-other"><a href=other_path>{other}</a></p>
            <p class="door-other">"Lost both? Ask your administrator."</p>
            <p class="door-other"><a href=again>"Begin again"</a></p>
        </FormPage>
    }
}
