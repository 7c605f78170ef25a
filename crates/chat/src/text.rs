//! What people write: which texts are a name, a username, a password, a reaction, and what in a body
//! is a mention or a link, and how it looks. Every verb and every door decides it here, by the tables of Unicode.
//!
//! Texts are compared regardless of case, composition, width and white space by the database (`fold_text`,
//! `migrations/0040_text.sql`; `fold_name`, `migrations/0087_names.sql`, for what people and conversations are called),
//! on both sides of every comparison, so that there is one way to fold.

mod classes;
mod code;
mod descriptions;
mod emails;
mod emoji;
mod entities;
mod imported_reaction;
mod joining;
mod link_cards;
mod links;
mod markdown;
mod mentions;
mod names;
mod passwords;
mod previewed_links;
mod previews;
mod rendered;
mod scripts;
mod typing_errors;
mod usernames;
mod web_address;

pub(crate) use classes::is_blank;
pub(crate) use descriptions::{clean_description, description};
pub(crate) use emails::{check_email, is_email};
pub use emoji::reaction;
pub(crate) use entities::{
    mentioned_names, plain_text, preview_of_beginning, wildcard_names, wildcards,
};
pub(crate) use imported_reaction::imported_reaction;
pub(crate) use link_cards::link_cards;
pub(crate) use markdown::push_escaped;
pub(crate) use mentions::Mentioned;
pub(crate) use names::{
    MAX_NAME, clean_line, cut_title, file_name, name, note, poll_option, title,
};
pub(crate) use passwords::{other_spellings, password};
pub(crate) use previewed_links::previewed_links;
pub(crate) use previews::clip_preview;
pub(crate) use rendered::rendered;
pub(crate) use typing_errors::{distance, errors, forgiven};
pub use usernames::username;
pub(crate) use usernames::{is_reserved, username_from};
pub(crate) use web_address::is_web_address;
