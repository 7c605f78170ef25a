//! Mentions of many in a box: what is offered for them, and how many people a text will notify, before it is sent. The
//! server decides when it is; whether somebody may is `model::may_mention_all` for both.

use super::{
    context::Composing, lines::is_in_code, offer::Offer, selection::Selection,
    writing_box::WritingBox,
};
use crate::{
    client::ChatClient,
    erased_signal::ErasedSignal,
    router::Router,
    store::ChatStore,
    ui::{dynamic_attr, dynamic_text},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, PresenceStatus, Wildcard, may_mention_all};

/// The page warns of more people than these.
const FEW: i64 = 10;

/// Members up to which the page knows who of them is online.
const MAX_MEMBERS_WITH_PRESENCE: i64 = 200;

const REFUSAL: &str =
    "Only those who administer this conversation can mention everybody. Nobody will be notified.";

/// What a box says of the mentions of many in it.
#[derive(Clone, Copy)]
pub struct Many {
    client: ChatClient,
    router: Router,
    said: ErasedSignal<String>,
}

impl Many {
    pub fn new(composing: Composing) -> Self {
        Self {
            client: composing.client,
            router: composing.router,
            said: ErasedSignal::new(String::new()),
        }
    }

    pub fn update(self, written: &WritingBox) {
        let added = added(&written.original(), &written.area.value());
        let said = self.note(&added, written);
        let said = said.unwrap_or_default();
        if self.said.with_untracked(|known| *known != said) {
            self.said.set(said);
        }
    }

    fn note(self, added: &[(Wildcard, String)], written: &WritingBox) -> Option<String> {
        if added.is_empty() {
            return None;
        }
        let is_aside = written.is_aside();
        let id = untrack(|| self.router.conversation())?;
        self.client
            .store
            .with_untracked(|store| note(store, id, added, is_aside))
    }

    /// A line above the tools, of which screen readers hear as soon as it is there.
    pub fn view(self) -> AnyView {
        let class = dynamic_attr(move || {
            if self.said.with(String::is_empty) {
                "sr-only"
            } else {
                "compose-note"
            }
        });
        let text = dynamic_text(move || self.said.get());
        any_view! { <span class=class role="status">{text}</span> }
    }
}

/// The words for many that begin with a query, where the user may write them.
pub fn offered(client: ChatClient, id: ConversationId, query: &str) -> Vec<Offer> {
    let query = query.to_ascii_lowercase();
    // Somebody who only looks for a name sees names.
    if query.is_empty() {
        return Vec::new();
    }
    client.store.with_untracked(|store| {
        let Some(others) = others(store, id) else {
            return Vec::new();
        };
        let mut offers = Vec::new();
        for wildcard in [Wildcard::All, Wildcard::Here] {
            let words = wildcard.words().iter();
            let mut words = words.filter(|word| word.starts_with(&*query));
            let Some(word) = words.find(|word| !is_username(store, id, word)) else {
                continue;
            };
            let effect = match wildcard {
                // Nobody counts those whom announcements tell.
                Wildcard::All if others < 1 => "Everybody".to_owned(),
                Wildcard::All => format!("Everybody, {}", people(others)),
                Wildcard::Here => "Who is online".to_owned(),
            };
            offers.push(Offer::Many { word, effect });
        }
        offers
    })
}

/// How many others are in the conversation; `None` where the user may not mention them all.
fn others(store: &ChatStore, id: ConversationId) -> Option<i64> {
    let summary = store.summary(id)?;
    let it = &summary.conversation;
    let may = may_mention_all(it.kind, summary.role?, it.member_count);
    may.then_some(it.member_count - 1)
}

/// What a text with these words does; `None` for nothing that is worth a line.
fn note(
    store: &ChatStore,
    id: ConversationId,
    added: &[(Wildcard, String)],
    is_aside: bool,
) -> Option<String> {
    let mut of_many = added
        .iter()
        .filter(|(_, word)| !is_username(store, id, word));
    let (first, _) = of_many.next()?;
    let Some(others) = others(store, id) else {
        return Some(REFUSAL.to_owned());
    };
    let is_all = *first == Wildcard::All || of_many.any(|(it, _)| *it == Wildcard::All);
    let kind = store.summary(id)?.conversation.kind;
    if kind == ConversationKind::Announcements {
        return Some("This will notify everybody.".to_owned());
    }
    if others <= FEW {
        return None;
    }
    let whom = match (is_all, is_aside) {
        (true, true) => "everybody who follows this thread".to_owned(),
        (false, true) => "everybody who follows this thread and is online".to_owned(),
        (true, false) => people(others),
        (false, false) if others < MAX_MEMBERS_WITH_PRESENCE && store.knows_all_members(id) => {
            let online = online(store, id)?;
            people(online)
        }
        (false, false) => "everybody who is online".to_owned(),
    };
    Some(format!("This will notify {whom}."))
}

