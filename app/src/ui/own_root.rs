//! Signals and effects that last as long as the page.

use leptos::prelude::Owner;

/// Makes something in a root of its own, which lasts as long as the page. `new_root` makes itself the current owner: the
/// one before is put back.
pub fn in_own_root<T>(make: impl FnOnce() -> T) -> (Owner, T) {
    let current = Owner::current();
    let owner = Owner::new_root(None);
    let value = owner.with(make);
    if let Some(current) = current {
        current.set();
    }
    (owner, value)
}
