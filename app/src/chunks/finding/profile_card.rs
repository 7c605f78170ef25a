//! The profile card: who somebody is, and ways to them. Beside the face that was clicked; on phones a sheet.

use super::jumps::{Jumps, is_wide, use_jumps};
use crate::{
    client::{Profile, spawn},
    erased_signal::{ErasedSignal, effect},
    error::AppError,
    finding::CardPlace,
    presence::{presence_dot, presence_text},
    ui::{
        Icon, LocalTime, TimeFormat, avatar_of_size, dynamic_view, icon, on, problem_note, show_if,
        window_size,
    },
};
use leptos::prelude::*;
use model::{
    ConversationKind, ConversationSummary, PictureSize, PresenceStatus, Problem, User, UserRole,
};
use wasm_bindgen::JsCast;

/// Conversations in common that the card names at most.
const MAX_SHARED: usize = 6;

/// Pixels between the card and the face, and between the card and the edges of the page.
const GAP: f64 = 8.0;

pub fn profile_card() -> AnyView {
    let jumps = use_jumps();
    let profile = ErasedSignal::new(None::<Profile>);
    let problem = ErasedSignal::new(None::<Problem>);
    let shared = ErasedSignal::new(Vec::<ConversationSummary>::new());
    effect(move || {
        let Some(place) = jumps.finding.card_place.get() else {
            return;
        };
        // What the page knows is shown until the server has answered.
        let known = jumps.client.store.with_untracked(|store| {
            let mut all = store.summaries().into_iter();
            all.find_map(|it| it.peer.clone().filter(|peer| peer.id == place.user))
        });
        profile.set(known.map(|user| Profile { user, email: None }));
        problem.set(None);
        shared.set(Vec::new());
        request_animation_frame(move || put_beside(place));
        spawn(async move {
            match jumps.client.profile(place.user).await {
                Ok(found) => profile.set(Some(found)),
                Err(AppError(error)) => problem.set(Some(error)),
            }
            let is_me = jumps.client.store.with_untracked(|store| store.me.user.id) == place.user;
            // Without it, the card is still one.
            if !is_me && let Ok(page) = jumps.client.shared_conversations(place.user).await {
                shared.set(page.items);
            }
            request_animation_frame(move || put_beside(place));
        });
    });
    let content = dynamic_view(move || match profile.get() {
        Some(profile) => card(jumps, &profile, problem),
        None if problem.with(Option::is_some) => ().into_any(),
        None => any_view! {
            <p class="list-foot" role="status"><span class="spinner" aria-hidden="true"></span><span class="sr-only">"Loading…"</span></p>
        },
    });
    any_view! {
        <div class="profile">
            {content}
            {show_if(move || in_common(jumps, &shared.get()))}
            {problem_note(problem)}
        </div>
    }
}

fn card(jumps: Jumps, profile: &Profile, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let user = &profile.user;
    let (id, username) = (user.id, user.username.clone());
    let is_me = jumps.client.store.with_untracked(|store| store.me.user.id) == id;
    let role = (user.role == UserRole::Admin)
        .then(|| any_view! { <span class="tag">"Administrator"</span> });
    let you = is_me.then(|| any_view! { <span class="tag">"You"</span> });
    let email = profile.email.clone().map(|email| {
        any_view! { <p class="one-line"><a href=format!("mailto:{email}")>{email.clone()}</a></p> }
    });
    let message = (!is_me).then(|| {
        any_view! {
            <button type="button" class="button button-primary" on:click=on::click(move |_| jumps.open_direct(id, problem))>
                {icon(Icon::Speech)}
                "Message"
            </button>
        }
    });
    let settings =
        is_me.then(|| any_view! { <a class="button" href="/settings">"Edit profile"</a> });
    let search = move |_| {
        jumps.finding.close_dialogs();
        jumps.finding.open_search(&format!("from:{username}"), None);
    };
    any_view! {
        <div class="profile-top">
            <span class="face">
                {avatar_of_size(id.0, &user.name, user.avatar_url.as_deref(), PictureSize::Large)} {presence_dot(id)}
            </span>
            <div class="grow">
                <h3 class="notranslate" dir="auto">{user.name.clone()}</h3>
                <p class="muted one-line notranslate">"@" {user.username.clone()}</p>
                <p class="muted">{presence(jumps, user)}</p>
                {email}
            </div>
        </div>
        <p class="profile-tags">{role} {you}</p>
        <div class="profile-actions">
            {message}
            {settings}
            <button type="button" class="button" on:click=on::click(search)>
                {icon(Icon::Search)}
                "Their messages"
            </button>
        </div>
    }
}

