//! The user's own votes: what the server has, what is chosen here, and how one becomes the other.

use super::state::{Polls, polls};
use crate::{
    client::{ChatClient, spawn},
    error::AppError,
    store::Map,
    ui::{in_words, on_window},
};
use leptos::prelude::{document, set_timeout};
use model::{MessageId, PollVote};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

/// Choices that follow one another within this time are one vote.
pub const CHOICE_DELAY: Duration = Duration::from_millis(400);

/// The same where the arrow keys choose: who reads the options with them chooses each that is passed. The vote goes
/// earlier when the keyboard leaves the options, and with Space or Enter.
pub const ARROW_DELAY: Duration = Duration::from_secs(3);

/// Ballots that are built together ask within this time.
const GATHER_DELAY: Duration = Duration::from_millis(20);

/// Results that only voters see are asked for so much later when others vote, half as much more or less: at most once in
/// this time. Each of many voters asks, so that it grows by the second number for each of them, up to the third.
const RESULTS_DELAY: Duration = Duration::from_secs(2);
const DELAY_PER_VOTER: Duration = Duration::from_millis(10);
const MAX_RESULTS_DELAY: Duration = Duration::from_mins(2);

/// Polls of one request.
const MAX_ASKED: usize = 100;

thread_local! {
    static ASKING: RefCell<Vec<MessageId>> = const { RefCell::new(Vec::new()) };
    static ASKING_LATER: RefCell<Vec<MessageId>> = const { RefCell::new(Vec::new()) };
    /// Polls whose choice is on its way. What is chosen meanwhile follows.
    static SENDING: RefCell<Vec<MessageId>> = const { RefCell::new(Vec::new()) };
    /// Choices whose time has not come, each with a number of its own: a later one of the same poll takes its place.
    static WAITING: RefCell<Vec<(MessageId, u64)>> = const { RefCell::new(Vec::new()) };
    static LAST_NUMBER: Cell<u64> = const { Cell::new(0) };
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

/// Takes what the server has told. An older state that comes late is none. What was said of another choice is no more.
pub fn put(vote: PollVote) {
    let polls = polls();
    let order = |it: &PollVote| (it.seq, it.poll.revision);
    let (id, mut is_other) = (vote.message_id, false);
    polls.own.update(|own| {
        let known = own.get(&id);
        if known.is_none_or(|known| order(known) <= order(&vote)) {
            is_other = known.is_some_and(|known| known.options != vote.options);
            own.insert(id, vote);
        }
    });
    if is_other {
        polls.notes.update(|notes| drop(notes.remove(&id)));
    }
}

/// Reads the own vote in a poll, in one request with those of others.
pub fn ask(client: ChatClient, id: MessageId) {
    let is_first = ASKING.with_borrow_mut(|asking| {
        asking.push(id);
        asking.len() == 1
    });
    if is_first {
        set_timeout(move || spawn(answer(client)), GATHER_DELAY);
    }
}

async fn answer(client: ChatClient) {
    let asking = ASKING.take();
    for ids in asking.chunks(MAX_ASKED) {
        // Without an answer it stays: the next connect asks again, also for results that have changed.
        let votes = client.own_votes(ids).await.unwrap_or_default();
        votes.into_iter().for_each(put);
    }
}

/// Reads the results of so many once more, soon.
pub fn ask_later(client: ChatClient, id: MessageId, voters: i64) {
    let is_new = ASKING_LATER.with_borrow_mut(|asking| {
        let is_new = !asking.contains(&id);
        if is_new {
            asking.push(id);
        }
        is_new
    });
    if is_new {
        let act = move || {
            ASKING_LATER.with_borrow_mut(|asking| asking.retain(|it| *it != id));
            ask(client, id);
        };
        let voters = u32::try_from(voters).unwrap_or(u32::MAX);
        let delay = DELAY_PER_VOTER.saturating_mul(voters);
        let delay = RESULTS_DELAY.saturating_add(delay).min(MAX_RESULTS_DELAY);
        set_timeout(act, delay.mul_f64(0.5 + js_sys::Math::random()));
    }
}

/// Shows a choice at once, and sends it when no other follows within the delay.
pub fn choose(client: ChatClient, id: MessageId, chosen: Vec<i16>, delay: Duration) {
    listen(client);
    let polls = polls();
    polls
        .pending
        .update(|pending| drop(pending.insert(id, chosen)));
    let number = LAST_NUMBER.get() + 1;
    LAST_NUMBER.set(number);
    stop_waiting(id);
    WAITING.with_borrow_mut(|waiting| waiting.push((id, number)));
    let act = move || {
        if WAITING.with_borrow(|waiting| waiting.contains(&(id, number))) {
            spawn(send(client, polls, id));
        }
    };
    set_timeout(act, delay);
}

fn stop_waiting(id: MessageId) {
    WAITING.with_borrow_mut(|waiting| waiting.retain(|(of, _)| *of != id));
}

fn is_waiting(id: MessageId) -> bool {
    WAITING.with_borrow(|waiting| waiting.iter().any(|(of, _)| *of == id))
}

/// Sends a choice that waits whether another one follows.
pub fn send_now(client: ChatClient, id: MessageId) {
    let polls = polls();
    if polls.pending_of(id).is_some() {
        spawn(send(client, polls, id));
    }
}

/// From the first choice on, for as long as the page is there: what waits goes when the page is hidden or ends. If the
/// page stays, nothing is left that a later choice of another device could be overwritten with.
fn listen(client: ChatClient) {
    if LISTENS.replace(true) {
        return;
    }
    for name in ["pagehide", "visibilitychange"] {
        on_window(name, move || {
            if name == "pagehide" || document().hidden() {
                send_at_last(client);
            }
        });
    }
}

fn send_at_last(client: ChatClient) {
    let pending = polls().pending;
    if pending.with_untracked(Map::is_empty) {
        return;
    }
    pending.update(|pending| {
        pending.retain(|id, chosen| {
            client.vote_at_last(*id, chosen);
            stop_waiting(*id);
            // Where a request is on its way, which this one may have overtaken, `send` goes on.
            SENDING.with_borrow(|sending| sending.contains(id))
        });
    });
}

async fn send(client: ChatClient, polls: Polls, id: MessageId) {
    stop_waiting(id);
    let is_first = SENDING.with_borrow_mut(|sending| {
        let is_first = !sending.contains(&id);
        if is_first {
            sending.push(id);
        }
        is_first
    });
    if !is_first {
        return;
    }
    // What is chosen while a request is on its way has its own time.
    while !is_waiting(id)
        && let Some(chosen) = polls.pending_of(id)
    {
        match client.vote(id, &chosen).await {
            Ok(vote) => {
                let said = voted(&vote);
                put(vote);
                polls.say(id, said);
            }
            Err(AppError(problem)) => {
                polls.say(id, in_words(&problem));
                // It may have been closed, or changed elsewhere.
                ask(client, id);
            }
        }
        // After a failure, the ballot is as it was.
        polls.pending.update(|pending| {
            if pending.get(&id) == Some(&chosen) {
                pending.remove(&id);
            }
        });
    }
    SENDING.with_borrow_mut(|sending| sending.retain(|it| *it != id));
}

fn voted(vote: &PollVote) -> String {
    let texts = vote.poll.texts(&vote.options);
    if texts.is_empty() {
        return "Your vote was taken back.".to_owned();
    }
    format!("Your vote: {}.", texts.join(", "))
}
