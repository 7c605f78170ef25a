//! The parts of the settings page as HTML.

use super::{
    clock::clock_form,
    data::Settings,
    email::{EMAIL_PATH, email_text},
    identities::IDENTITIES_PATH,
    layout::{layout_form, previews_form},
    password::PASSWORD_PATH,
    personal_data::DATA_PATH,
    picture::picture_form,
    profile::ProfileForm,
    sessions::SessionList,
    theme::theme_form,
    tokens::TOKENS_PATH,
    two_factor::{TWO_FACTOR_PATH, reset_note, state_text},
};
use crate::administration::PEOPLE_PATH;
use leptos::{prelude::*, tachys::view::RenderHtml};
use model::UserRole;

/// What is above the user's presence, and what is below it.
pub fn render(settings: Settings) -> [String; 2] {
    let is_admin = settings.account.user.role == UserRole::Admin;
    let picture = picture_form(&settings.account.user);
    let above = any_view! {
        <section class="card">
            <h3>"Picture"</h3>
            {picture}
        </section>
        <section class="card">
            <h3>"Profile"</h3>
            <ProfileForm
                account=settings.account
                shares_email=settings.shares_email
                sends_emails=settings.email.sends_emails
            />
        </section>
    };
    let administration = is_admin.then(|| {
        any_view! {
            <section class="card">
                <h3>"Administration"</h3>
                <p class="muted card-text">"People, their passwords, invitations, and the audit log."</p>
                <a class="button" href=PEOPLE_PATH>"Administration"</a>
            </section>
        }
    });
    let password = settings.has_password.then(|| {
        any_view! {
            <section class="card">
                <h3>"Password"</h3>
                <a class="button" href=PASSWORD_PATH>"Change the password"</a>
            </section>
        }
    });
    let providers = settings.has_providers.then(|| {
        any_view! {
            <section class="card">
                <h3>"Single sign-on"</h3>
                <p class="muted card-text">"The accounts elsewhere with which you sign in."</p>
                <a class="button" href=IDENTITIES_PATH>"Single sign-on"</a>
            </section>
        }
    });
    let below = any_view! {
        <section class="card">
            <h3>"Groups"</h3>
            <p class="muted card-text">"Who may add you to groups, and a list to leave several at once."</p>
            <a class="button" href="/settings/groups">"Groups"</a>
        </section>
        <section class="card">
            <h3>"Theme"</h3>
            {theme_form(settings.theme)}
        </section>
        <section class="card">
            <h3>"Message layout"</h3>
            <p class="muted">"Automatic: rows in groups and channels, bubbles in direct conversations and on phones."</p>
            {layout_form(settings.layout)}
        </section>
        <section class="card">
            <h3>"List of conversations"</h3>
            {previews_form(settings.previews)}
        </section>
        <section class="card">
            <h3>"Clock"</h3>
            {clock_form(settings.clock)}
        </section>
        {password}
        {providers}
        <section class="card">
            <h3>"E-mail"</h3>
            <p class="muted card-text" dir="auto">{email_text(&settings.email)}</p>
            <a class="button" href=EMAIL_PATH>"E-mail"</a>
        </section>
        <section class="card">
            <h3>"Two-factor authentication"</h3>
            <p class="muted card-text">{state_text(&settings.two_factor)}</p>
            <a class="button" href=TWO_FACTOR_PATH>"Two-factor authentication"</a>
        </section>
        <section class="card">
            <h3>"Tokens for programs"</h3>
            <p class="muted card-text">"With a token a program reads or writes in your name."</p>
            <a class="button" href=TOKENS_PATH>"Tokens for programs"</a>
        </section>
        <section class="card">
            <h3>"Your data"</h3>
            <p class="muted card-text">"A copy of all that the server has of you, and the end of your account."</p>
            <a class="button" href=DATA_PATH>"Your data"</a>
        </section>
        {administration}
        <section class="card">
            <h3>"Where you are signed in"</h3>
            {reset_note(&settings.two_factor)}
            <SessionList sessions=settings.sessions />
        </section>
    };
    [above.to_html(), below.to_html()]
}