/// The groups and channels that the user is in, too.
fn in_common(jumps: Jumps, shared: &[ConversationSummary]) -> Option<AnyView> {
    let rows: Vec<_> = shared.iter().take(MAX_SHARED).map(|summary| {
        let about = &summary.conversation;
        let id = about.id;
        let picture = match (about.kind, about.private) {
            (ConversationKind::Group, _) => Icon::Group,
            (_, true) => Icon::Lock,
            _ => Icon::Channel,
        };
        any_view! {
            <li>
                <button type="button" class="menu-item" on:click=on::click(move |_| jumps.open_conversation(id))>
                    {icon(picture)}
                    <span class="one-line notranslate" dir="auto">{about.title.clone().unwrap_or_default()}</span>
                </button>
            </li>
        }
    }).collect();
    let more = shared.len().saturating_sub(MAX_SHARED);
    let more = (more > 0)
        .then(|| any_view! { <p class="muted profile-more">{format!("and {more} more")}</p> });
    (!rows.is_empty()).then(|| {
        any_view! {
            <section class="profile-shared" aria-labelledby="profile-shared">
                <h4 id="profile-shared">"In common"</h4>
                <ul>{rows}</ul>
                {more}
            </section>
        }
    })
}

/// Live of those whose presence the page is told, and otherwise as the server has answered.
fn presence(jumps: Jumps, user: &User) -> AnyView {
    let is_told = jumps.client.store.with_untracked(|store| {
        store.presence(user.id) != PresenceStatus::Offline || store.last_seen_at(user.id).is_some()
    });
    match (user.presence, user.last_seen_at) {
        _ if is_told => presence_text(user.id),
        (PresenceStatus::Online, _) => "Online".into_any(),
        (PresenceStatus::Away, _) => "Away".into_any(),
        (PresenceStatus::Offline, Some(at)) => {
            any_view! { "Last seen " <LocalTime at format=TimeFormat::Short /> }
        }
        (PresenceStatus::Offline, None) => "Offline".into_any(),
    }
}

/// Moves the dialog of the card beside the face. Where there is no room on the right, it is on the left.
fn put_beside(place: CardPlace) {
    let dialog = document().query_selector("dialog[aria-label='Profile']");
    let dialog = dialog
        .ok()
        .flatten()
        .and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    let Some(dialog) = dialog else {
        return;
    };
    let style = dialog.style();
    if !is_wide() {
        for property in ["left", "top", "margin"] {
            let _ = style.remove_property(property);
        }
        return;
    }
    let (page_width, page_height) = window_size();
    let own = dialog.get_bounding_client_rect();
    let [left, right, top, _] = place.around;
    let x = if right + GAP + own.width() + GAP <= page_width {
        right + GAP
    } else {
        left - GAP - own.width()
    };
    let most = |length: f64, size: f64| (length - size - GAP).max(GAP);
    let x = x.clamp(GAP, most(page_width, own.width()));
    let y = top.clamp(GAP, most(page_height, own.height()));
    for (property, value) in [("left", x), ("top", y)] {
        let _ = style.set_property(property, &format!("{value:.0}px"));
    }
    let _ = style.set_property("margin", "0");
}
