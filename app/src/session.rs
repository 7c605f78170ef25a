//! Signing in and out, and registering: the pages and their server functions.

#[cfg(feature = "ssr")]
mod attempt_cookie;
#[cfg(feature = "ssr")]
mod attempts;
#[cfg(feature = "ssr")]
mod begin_session;
#[cfg(feature = "ssr")]
mod code_page;
#[cfg(feature = "ssr")]
mod confirm_page;
#[cfg(feature = "ssr")]
mod forgotten_page;
#[cfg(feature = "ssr")]
mod form_page;
#[cfg(feature = "ssr")]
mod providers;
#[cfg(feature = "ssr")]
mod register_page;
#[cfg(feature = "ssr")]
mod reset_page;
mod server_functions;
#[cfg(feature = "ssr")]
mod sign_in_page;
#[cfg(feature = "ssr")]
mod ticket_cookie;

#[cfg(feature = "ssr")]
pub use attempt_cookie::{attempt_cookie, attempt_cookie_name};
#[cfg(feature = "ssr")]
pub use begin_session::{form_path, safe_redirect_path};
#[cfg(feature = "ssr")]
pub use code_page::code_page;
#[cfg(feature = "ssr")]
pub use confirm_page::{CONFIRM_PATH, ConfirmLink, confirm_note, confirm_page};
#[cfg(feature = "ssr")]
pub use forgotten_page::{FORGOTTEN_PATH, forgotten_page};
#[cfg(feature = "ssr")]
pub use register_page::{RegisterPage, invite_page};
#[cfg(feature = "ssr")]
pub use reset_page::{ResetLink, reset_page};
pub use server_functions::SignOut;
#[cfg(feature = "ssr")]
pub use sign_in_page::SignInPage;
#[cfg(feature = "ssr")]
pub use ticket_cookie::{CODE_PATH, ticket_cookie, ticket_of};
