//! The page of the incoming webhooks of a conversation: made, listed and removed by its owners and admins. Plain forms,
//! rendered on the server only.

use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context,
    shown_once::{SHOWN_ID, Secret, ShownOnce, show_once, shown_note, shown_secret},
    ui::{Field, filled_in, form_action, form_pane, problem_note},
};
use axum::http::request::Parts;
use chat::{Caller, Chat, Error};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{ConversationId, NewWebhook, Webhook, WebhookId};

const FOLDER: &str = "/webhooks/";

#[derive(Clone, Debug)]
pub struct Webhooks {
    conversation_id: ConversationId,
    title: String,
    list: Vec<Webhook>,
    shown: Option<ShownOnce>,
}

/// # Errors
/// `NotFound` for a path that names no conversation of the caller's.
pub async fn load_webhooks(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<Webhooks> {
    let id = parts.uri.path().strip_prefix(FOLDER);
    let id = id.and_then(|id| id.parse().ok());
    let id: ConversationId = id.ok_or(Error::NotFound("conversation"))?;
    let webhooks = chat.webhooks(caller, id).await?;
    let summary = chat.conversation(caller, id).await?;
    Ok(Webhooks {
        conversation_id: id,
        title: summary.conversation.title.unwrap_or_default(),
        list: webhooks,
        shown: shown_secret(chat, caller, parts),
    })
}

fn path_of(id: ConversationId) -> String {
    format!("{FOLDER}{id}")
}

#[server(prefix = "/form", endpoint = "create-webhook")]
pub async fn create_webhook(
    conversation: ConversationId,
    name: String,
    #[server(default)] may_mention_many: Option<String>,
) -> Result<(), AppError> {
    let path = path_of(conversation);
    let mentions = may_mention_many.clone().unwrap_or_default();
    let filled_in = [("name", name.clone()), ("may_mention_many", mentions)];
    let created = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let new = NewWebhook {
            name,
            // A checkbox that is not checked is not in the form.
            may_mention_many: may_mention_many.is_some(),
        };
        let created = chat.create_webhook(&caller, conversation, new).await?;
        let label = format!("The address of “{}”", created.webhook.bot.name);
        let place = format!("{path}#{SHOWN_ID}");
        show_once(&chat, &caller, &place, label, Secret::Link(created.path))?;
        Ok(())
    };
    refuse_form(&path, &filled_in, created.await)
}

#[server(prefix = "/form", endpoint = "delete-webhook")]
pub async fn delete_webhook(conversation: ConversationId, id: WebhookId) -> Result<(), AppError> {
    let path = path_of(conversation);
    let deleted = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match chat.delete_webhook(&caller, conversation, id).await {
            // The form was sent twice.
            Err(Error::NotFound("webhook")) => {}
            deleted => deleted?,
        }
        leptos_axum::redirect(&path);
        Ok(())
    };
    refuse_form(&path, &[], deleted.await)
}

pub fn webhooks_page(page: Webhooks) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let id = page.conversation_id;
    let rows: Vec<_> = page.list.iter().map(row).collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted">"There are none."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    let is_checked = !filled_in("may_mention_many").is_empty();
    let content = any_view! {
        {problem_note(problem)}
        {shown_note(page.shown)}
        <p><a href=format!("/c/{id}")>"Back to "<bdi translate="no">{page.title}</bdi></a></p>
        <section class="card">
            <h3>"Make a webhook"</h3>
            <p class="muted card-text">
                "An address with which another program writes here, such as a monitoring or a build server. What sends to Slack can send to it."
            </p>
            <form method="post" action=form_action(CreateWebhook::url())>
                <input type="hidden" name="conversation" value=id.to_string() />
                <Field
                    label="Name"
                    name="name"
                    hint="Under which it writes."
                    value=filled_in("name")
                    required=true
                    problem
                />
                <label class="choice">
                    <input type="checkbox" name="may_mention_many" value="yes" checked=is_checked />
                    <span class="grow">"Its @all and @here notify people"</span>
                </label>
                <div class="form-end">
                    <button class="button button-primary">"Make the webhook"</button>
                </div>
            </form>
        </section>
        <section class="card">
            <h3>"Webhooks"</h3>
            {list}
        </section>
    };
    form_pane("Webhooks", ().into_any(), content)
}

fn row(webhook: &Webhook) -> AnyView {
    let by = webhook.created_by.as_deref().unwrap_or("somebody who left");
    let used = webhook.last_used_at.map_or_else(
        || "never used".to_owned(),
        |at| format!("last used on {}", at.date()),
    );
    let details = format!("Made on {} by {by}, {used}", webhook.created_at.date());
    let label = format!("Remove: {}", webhook.bot.name);
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{webhook.bot.name.clone()}</strong>
                <p class="muted" dir="auto">{details}</p>
            </div>
            <form method="post" action=form_action(DeleteWebhook::url())>
                <input type="hidden" name="conversation" value=webhook.conversation_id.to_string() />
                <input type="hidden" name="id" value=webhook.id.to_string() />
                <button class="button button-quiet" aria-label=label>"Remove"</button>
            </form>
        </li>
    }
}
