//! What the palette offers: what the page knows at once, what the server finds besides, and the commands.

use super::{
    commands::{COMMANDS, Command},
    matching::{Match, Place, Sought},
    uses::Uses,
};
use crate::{
    client::{Found, FoundMessage, FoundPlace},
    store::ChatStore,
    ui::Icon,
};
use model::{ConversationId, ConversationKind, ConversationSummary, User, UserId};

const MAX_RECENT: usize = 8;
const MAX_PLACES: usize = 12;
const MAX_CHANNELS: usize = 5;
const MAX_COMMANDS: usize = 5;
/// The server searches messages from this many characters on.
const MIN_MESSAGE_QUERY: usize = 3;

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Conversation(ConversationId),
    /// Somebody without a direct conversation.
    Person(UserId),
    /// A public channel that the user has not joined.
    Channel(ConversationId),
    Command(Command),
    Message(FoundMessage),
    /// The search panel, with this text.
    Search(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Recent,
    Places,
    Channels,
    Commands,
    Messages,
    Meant,
}

impl Group {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Recent => "Recent",
            Self::Places => "Conversations and people",
            Self::Channels => "Channels to join",
            Self::Commands => "Commands",
            Self::Messages => "Messages",
            Self::Meant => "Did you mean",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The key of its uses, and of its row.
    pub key: String,
    pub group: Group,
    pub label: String,
    pub detail: String,
    pub icon: Icon,
    /// With a face in the place of the icon.
    pub user: Option<User>,
    /// Of a group or a channel, over its icon.
    pub picture_url: Option<String>,
    pub unread: i64,
    pub target: Target,
}

impl Item {
    pub const fn is_search(&self) -> bool {
        matches!(self.target, Target::Search(_))
    }
}

/// All items for a query, in their order. `found` is the server's answer to the same query.
pub fn items(
    store: &ChatStore,
    query: &str,
    found: Option<&Found>,
    uses: &Uses,
    at: i64,
) -> Vec<Item> {
    let sought = Sought::new(query);
    let mut all = places(store, &sought, found, uses, at);
    let to_join = found_places(found).filter(|item| item.group == Group::Channels);
    all.extend(to_join.take(MAX_CHANNELS));
    all.extend(commands(&sought, uses, at));
    if !sought.is_empty() {
        all.extend(messages(store, query, found));
    }
    // Below all that has the query: Enter opens none of them that was not chosen.
    let meant = found.map_or(&[][..], |found| &found.meant);
    let meant = items_of(meant).map(|item| Item {
        group: Group::Meant,
        ..item
    });
    let meant: Vec<_> = meant
        .filter(|item| all.iter().all(|known| known.key != item.key))
        .collect();
    all.extend(meant);
    all
}

/// Of what the server has found for another query, the places whose names have this one.
pub fn matching_places(found: &Found, query: &str) -> Found {
    let sought = Sought::new(query);
    let matches = |place: &&FoundPlace| {
        let item = item_of(place);
        let is_named = |item: Item| {
            let names = [&item.label, &item.detail];
            names.into_iter().any(|name| sought.find_in(name).is_some())
        };
        !sought.is_empty() && item.is_some_and(is_named)
    };
    Found {
        places: found.places.iter().filter(matches).cloned().collect(),
        meant: Vec::new(),
        messages: Vec::new(),
    }
}

