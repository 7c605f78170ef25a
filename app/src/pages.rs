//! The pages on the server: the page of a path, its data, status and title.

use crate::{
    administration::{
        AUDIT_PATH, AuditLog, BOTS_PATH, Bots, INVITES_PATH, Invites, PEOPLE_PATH, People,
        load_audit_log, load_bots, load_invites, load_people,
    },
    error::AppError,
    page_data::PageData,
    request_context::{self, RequestContext},
    router::Route,
    session::{CODE_PATH, CONFIRM_PATH, ConfirmLink, FORGOTTEN_PATH, ResetLink, ticket_of},
    settings::{
        DATA_PATH, DELETION_PATH, DataSettings, EMAIL_PATH, EmailSettings, GROUPS_PATH,
        GroupSettings, IDENTITIES_PATH, IdentitySettings, PASSWORD_PATH, SettingsParts,
        TOKENS_PATH, TWO_FACTOR_PATH, TokenSettings, TwoFactorSettings, load_data_settings,
        load_email, load_group_settings, load_identities, load_settings, load_tokens,
        load_two_factor,
    },
    store::{InitialState, OpenConversation, first_unread_beyond_newest_page},
    title::initial_title,
    webhooks::{Webhooks, load_webhooks},
};
use axum::http::{StatusCode, request::Parts};
use chat::{Caller, Chat, MessagesRequest, PageAnchor};
use model::{ConversationId, Favorite, MessageId, Problem, UserRole};

#[derive(Clone, Debug)]
pub enum Page {
    SignIn,
    /// The second form of a sign-in.
    SignInCode,
    Register,
    /// Of the invitation with this token.
    Invite(String),
    Reset(ResetLink),
    /// Where a link for a forgotten password is asked for.
    Forgotten,
    /// What to do about an address that is to be proved.
    ConfirmNote,
    /// Of the link that proves it.
    Confirm(ConfirmLink),
    Password,
    Email(Box<EmailSettings>),
    TwoFactor(Box<TwoFactorSettings>),
    Identities(Box<IdentitySettings>),
    Tokens(Box<TokenSettings>),
    Data(Box<DataSettings>),
    Deletion(Box<DataSettings>),
    People(Box<People>),
    Invites(Box<Invites>),
    Bots(Box<Bots>),
    AuditLog(Box<AuditLog>),
    Webhooks(Box<Webhooks>),
    Chat(Route, Box<PageData>),
    GroupSettings(Box<GroupSettings>),
    /// The data of the page could not be read. It may be after so many seconds.
    LoadFailed(Problem, Option<u64>),
    NotFound,
}

/// The pages of plain forms, for who is signed in.
const FORMS: [&str; 12] = [
    GROUPS_PATH,
    PASSWORD_PATH,
    EMAIL_PATH,
    TWO_FACTOR_PATH,
    IDENTITIES_PATH,
    TOKENS_PATH,
    DATA_PATH,
    DELETION_PATH,
    PEOPLE_PATH,
    INVITES_PATH,
    BOTS_PATH,
    AUDIT_PATH,
];

/// What the paths of links with secrets begin with.
const LINKS: [&str; 3] = ["/reset/", "/invite/", "/confirm-email/"];

/// What the server answers to a path.
pub enum Resolved {
    Page(Page),
    /// To this path.
    Redirect(String),
}

/// Resolves the path of a request. Users who are not signed in are redirected to `/sign-in`, others
/// away from it.
pub async fn resolve(chat: &Chat, request: &RequestContext, parts: &Parts) -> Resolved {
    let path = parts.uri.path();
    if let Some(caller) = &request.in_setup
        && !is_open_to_setup(path)
    {
        return match path {
            TWO_FACTOR_PATH => {
                Resolved::Page(or_failed(open_two_factor(chat, caller, parts, true).await))
            }
            _ => Resolved::Redirect(TWO_FACTOR_PATH.to_owned()),
        };
    }
    match (path, Route::from_path(path), &request.caller) {
        ("/sign-in" | CODE_PATH | "/register", _, Some(_)) => Resolved::Redirect("/".to_owned()),
        (CODE_PATH, ..) if ticket_of(parts).is_some() => Resolved::Page(Page::SignInCode),
        (CODE_PATH, ..) => Resolved::Redirect("/sign-in".to_owned()),
        ("/sign-in", ..) => Resolved::Page(Page::SignIn),
        ("/register", ..) => Resolved::Page(Page::Register),
        (FORGOTTEN_PATH, ..) if chat.takes_passwords() => Resolved::Page(Page::Forgotten),
        (CONFIRM_PATH, ..) => Resolved::Page(Page::ConfirmNote),
        (_, None, _) if LINKS.iter().any(|it| path.starts_with(it)) => {
            Resolved::Page(or_failed(open_link(chat, path).await))
        }
        (_, _, Some(caller)) if FORMS.contains(&path) => {
            Resolved::Page(or_failed(load_forms(chat, caller, parts).await))
        }
        (_, None, Some(caller)) if path.starts_with("/webhooks/") => {
            Resolved::Page(or_failed(open_webhooks(chat, caller, parts).await))
        }
        (_, _, None) if FORMS.contains(&path) || path.starts_with("/webhooks/") => {
            Resolved::Redirect(format!(
                "/sign-in?next={}",
                request_context::percent_encode(path)
            ))
        }
        (_, None, _) => Resolved::Page(Page::NotFound),
        (_, _, None) => Resolved::Redirect(format!(
            "/sign-in?next={}",
            request_context::percent_encode(path)
        )),
        (_, Some(route), Some(caller)) => {
            Resolved::Page(match load_data(chat, request, caller, route, parts).await {
                Ok(data) => Page::Chat(route, Box::new(data)),
                Err(error) => load_failed(error),
            })
        }
    }
}

