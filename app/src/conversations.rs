//! The page of a signed-in user: the sidebar of conversations, and beside it the open one.

mod avatar;
mod chat_page;
mod connection_banner;
mod conversation_page;
mod detail_dialogs;
mod header;
mod kept_words;
mod list_page;
mod member_panel;
mod panels;
mod restart_notice;
mod sidebar;
mod sidebar_row;
mod sidebar_section;
mod sidebar_views;
mod thread_panel;

pub use chat_page::chat_page;
pub use panels::PanelState;