/// The user's conversations and people for a query, in their order.
pub fn places(
    store: &ChatStore,
    sought: &Sought,
    found: Option<&Found>,
    uses: &Uses,
    at: i64,
) -> Vec<Item> {
    let mut places = known_places(store, sought, uses, at);
    for item in found_places(found).filter(|item| item.group == Group::Places) {
        if places.iter().all(|(_, known)| known.key != item.key) {
            let names = [&item.label, &item.detail].into_iter();
            let matched = names.filter_map(|name| sought.find_in(name)).max();
            let rank = (
                matched.unwrap_or(Match::ELSEWHERE),
                uses.score(&item.key, at),
            );
            places.push((rank, item));
        }
    }
    // Stable: what was active last stays first of those that are as good.
    places.sort_by(|(a, _), (b, _)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let max = if sought.is_empty() {
        MAX_RECENT
    } else {
        MAX_PLACES
    };
    places.into_iter().take(max).map(|(_, item)| item).collect()
}

/// What the server has found: conversations, channels to join, and people.
fn found_places(found: Option<&Found>) -> impl Iterator<Item = Item> {
    items_of(found.map_or(&[][..], |found| &found.places))
}

fn items_of(places: &[FoundPlace]) -> impl Iterator<Item = Item> {
    places.iter().filter_map(item_of)
}

fn item_of(place: &FoundPlace) -> Option<Item> {
    match (&place.conversation, &place.user) {
        (Some(summary), _) if summary.role.is_none() => Some(channel(summary)),
        (Some(summary), _) => Some(conversation(summary)),
        (None, Some(found)) => Some(person(found)),
        (None, None) => None,
    }
}

type Ranked = ((Match, f64), Item);

fn known_places(store: &ChatStore, sought: &Sought, uses: &Uses, at: i64) -> Vec<Ranked> {
    let all = store.summaries().into_iter();
    let matching = all.filter_map(|summary| {
        let item = conversation(summary);
        let username = summary.peer.as_ref().map(|peer| peer.username.as_str());
        let names = [Some(item.label.as_str()), username].into_iter().flatten();
        let matched = names.filter_map(|name| sought.find_in(name)).max()?;
        Some(((matched, uses.score(&item.key, at)), item))
    });
    matching.collect()
}

fn conversation(summary: &ConversationSummary) -> Item {
    let about = &summary.conversation;
    let peer = summary.peer.as_ref();
    let title = about.title.clone();
    let (icon, detail) = match (about.kind, about.private) {
        (ConversationKind::Direct, _) => (Icon::Speech, String::new()),
        (ConversationKind::Channel, false) => (Icon::Channel, "Channel".to_owned()),
        (ConversationKind::Channel, true) => (Icon::Lock, "Private channel".to_owned()),
        (ConversationKind::Announcements, _) => (Icon::Announcements, String::new()),
        (ConversationKind::Group, _) => (Icon::Group, "Group".to_owned()),
    };
    Item {
        key: format!("c{}", about.id),
        group: Group::Places,
        label: title
            .or_else(|| Some(peer?.name.clone()))
            .unwrap_or_default(),
        detail: peer.map_or(detail, |peer| format!("@{}", peer.username)),
        icon,
        user: peer.cloned(),
        picture_url: about.picture_url.clone(),
        unread: summary.unread,
        target: Target::Conversation(about.id),
    }
}

fn channel(summary: &ConversationSummary) -> Item {
    let count = summary.conversation.member_count;
    Item {
        group: Group::Channels,
        detail: format!("{count} member{}", if count == 1 { "" } else { "s" }),
        target: Target::Channel(summary.conversation.id),
        unread: 0,
        ..conversation(summary)
    }
}

fn person(user: &User) -> Item {
    Item {
        key: format!("u{}", user.id),
        group: Group::Places,
        label: user.name.clone(),
        detail: format!("@{}", user.username),
        icon: Icon::Speech,
        user: Some(user.clone()),
        picture_url: None,
        unread: 0,
        target: Target::Person(user.id),
    }
}

/// None without a query: they are found by their names, and by other words for them.
fn commands(sought: &Sought, uses: &Uses, at: i64) -> Vec<Item> {
    if sought.is_empty() {
        return Vec::new();
    }
    let all = COMMANDS.iter().filter_map(|(command, name, icon, words)| {
        let matched = sought.find_in(name).or_else(|| {
            let other = sought.find_in(words);
            other
                .filter(|it| it.place >= Place::AtWord)
                .map(Match::anywhere)
        })?;
        let key = format!("do {name}");
        let rank = (matched, uses.score(&key, at));
        let item = Item {
            key,
            group: Group::Commands,
            label: (*name).to_owned(),
            detail: String::new(),
            icon: *icon,
            user: None,
            picture_url: None,
            unread: 0,
            target: Target::Command(*command),
        };
        Some((rank, item))
    });
    let mut all: Vec<Ranked> = all.collect();
    all.sort_by(|(a, _), (b, _)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    all.truncate(MAX_COMMANDS);
    all.into_iter().map(|(_, item)| item).collect()
}

/// The way to the search panel, and the newest messages that the server has found.
fn messages(store: &ChatStore, query: &str, found: Option<&Found>) -> Vec<Item> {
    let mut all = Vec::new();
    let item = |key: String, label: String, detail: String, icon, target| Item {
        key,
        group: Group::Messages,
        label,
        detail,
        icon,
        user: None,
        picture_url: None,
        unread: 0,
        target,
    };
    let query = query.trim();
    if query.chars().count() >= MIN_MESSAGE_QUERY {
        let found = found
            .map(|found| found.messages.as_slice())
            .unwrap_or_default();
        all.extend(found.iter().map(|message| {
            let place = store.title(message.conversation_id).unwrap_or_default();
            let mut label = message.snippet.text.clone();
            if label.is_empty() {
                let names: Vec<_> = message.attachments.iter().map(|it| &*it.name).collect();
                label = names.join(", ");
            }
            item(
                format!("m{}", message.id),
                label,
                format!("{} · {place}", message.sender.name),
                Icon::Speech,
                Target::Message(message.clone()),
            )
        }));
    }
    all.push(item(
        "search".to_owned(),
        format!("Search messages for “{query}”"),
        String::new(),
        Icon::Search,
        Target::Search(query.to_owned()),
    ));
    all
}