/// The others who are online, if they are more than a few.
fn online(store: &ChatStore, id: ConversationId) -> Option<i64> {
    let me = store.me.user.id;
    let members = store.members(id).unwrap_or_default().into_iter();
    let online = members.filter(|member| {
        let user = member.user.id;
        user != me && store.presence(user) == PresenceStatus::Online
    });
    let online = i64::try_from(online.count()).unwrap_or(i64::MAX);
    (online > FEW).then_some(online)
}

/// Whether a member is called so, who is meant alone.
fn is_username(store: &ChatStore, id: ConversationId, word: &str) -> bool {
    let members = store.members(id).unwrap_or_default();
    members.iter().any(|member| member.user.username == word)
}

fn people(count: i64) -> String {
    let people = if count == 1 { "person" } else { "people" };
    format!("{count} {people}")
}

/// The words for many in a text of those whom the original of an edit has not mentioned: an edit that keeps a word tells
/// nobody again.
fn added(original: &str, text: &str) -> Vec<(Wildcard, String)> {
    let mut words = found(text);
    if !words.is_empty() {
        let before = found(original);
        words.retain(|(it, _)| !before.iter().any(|(kept, _)| kept == it));
    }
    words
}

/// The words for many in a text, outside of code, each once. The server reads Markdown, and has the last word
/// (`crates/chat/src/text/mentions.rs`). Where the two differ, this rather finds more: nobody shall be told unwarned.
fn found(text: &str) -> Vec<(Wildcard, String)> {
    let mut words = Vec::new();
    let mut place = Selection {
        text: text.to_owned(),
        start: 0,
        end: 0,
    };
    for (at, sign) in text.match_indices(['@', '＠']) {
        let (before, rest) = (&text[..at], &text[at + sign.len()..]);
        let end = rest.find(|c| !is_of_word(narrow(c)));
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        let word: String = word.chars().map(narrow).collect();
        let word = word.trim_end_matches(['.', '-', '_']).to_ascii_lowercase();
        let Some(wildcard) = Wildcard::of(&word) else {
            continue;
        };
        let continues_word = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        let is_known = words.iter().any(|(_, known)| *known == word);
        if is_known || continues_word || is_of_address(after) || is_in_span(before, rest) {
            continue;
        }
        (place.start, place.end) = (at, at);
        if !is_in_code(&place) {
            words.push((wildcard, word));
        }
    }
    words
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// The narrow form of a character that keyboards for Chinese and Japanese write wide.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Whether a word goes on as an address: `@all@example.org`.
fn is_of_address(after: &str) -> bool {
    let host = after.strip_prefix('@').unwrap_or_default();
    let end = host.find(|c| !is_of_word(c)).unwrap_or(host.len());
    let after_dot = host[..end].split_once('.').map(|(_, rest)| rest);
    after_dot.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Whether a place is in code that begins and ends in its line: between two runs of as many backticks.
fn is_in_span(before: &str, rest: &str) -> bool {
    let begun = before.rsplit('\n').next().unwrap_or_default();
    let after = runs(rest.split('\n').next().unwrap_or_default());
    let mut open = None;
    for run in runs(begun) {
        match open {
            None => open = Some(run),
            Some(length) if length == run => open = None,
            Some(_) => {}
        }
    }
    open.is_some_and(|length| after.contains(&length))
}

/// How long the runs of backticks in a text are, but for those that are escaped.
fn runs(text: &str) -> Vec<usize> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let is_escaped = rest[..at].ends_with('\\');
        let behind = rest[at..].trim_start_matches('`');
        if !is_escaped {
            runs.push(rest.len() - at - behind.len());
        }
        rest = behind;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{added, found, people};
    use model::Wildcard::{self, All, Here};

    #[test]
    fn finds_the_words_for_many_outside_of_code() {
        for (text, expected) in [
            ("@all", &[All][..]),
            ("hi @Everyone, and @here.", &[All, Here]),
            ("(@channel)", &[All]),
            ("@allow all @al", &[]),
            ("mail@all", &[]),
            ("@all@example.org", &[]),
            ("`@all` @here", &[Here]),
            ("```\n@all\n```", &[]),
            ("```\nx\n```\n@all", &[All]),
            ("don`t forget @all", &[All]),
            ("``a`b`` @all", &[All]),
            ("don`t forget @all, run ``x``", &[All]),
            (r"\`@all `", &[All]),
            ("``a`b @all``", &[]),
            ("@all@a..b", &[All]),
            ("Note:@all", &[All]),
            ("＠ａｌｌ", &[All]),
            ("@all@bob", &[All]),
            ("@all, @all and `@all`", &[All]),
        ] {
            let words: Vec<Wildcard> = found(text).into_iter().map(|(it, _)| it).collect();
            assert_eq!(words, expected, "{text}");
        }
        for (original, text, expected) in [
            ("", "@all", &[All][..]),
            ("@all", "@all, once more", &[]),
            ("@everyone", "@all and @here", &[Here]),
            ("`@all`", "@all", &[All]),
        ] {
            let words = added(original, text).into_iter().map(|(it, _)| it);
            assert_eq!(words.collect::<Vec<_>>(), expected, "{text}");
        }
        assert_eq!((&*people(1), &*people(42)), ("1 person", "42 people"));
    }
}
