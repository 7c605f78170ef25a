//! The browsers and programs in which signing in asks for no code, each with a form to forget it.

use crate::{error::AppError, refuse_form::refuse_form, request_context, ui::form_action};
use chat::Error;
use leptos::{prelude::*, server_fn::ServerFn};
use model::{RememberedDevice, RememberedDeviceId, browser_name};

/// The page of two-factor authentication, of which this is a part.
pub const TWO_FACTOR_PATH: &str = "/settings/two-factor";

#[server(prefix = "/form", endpoint = "forget-device")]
pub async fn forget_device(id: RememberedDeviceId) -> Result<(), AppError> {
    let forgotten = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match chat.forget_device(&caller, id).await {
            // The form was sent twice, or the device was forgotten meanwhile.
            Err(Error::NotFound(_)) => {}
            forgotten => forgotten?,
        }
        leptos_axum::redirect(TWO_FACTOR_PATH);
        Ok(())
    };
    refuse_form(TWO_FACTOR_PATH, &[], forgotten.await)
}

/// Nothing where there is none.
pub fn remembered_devices(devices: &[RememberedDevice]) -> Option<AnyView> {
    if devices.is_empty() {
        return None;
    }
    let rows: Vec<_> = devices.iter().map(device_row).collect();
    Some(any_view! {
        <section class="card">
            <h3>"Where no code is asked for"</h3>
            <p class="muted card-text">
                "Signing in there asks for your password only. Forget what you no longer use, or have lost."
            </p>
            <ul class="row-list">{rows}</ul>
        </section>
    })
}

fn device_row(device: &RememberedDevice) -> AnyView {
    let name = device
        .user_agent
        .as_deref()
        .map_or("Unknown program", |it| browser_name(it).unwrap_or(it))
        .to_owned();
    let from = device.address.as_ref().map(|it| format!("{it} · "));
    let text = format!(
        "last used on {}, until {}",
        device.last_used_at.date(),
        device.expires_at.date()
    );
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto">{name.clone()}</strong>
                <p class="muted">{from} {text}</p>
            </div>
            <form method="post" action=form_action(ForgetDevice::url())>
                <input type="hidden" name="id" value=device.id.to_string() />
                <button class="button button-quiet" aria-label=format!("Forget: {name}")>"Forget"</button>
            </form>
        </li>
    }
}
