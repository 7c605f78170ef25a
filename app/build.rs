//! Sets the cfg `split` where cargo-leptos builds for its option `--split`, of which it tells the compiler
//! by this argument of the linker only.

fn main() {
    println!("cargo:rustc-check-cfg=cfg(split)");
    println!("cargo:rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    println!("cargo:rerun-if-changed=build.rs");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if flags.contains("--emit-relocs") {
        println!("cargo:rustc-cfg=split");
    }
}
