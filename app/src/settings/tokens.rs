//! The page of the user's tokens for programs. Plain forms, rendered on the server only.

use super::password::own_proof;
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param_of},
    shown_once::{SHOWN_ID, Secret, ShownOnce, show_once, shown_note, shown_secret},
    token_form::{TypedToken, token_fields, token_list},
    ui::{form_action, form_pane, other_problem_note},
};
use axum::http::request::Parts;
use chat::{Caller, Chat, Error};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{
    ApiToken, ConversationId, Event, NewPersonalToken, Page, PageRequest, Scope, SessionId,
};

pub const TOKENS_PATH: &str = "/settings/tokens";

/// The parameter of the page's address with the cursor of the list.
const CURSOR: &str = "before";

const TOKENS_PER_PAGE: i64 = 50;

/// Conversations that the form offers: the newest groups and channels of the user.
const MAX_OFFERED: usize = 50;

#[derive(Clone)]
pub struct TokenSettings {
    tokens: Page<ApiToken>,
    /// Conversations to which a token can be limited, by title.
    offered: Vec<(ConversationId, String)>,
    has_password: bool,
    has_two_factor: bool,
    shown: Option<ShownOnce>,
}

impl std::fmt::Debug for TokenSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSettings")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

pub async fn load_tokens(
    chat: &Chat,
    caller: &Caller,
    parts: &Parts,
) -> chat::Result<TokenSettings> {
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(TOKENS_PER_PAGE),
    };
    Ok(TokenSettings {
        tokens: chat.api_tokens(caller, &page).await?,
        offered: offered(chat, caller).await?,
        has_password: chat.has_password(caller).await?,
        has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
        shown: shown_secret(chat, caller, parts),
    })
}

async fn offered(chat: &Chat, caller: &Caller) -> chat::Result<Vec<(ConversationId, String)>> {
    let Event::Ready { conversations, .. } = chat.ready(caller).await? else {
        return Ok(Vec::new());
    };
    let joined = conversations.into_iter().filter_map(|summary| {
        let conversation = summary.conversation;
        let is_joined_group = conversation.kind.is_group() && summary.role.is_some();
        is_joined_group.then(|| Some((conversation.id, conversation.title?)))?
    });
    Ok(joined.take(MAX_OFFERED).collect())
}

#[server(prefix = "/form", endpoint = "create-token")]
pub async fn create_token(
    name: String,
    #[server(default)] scopes: Vec<Scope>,
    expires_in_days: String,
    #[server(default)] conversation_ids: Vec<ConversationId>,
    current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let typed = TypedToken {
        name,
        scopes,
        expires_in_days,
        conversation_ids,
    };
    let filled_in = typed.filled_in();
    let created = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let new = NewPersonalToken {
            token: typed.read()?,
            current_password,
            code: Some(code),
        };
        let created = chat.create_api_token(&caller, new, &client).await?;
        let place = format!("{TOKENS_PATH}#{SHOWN_ID}");
        let label = format!("The token “{}”", created.details.name);
        show_once(&chat, &caller, &place, label, Secret::Token(created.token))?;
        Ok(())
    };
    refuse_form(TOKENS_PATH, &filled_in, created.await)
}

#[server(prefix = "/form", endpoint = "delete-token")]
pub async fn delete_token(id: SessionId) -> Result<(), AppError> {
    let deleted = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match chat.delete_api_token(&caller, id).await {
            // The form was sent twice, or the token has expired meanwhile.
            Err(Error::NotFound(_)) => {}
            deleted => deleted?,
        }
        leptos_axum::redirect(TOKENS_PATH);
        Ok(())
    };
    refuse_form(TOKENS_PATH, &[], deleted.await)
}

pub fn tokens_page(settings: TokenSettings) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let more = settings.tokens.next_cursor.map(|cursor| {
        let path = format!("{TOKENS_PATH}?{CURSOR}={cursor}");
        any_view! { <p><a href=path>"Older ones"</a></p> }
    });
    let list = token_list(&settings.tokens.items, |token, button| {
        any_view! {
            <form method="post" action=form_action(DeleteToken::url())>
                <input type="hidden" name="id" value=token.id.to_string() />
                {button}
            </form>
        }
    });
    let content = any_view! {
        {other_problem_note(problem, &["currentPassword", "code", "name"])}
        {shown_note(settings.shown)}
        <section class="card">
            <h3>"Make a token"</h3>
            <p class="muted card-text">
                "With it a program does in your name what you check here. It can never change your password, your sign-in or your e-mail address."
            </p>
            <form method="post" action=form_action(CreateToken::url())>
                {token_fields(settings.offered, own_proof(settings.has_password, problem), settings.has_two_factor, problem)}
            </form>
        </section>
        <section class="card">
            <h3>"Your tokens"</h3>
            {list}
            {more}
        </section>
    };
    form_pane("Tokens for programs", ().into_any(), content)
}
