//! Type-erased signals and memos: the handle knows the type of the value, the signal stores `dyn Any`.
//! `reactive_graph` would otherwise be compiled once for every type of value, which was a fifth of the
//! WebAssembly.

use leptos::prelude::{
    Effect, Memo, Read, ReadUntracked, RwSignal, Track, UntrackableGuard, Write,
};
use std::{any::Any, marker::PhantomData};

type Value = Box<dyn Any + Send + Sync>;

/// A signal. It is disposed with the owner that created it; updates after that are ignored.
pub struct ErasedSignal<T> {
    signal: RwSignal<Value>,
    value_type: PhantomData<fn() -> T>,
}

impl<T> Clone for ErasedSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ErasedSignal<T> {}

impl<T: Send + Sync + 'static> ErasedSignal<T> {
    pub fn new(value: T) -> Self {
        Self {
            signal: RwSignal::new(Box::new(value)),
            value_type: PhantomData,
        }
    }

    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&self.signal.read()))
    }

    pub fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&self.signal.read_untracked()))
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

    /// `None` if the signal is disposed.
    pub fn try_get_untracked(self) -> Option<T>
    where
        T: Clone,
    {
        let value = self.signal.try_read_untracked()?;
        Some(downcast::<T>(&value).clone())
    }

    pub fn set(self, value: T) {
        self.update(|now| *now = value);
    }

    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.try_update(change);
    }

    /// `None` if the signal is disposed.
    pub fn try_update<U>(self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        let mut value = self.signal.try_write()?;
        value.downcast_mut().map(change)
    }

    /// Notifies nobody. `None` if the signal is disposed.
    pub fn update_untracked<U>(self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        let mut value = self.signal.try_write()?;
        value.untrack();
        value.downcast_mut().map(change)
    }

    /// Subscribes without reading.
    pub fn track(self) {
        self.signal.track();
    }
}

fn downcast<T: 'static>(value: &Value) -> &T {
    value
        .downcast_ref()
        .expect("the handle has the type of its value")
}

/// A memo: computed again when a signal that it reads changes; subscribers are notified if the value
/// differs.
pub struct ErasedMemo<T> {
    memo: Memo<MemoValue>,
    value_type: PhantomData<fn() -> T>,
}

struct MemoValue {
    value: Value,
    is_same: fn(&Value, &Value) -> bool,
}

impl PartialEq for MemoValue {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&self.value, &other.value)
    }
}

pub fn memo<T: PartialEq + Send + Sync + 'static>(
    compute: impl Fn() -> T + Send + Sync + 'static,
) -> ErasedMemo<T> {
    fn new_memo(compute: Box<dyn Fn() -> MemoValue + Send + Sync>) -> Memo<MemoValue> {
        Memo::new(move |_| compute())
    }
    ErasedMemo {
        memo: new_memo(Box::new(move || MemoValue {
            value: Box::new(compute()),
            is_same: |a, b| downcast::<T>(a) == downcast(b),
        })),
        value_type: PhantomData,
    }
}

impl<T> Clone for ErasedMemo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ErasedMemo<T> {}

impl<T: 'static> ErasedMemo<T> {
    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(downcast(&self.memo.read().value))
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
        downcast::<T>(&self.memo.read_untracked().value).clone()
    }

    /// Subscribes without reading.
    pub fn track(self) {
        self.memo.track();
    }
}

/// Runs in the browser only: once after hydration, and again whenever a signal that it has read
/// changes.
pub fn effect(run: impl FnMut() + 'static) {
    fn start(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| run());
    }
    start(Box::new(run));
}
