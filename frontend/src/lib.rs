//! The WebAssembly module of the browser: hydrates the server's page, and nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::start();
}

/// Bytes that nothing uses and nobody is sent. The splitter of cargo-leptos 0.3.10 (`wasm_split_cli_support` 0.2.3) lays
/// the data of each chunk out anew, for its own file. Where that takes more bytes than all of them had before, it leaves
/// the data of every chunk in the main file, and says so with `RUST_LOG=warn` only ("Overlong segment"): the first visit
/// was 12 kB more. These are the room that it needs. Version 0.2.4 needs none.
#[used]
static ROOM: [u8; 16_384] = [1; 16_384];
