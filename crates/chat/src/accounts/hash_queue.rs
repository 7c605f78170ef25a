//! `HashQueue`: passwords that wait to be hashed or verified, served in turn by who brings them, so that
//! the many of one network, or of many, keep nobody else waiting long.

use crate::{Error, Result};
use model::UserId;
use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Passwords that one bearer may have waiting; those beyond are refused.
const MAX_OF_BEARER: usize = 256;

/// Passwords that may wait before a network that has one waiting already is refused another one.
const MAX_WAITING: usize = 1024;

/// Passwords of strangers that may wait at all.
const MAX_IN_ALL: usize = 4 * MAX_WAITING;

/// What a hash takes before one has been measured, and how much the latest counts in the mean.
const FIRST_ESTIMATE: Duration = Duration::from_millis(30);
const MEAN_OF: u32 = 8;

/// Who brings a password, and waits in turn with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bearer {
    /// Somebody from this network of whom nothing is known.
    Network(Option<IpAddr>),
    /// Somebody who has signed in to this account before: not refused because of others.
    Known(UserId),
}

pub type Work = Box<dyn FnOnce() + Send>;

pub struct HashQueue {
    state: Mutex<State>,
    ready: Condvar,
    threads: u32,
}

struct State {
    waiting: HashMap<Bearer, VecDeque<Work>>,
    /// Each bearer with something waiting, once.
    turns: VecDeque<Bearer>,
    count: usize,
    mean: Duration,
}

impl HashQueue {
    pub fn new(threads: u32) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: HashMap::new(),
                turns: VecDeque::new(),
                count: 0,
                mean: FIRST_ESTIMATE,
            }),
            ready: Condvar::new(),
            threads: threads.max(1),
        }
    }

    /// # Errors
    /// `TooManyRequests`, with about the time until those who wait have been served.
    pub fn push(&self, bearer: Bearer, work: Work) -> Result<()> {
        let mut state = self.lock();
        let own = state.waiting.get(&bearer).map_or(0, VecDeque::len);
        let is_full = state.count >= MAX_IN_ALL || state.count >= MAX_WAITING && own > 0;
        let is_stranger = matches!(bearer, Bearer::Network(_));
        if own >= MAX_OF_BEARER || is_full && is_stranger {
            return Err(Error::TooManyRequests {
                of: "sign-ins at once",
                retry_after: state.wait(own, self.threads),
            });
        }
        if own == 0 {
            state.turns.push_back(bearer);
        }
        state.waiting.entry(bearer).or_default().push_back(work);
        state.count += 1;
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Works for ever: takes what is next, and measures it.
    pub fn work(&self, mut run: impl FnMut(Work)) {
        loop {
            let work = self.next();
            let started = Instant::now();
            run(work);
            let mut state = self.lock();
            state.mean = (state.mean * (MEAN_OF - 1) + started.elapsed()) / MEAN_OF;
        }
    }

    fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.take() {
                return work;
            }
            let woken = self.ready.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<Work> {
        let bearer = self.turns.pop_front()?;
        let queue = self.waiting.get_mut(&bearer)?;
        let work = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&bearer);
        } else {
            self.turns.push_back(bearer);
        }
        self.count -= 1;
        work
    }

    /// About how long it takes until so many of one bearer have had their turns.
    fn wait(&self, own: usize, threads: u32) -> Duration {
        let ahead = self.count.min(own.saturating_mul(self.turns.len().max(1)));
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        self.mean.saturating_mul(ahead) / threads
    }
}

#[cfg(test)]
mod tests {
    use super::{Bearer, HashQueue, MAX_OF_BEARER, MAX_WAITING};
    use crate::Error;
    use model::UserId;
    use std::{
        net::{IpAddr, Ipv4Addr},
        sync::{Arc, Mutex},
    };

    fn network(number: u32) -> Bearer {
        Bearer::Network(Some(IpAddr::V4(Ipv4Addr::from_bits(number))))
    }

    #[test]
    fn everybody_has_a_turn() {
        let queue = HashQueue::new(1);
        let served = Arc::new(Mutex::new(Vec::new()));
        let push = |bearer, name: &'static str| {
            let served = Arc::clone(&served);
            queue.push(bearer, Box::new(move || served.lock().unwrap().push(name)))
        };
        for _ in 0..3 {
            push(network(1), "many").unwrap();
        }
        push(network(2), "one").unwrap();
        push(Bearer::Known(UserId(1)), "owner").unwrap();
        for _ in 0..5 {
            queue.next()();
        }
        let order = ["many", "one", "owner", "many", "many"];
        assert_eq!(*served.lock().unwrap(), order);
        assert!(queue.lock().waiting.is_empty() && queue.lock().count == 0);
    }

    #[test]
    fn the_many_are_refused_and_newcomers_are_not() {
        let queue = HashQueue::new(2);
        let push = |bearer| queue.push(bearer, Box::new(|| ()));
        for _ in 0..MAX_OF_BEARER {
            push(network(0)).unwrap();
        }
        let Err(Error::TooManyRequests { retry_after, .. }) = push(network(0)) else {
            panic!("more than a network may have")
        };
        // 256 of 30 ms each, by two threads.
        assert_eq!(retry_after.as_millis(), 3840);
        for number in 0..MAX_WAITING {
            let _ = push(network(1 + u32::try_from(number % 20).unwrap()));
        }
        assert!(push(network(1)).is_err(), "it has some that wait");
        push(network(100)).unwrap();
        push(Bearer::Known(UserId(1))).unwrap();
    }
}
