//! The layout of the page: the sidebar, and beside it what the route names.

use super::{
    connection_banner::connection_banner,
    conversation_page::{conversation_page, inbox},
    list_page::list_page,
    restart_notice::restart_notice,
    sidebar::Sidebar,
};
use crate::{
    chunks::{LATER, LaterPart, START, StartPart, THREADS, ThreadsPart},
    client::provide_client,
    erased_signal::{ErasedSignal, effect, memo},
    finding::{finding_dialogs, provide_finding, search_panel},
    page_context::{DialogState, PageContext},
    page_data::PageData,
    router::{Route, provide_router},
    shortcuts::Shortcuts,
    sidebar_sections::SidebarState,
    ui::{Dialog, close_menus_elsewhere, dynamic_attr, dynamic_view, provide_zone},
};
use leptos::prelude::*;

/// The whole page, on the server and in the browser.
pub fn chat_page(route: Route, data: PageData) -> AnyView {
    provide_zone();
    let router = provide_router(route);
    let client = provide_client(data.initial);
    provide_context(SidebarState::new(client, router));
    let open = route.conversation();
    provide_context(PageContext {
        open_error: ErasedSignal::new(open.zip(data.open_error)),
        form_error: data.form_error,
    });
    let dialogs = DialogState {
        new_conversation: ErasedSignal::new(false),
        shortcuts: ErasedSignal::new(false),
    };
    provide_context(dialogs);
    provide_finding();
    #[cfg(feature = "hydrate")]
    crate::chunks::fetch_when_live();
    effect(close_menus_elsewhere);
    let settings = data.settings.map(StoredValue::new);
    // A message of the open conversation is no other page.
    let page = memo(move || router.route().page());
    let main = dynamic_view(move || match page.get() {
        Route::Inbox => inbox(),
        Route::Conversation(id) | Route::Message(id, _) | Route::Thread(id, _) => {
            conversation_page(id)
        }
        Route::Threads => list_page("Threads", THREADS.view(ThreadsPart::Followed)),
        Route::Saved => list_page("Saved messages", THREADS.view(ThreadsPart::Saved)),
        Route::Later => list_page("Drafts & scheduled", LATER.view(LaterPart::Lists)),
        Route::New => START.view(StartPart::NewConversationPage),
        Route::Settings => settings.map_or_else(
            || ().into_any(),
            |settings| START.view(StartPart::SettingsPage(settings)),
        ),
    });
    let class = dynamic_attr(move || match router.route() {
        Route::Inbox => "chat chat-list",
        _ => "chat chat-open",
    });
    any_view! {
        <a class="skip-link" href="#main">
            "Skip to the conversation"
        </a>
        <header class="sr-only">
            <h1>"Parlance"</h1>
        </header>
        // `main` includes the sidebar: on a phone it may be all that is shown.
        <main class=class>
            {connection_banner()}
            {restart_notice(data.is_anew)}
            <Sidebar />
            <div id="main" class="main" tabindex="-1">
                {main}
            </div>
            {search_panel()}
        </main>
        <Dialog open=dialogs.new_conversation title="New conversation">
            {START.view_with_field(StartPart::NewConversation(dialogs.new_conversation))}
        </Dialog>
        {finding_dialogs()}
        <Shortcuts open=dialogs.shortcuts />
    }
}
