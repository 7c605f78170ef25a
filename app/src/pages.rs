//! What the server shows at an address, and to whom.

use crate::{
    address::Place,
    context::{self, Asked, Visitor},
    error::AppError,
    paint::Paint,
    settings::load_settings,
    store::InitialState,
};
use axum::http::{StatusCode, request::Parts};
use chat::{Caller, Chat};
use model::{ConversationId, ConversationSummary, Member, Message, Page as Many, Problem};

#[derive(Clone, Debug)]
pub enum Page {
    SignIn,
    Register,
    Chat(Place, Box<Paint>),
    /// Nothing could be loaded.
    Broken(Problem),
    Nowhere,
}

pub enum Answer {
    Show(Page),
    GoTo(String),
}

/// What is at an address.
pub async fn at(chat: &Chat, visitor: &Visitor, parts: &Parts) -> Answer {
    let path = parts.uri.path();
    match (path, Place::of(path), &visitor.caller) {
        ("/sign-in" | "/register", _, Some(_)) => Answer::GoTo("/".to_owned()),
        ("/sign-in", ..) => Answer::Show(Page::SignIn),
        ("/register", ..) => Answer::Show(Page::Register),
        (_, None, _) => Answer::Show(Page::Nowhere),
        (_, _, None) => Answer::GoTo(format!("/sign-in?next={}", context::percent_encode(path))),
        (_, Some(place), Some(caller)) => {
            Answer::Show(match paint(chat, caller, place, parts).await {
                Ok(paint) => Page::Chat(place, Box::new(paint)),
                Err(error) => Page::Broken(AppError::from(error).0),
            })
        }
    }
}

impl Page {
    pub fn status(&self) -> StatusCode {
        let problem = match self {
            Self::Nowhere => return StatusCode::NOT_FOUND,
            Self::Chat(_, paint) => paint.missing.as_ref(),
            Self::Broken(problem) => Some(problem),
            Self::SignIn | Self::Register => None,
        };
        let status = problem.map(|problem| StatusCode::from_u16(problem.status));
        status.and_then(Result::ok).unwrap_or(StatusCode::OK)
    }

    pub fn title(&self) -> String {
        match self {
            Self::SignIn => "Sign in · Parlance".to_owned(),
            Self::Register => "Create an account · Parlance".to_owned(),
            Self::Chat(place, paint) => crate::conversations::first_title(*place, paint),
            Self::Broken(problem) => format!("{} · Parlance", problem.title),
            Self::Nowhere => "Not found · Parlance".to_owned(),
        }
    }
}

async fn paint(chat: &Chat, caller: &Caller, place: Place, parts: &Parts) -> chat::Result<Paint> {
    let mut paint = Paint {
        initial: InitialState {
            ready: chat.ready(caller).await?,
            open: None,
        },
        missing: None,
        refused: Asked::in_address(&parts.uri).refused(),
        settings: None,
    };
    match place {
        Place::Conversation(id) => match open_conversation(chat, caller, id).await {
            Ok(open) => paint.initial.open = Some(open),
            Err(error) => paint.missing = Some(AppError::from(error).0),
        },
        Place::Settings => paint.settings = Some(load_settings(chat, caller, parts).await?),
        Place::Inbox | Place::New => {}
    }
    Ok(paint)
}

async fn open_conversation(
    chat: &Chat,
    caller: &Caller,
    id: ConversationId,
) -> chat::Result<(ConversationSummary, Vec<Member>, Many<Message>)> {
    let all = model::PageRequest {
        limit: Some(100),
        ..Default::default()
    };
    let head = chat.conversation(caller, id).await?;
    let members = chat.members(caller, id, all).await?;
    let messages = chat
        .messages(caller, id, chat::MessagesRequest::default())
        .await?;
    Ok((head, members.items, messages))
}