/// Whether somebody who has to set a second factor up first sees the page all the same: of a link that was mailed, which is
/// for nobody who has signed in.
fn is_open_to_setup(path: &str) -> bool {
    path == CONFIRM_PATH || path.starts_with("/reset/") || path.starts_with("/confirm-email/")
}

fn or_failed(page: chat::Result<Page>) -> Page {
    page.unwrap_or_else(load_failed)
}

fn load_failed(error: chat::Error) -> Page {
    let retry_after = error.retry_after();
    Page::LoadFailed(AppError::from(error).0, retry_after)
}

/// The page of a link with a secret, which it does not use.
async fn open_link(chat: &Chat, path: &str) -> chat::Result<Page> {
    if let Some(token) = path.strip_prefix("/reset/") {
        let username = chat.password_reset_user(token).await?;
        let token = token.to_owned();
        return Ok(Page::Reset(ResetLink { token, username }));
    }
    if let Some(token) = path.strip_prefix("/confirm-email/") {
        let proof = chat.email_proof(token).await?;
        let token = token.to_owned();
        return Ok(Page::Confirm(ConfirmLink { token, proof }));
    }
    let token = path.strip_prefix("/invite/").unwrap_or_default();
    chat.check_invitation(token).await?;
    Ok(Page::Invite(token.to_owned()))
}

/// The page of the webhooks of a conversation.
async fn open_webhooks(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<Page> {
    let webhooks = load_webhooks(chat, caller, parts).await?;
    Ok(Page::Webhooks(Box::new(webhooks)))
}

/// `is_owed`: whether the caller has to set it up before anything else.
async fn open_two_factor(
    chat: &Chat,
    caller: &Caller,
    parts: &Parts,
    is_owed: bool,
) -> chat::Result<Page> {
    let settings = load_two_factor(chat, caller, parts, is_owed).await?;
    Ok(Page::TwoFactor(Box::new(settings)))
}

/// A page of plain forms, for who is signed in. To others than administrators, theirs are not there.
async fn load_forms(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<Page> {
    Ok(match parts.uri.path() {
        GROUPS_PATH => {
            let settings = load_group_settings(chat, caller, parts).await?;
            Page::GroupSettings(Box::new(settings))
        }
        PASSWORD_PATH => Page::Password,
        EMAIL_PATH => Page::Email(Box::new(load_email(chat, caller).await?)),
        TWO_FACTOR_PATH => open_two_factor(chat, caller, parts, false).await?,
        IDENTITIES_PATH => Page::Identities(Box::new(load_identities(chat, caller).await?)),
        TOKENS_PATH => Page::Tokens(Box::new(load_tokens(chat, caller, parts).await?)),
        DATA_PATH => Page::Data(Box::new(load_data_settings(chat, caller).await?)),
        DELETION_PATH => Page::Deletion(Box::new(load_data_settings(chat, caller).await?)),
        _ if caller.role != UserRole::Admin => Page::NotFound,
        PEOPLE_PATH => Page::People(Box::new(load_people(chat, caller, parts).await?)),
        BOTS_PATH => Page::Bots(Box::new(load_bots(chat, caller, parts).await?)),
        AUDIT_PATH => Page::AuditLog(Box::new(load_audit_log(chat, caller, parts).await?)),
        _ => Page::Invites(Box::new(load_invites(chat, caller, parts).await?)),
    })
}

impl Page {
    pub fn status(&self) -> StatusCode {
        let problem = match self {
            Self::NotFound => return StatusCode::NOT_FOUND,
            Self::Chat(_, data) => data.open_error.as_ref(),
            Self::LoadFailed(problem, _) => Some(problem),
            _ => None,
        };
        let status = problem.map(|problem| StatusCode::from_u16(problem.status));
        status.and_then(Result::ok).unwrap_or(StatusCode::OK)
    }

    /// Seconds after which the page may be there.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::LoadFailed(_, retry_after) => *retry_after,
            _ => None,
        }
    }

    pub fn title(&self) -> String {
        match self {
            Self::SignIn | Self::SignInCode => "Sign in · Parlance".to_owned(),
            Self::GroupSettings(_) => "Groups · Parlance".to_owned(),
            Self::Register => "Create an account · Parlance".to_owned(),
            Self::Invite(_) => "You are invited · Parlance".to_owned(),
            Self::Reset(_) => "Choose a password · Parlance".to_owned(),
            Self::Forgotten => "Forgotten password · Parlance".to_owned(),
            Self::ConfirmNote | Self::Confirm(_) => "Confirm your e-mail · Parlance".to_owned(),
            Self::Email(_) => "E-mail · Parlance".to_owned(),
            Self::TwoFactor(_) => "Two-factor authentication · Parlance".to_owned(),
            Self::Tokens(_) => "Tokens for programs · Parlance".to_owned(),
            Self::Data(_) => "Your data · Parlance".to_owned(),
            Self::Deletion(_) => "Delete your account · Parlance".to_owned(),
            Self::Password => "Password · Parlance".to_owned(),
            Self::Identities(_) => "Single sign-on · Parlance".to_owned(),
            Self::People(_) => "People · Parlance".to_owned(),
            Self::Webhooks(_) => "Webhooks · Parlance".to_owned(),
            Self::Bots(_) => "Bots · Parlance".to_owned(),
            Self::AuditLog(_) => "Audit log · Parlance".to_owned(),
            Self::Invites(_) => "Invitations · Parlance".to_owned(),
            Self::Chat(route, data) => initial_title(*route, data),
            Self::LoadFailed(problem, _) => format!("{} · Parlance", problem.title),
            Self::NotFound => "Not found · Parlance".to_owned(),
        }
    }
}

