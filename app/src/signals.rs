//! Signals of one type each: what is in them, their handles alone know. The machinery below would
//! otherwise be compiled once for every type of value, and that was a fifth of the WebAssembly.

use leptos::prelude::{Effect, Memo, Read, ReadUntracked, RwSignal, Track, Write};
use std::{any::Any, marker::PhantomData};

type Value = Box<dyn Any + Send + Sync>;

/// A value that the page follows. Gone with the part of the page that made it: what comes too late
/// to change it changes nothing.
pub struct Var<T> {
    signal: RwSignal<Value>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Var<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Var<T> {}

impl<T: Send + Sync + 'static> Var<T> {
    pub fn new(value: T) -> Self {
        Self {
            signal: RwSignal::new(Box::new(value)),
            of: PhantomData,
        }
    }

    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(inside(&self.signal.read()))
    }

    pub fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(inside(&self.signal.read_untracked()))
    }

    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// None once it is gone.
    pub fn try_get_untracked(self) -> Option<T>
    where
        T: Clone,
    {
        let value = self.signal.try_read_untracked()?;
        Some(inside::<T>(&value).clone())
    }

    pub fn set(self, value: T) {
        self.update(|now| *now = value);
    }

    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.try_update(change);
    }

    /// None once it is gone.
    pub fn try_update<U>(self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        let mut value = self.signal.try_write()?;
        value.downcast_mut().map(change)
    }

    /// Follows it without looking.
    pub fn track(self) {
        self.signal.track();
    }
}

fn inside<T: 'static>(value: &Value) -> &T {
    value.downcast_ref().expect("its handle knows its type")
}

/// What follows from other values: computed again when they change, and told when it differs.
pub struct Derived<T> {
    memo: Memo<Known>,
    of: PhantomData<fn() -> T>,
}

struct Known {
    value: Value,
    is_same: fn(&Value, &Value) -> bool,
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&self.value, &other.value)
    }
}

pub fn derived<T: PartialEq + Send + Sync + 'static>(
    compute: impl Fn() -> T + Send + Sync + 'static,
) -> Derived<T> {
    fn memo(compute: Box<dyn Fn() -> Known + Send + Sync>) -> Memo<Known> {
        Memo::new(move |_| compute())
    }
    Derived {
        memo: memo(Box::new(move || Known {
            value: Box::new(compute()),
            is_same: |a, b| inside::<T>(a) == inside(b),
        })),
        of: PhantomData,
    }
}

impl<T> Clone for Derived<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Derived<T> {}

impl<T: 'static> Derived<T> {
    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(inside(&self.memo.read().value))
    }

    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        inside::<T>(&self.memo.read_untracked().value).clone()
    }

    /// Follows it without looking.
    pub fn track(self) {
        self.memo.track();
    }
}

/// Runs in the browser, once the page is there and whenever a value that it has read changes.
pub fn effect(run: impl FnMut() + 'static) {
    fn start(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| run());
    }
    start(Box::new(run));
}