async fn load_data(
    chat: &Chat,
    request: &RequestContext,
    caller: &Caller,
    route: Route,
    parts: &Parts,
) -> chat::Result<PageData> {
    let mut data = PageData {
        path: parts.uri.path().to_owned(),
        is_anew: false,
        initial: InitialState {
            ready: chat.ready(caller).await?,
            favorites: favorites(chat, caller).await?,
            muted: chat.muted_conversations(caller).await?,
            open: None,
        },
        open_error: None,
        form_error: request.refused.as_ref().map(|form| form.problem().clone()),
        settings: None,
    };
    match route {
        Route::Conversation(id) | Route::Message(id, _) | Route::Thread(id, _) => {
            let message = match route.message() {
                Some(message) => position_of(chat, caller, id, message).await,
                None => Ok(None),
            };
            let at = message.as_ref().copied().unwrap_or_default();
            // The conversation first: whoever may not see it learns nothing of its messages.
            let error = match open_conversation(chat, caller, id, at).await {
                Ok(open) => {
                    data.initial.open = Some(open);
                    message.err()
                }
                Err(error) => Some(error),
            };
            data.open_error = error.map(|error| AppError::from(error).0);
        }
        Route::Settings => {
            let settings = load_settings(chat, caller, parts).await?;
            data.settings = Some(SettingsParts::Data(Box::new(settings)));
        }
        Route::Inbox | Route::New | Route::Threads | Route::Saved | Route::Later => {}
    }
    Ok(data)
}

async fn favorites(chat: &Chat, caller: &Caller) -> chat::Result<Vec<ConversationId>> {
    let favorites = chat.favorites(caller).await?;
    Ok(favorites
        .iter()
        .filter_map(Favorite::conversation)
        .collect())
}

/// The position of a message of this conversation. `NotFound` of every other.
async fn position_of(
    chat: &Chat,
    caller: &Caller,
    id: ConversationId,
    message: MessageId,
) -> chat::Result<Option<i64>> {
    let message = chat.message(caller, message).await?;
    if message.conversation_id != id {
        return Err(chat::Error::NotFound("message"));
    }
    Ok(Some(message.position))
}

/// The summary first: `OpenConversation` says why. At most 100 members; the browser shows delivery status
/// only if these are all. The page of messages is that around the message of the address, or around the first
/// unread one where that is not in the newest page.
async fn open_conversation(
    chat: &Chat,
    caller: &Caller,
    id: ConversationId,
    message: Option<i64>,
) -> chat::Result<OpenConversation> {
    let first_page = model::PageRequest {
        limit: Some(100),
        ..Default::default()
    };
    let head = chat.conversation(caller, id).await?;
    let members = chat.members(caller, id, first_page).await?;
    let anchor = match message {
        Some(position) => PageAnchor::Around(position),
        None => match first_unread_beyond_newest_page(&head) {
            Some(position) => PageAnchor::Around(position),
            None => PageAnchor::Newest,
        },
    };
    let request = MessagesRequest {
        anchor,
        main_line: true,
        ..MessagesRequest::default()
    };
    let is_newest = matches!(request.anchor, PageAnchor::Newest);
    Ok(OpenConversation {
        page: chat.messages(caller, id, request).await?,
        summary: head,
        members: members.items,
        is_newest,
    })
}
