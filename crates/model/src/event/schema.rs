//! The JSON schemas of events: one of its own for each, which `Event` refers to by its `type`, so that
//! generated clients have a type for each event.

use super::Event;
use crate::{
    Account, Announcement, Conversation, ConversationId, ConversationSummary, Draft, Favorite,
    Member, Message, MessageId, Mute, PollVote, Presence, Receipt, Reminder, SavedMessage,
    ScheduledMessage, Sender, ThreadState, UserId,
};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, Ref, RefOr, Schema,
        schema::{ArrayBuilder, Discriminator, ObjectBuilder, OneOfBuilder, Type},
    },
};

/// The components of a document, by name.
type Components = Vec<(String, RefOr<Schema>)>;

impl PartialSchema for Event {
    fn schema() -> RefOr<Schema> {
        let events = events();
        let mut one_of = OneOfBuilder::new().description(Some("An event, by its `type`."));
        for event in &events {
            one_of = one_of.item(Ref::from_schema_name(event.schema_name));
        }
        let mapping = events.iter().map(|it| {
            let reference = format!("#/components/schemas/{}", it.schema_name);
            (it.name, reference)
        });
        let discriminator = Discriminator::with_mapping("type", mapping);
        one_of.discriminator(Some(discriminator)).into()
    }
}

impl ToSchema for Event {
    fn name() -> Cow<'static, str> {
        "Event".into()
    }

    fn schemas(schemas: &mut Components) {
        for event in events() {
            for add_component in event.components {
                add_component(schemas);
            }
            schemas.push((event.schema_name.to_owned(), event.object.into()));
        }
    }
}

/// The schema of one event.
struct EventSchema {
    /// The value of `type`.
    name: &'static str,
    schema_name: &'static str,
    object: Object,
    /// Adds the schemas that the fields refer to.
    components: Vec<fn(&mut Components)>,
}

impl EventSchema {
    fn new(name: &'static str, schema_name: &'static str, description: &str) -> Self {
        Self::extending(Object::new(), name, schema_name, description)
    }

    /// An event with the fields of another type beside `type`.
    fn of<T: ToSchema>(name: &'static str, schema_name: &'static str, description: &str) -> Self {
        let object = match T::schema() {
            RefOr::T(Schema::Object(object)) => object,
            _ => Object::new(),
        };
        let mut event = Self::extending(object, name, schema_name, description);
        event.components.push(<T as ToSchema>::schemas);
        event
    }

    fn extending(
        object: Object,
        name: &'static str,
        schema_name: &'static str,
        description: &str,
    ) -> Self {
        let kind = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some([name]));
        Self {
            name,
            schema_name,
            object: ObjectBuilder::from(object)
                .description(Some(description))
                .property("type", kind)
                .required("type")
                .build(),
            components: Vec::new(),
        }
    }

    /// An event of a conversation's sequence.
    fn in_sequence(self) -> Self {
        self.has::<ConversationId>("conversationId")
            .has_value::<i64>("seq")
    }

    /// A field whose type has a schema of its own.
    fn has<T: ToSchema>(self, field: &str) -> Self {
        let reference = Ref::from_schema_name(T::name());
        self.refers_to::<T>(field, reference.into())
    }

    /// As `has`, but the field may be absent.
    fn may_have<T: ToSchema>(mut self, field: &str) -> Self {
        self.components.push(add_component::<T>);
        self.object = ObjectBuilder::from(self.object)
            .property(field, Ref::from_schema_name(T::name()))
            .build();
        self
    }

    /// As `has`, or null.
    fn has_or_null<T: ToSchema>(self, field: &str) -> Self {
        let null = ObjectBuilder::new().schema_type(Type::Null);
        let schema = OneOfBuilder::new()
            .item(null)
            .item(Ref::from_schema_name(T::name()));
        self.refers_to::<T>(field, schema.into())
    }

    /// A field with a list.
    fn has_many<T: ToSchema>(self, field: &str) -> Self {
        let reference = Ref::from_schema_name(T::name());
        self.refers_to::<T>(field, ArrayBuilder::new().items(reference).into())
    }

    fn refers_to<T: ToSchema>(mut self, field: &str, schema: RefOr<Schema>) -> Self {
        self.components.push(add_component::<T>);
        self.property(field, schema)
    }

    /// A number or a truth value.
    fn has_value<T: PartialSchema>(self, field: &str) -> Self {
        self.property(field, T::schema())
    }

    /// A number or a truth value that may be absent.
    fn may_have_value<T: PartialSchema>(mut self, field: &str) -> Self {
        self.object = ObjectBuilder::from(self.object)
            .property(field, T::schema())
            .build();
        self
    }

    fn property(mut self, field: &str, schema: RefOr<Schema>) -> Self {
        self.object = ObjectBuilder::from(self.object)
            .property(field, schema)
            .required(field)
            .build();
        self
    }
}

fn add_component<T: ToSchema>(schemas: &mut Components) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn events() -> Vec<EventSchema> {
    let mut events = sequenced_events();
    events.extend(other_events());
    events.extend(personal_events());
    events
}

/// Events that count in a conversation's sequence; the change feed has them, too.
fn sequenced_events() -> Vec<EventSchema> {
    let event = |name, schema_name, description| {
        EventSchema::new(name, schema_name, description).in_sequence()
    };
    vec![
        event(
            "message:created",
            "MessageCreatedEvent",
            "A message was sent.",
        )
        .has::<Message>("message"),
        event(
            "message:updated",
            "MessageUpdatedEvent",
            "A message was edited, its reactions or the votes of its poll have changed, or the poll was closed. \
             Votes that come at about the same time are told together.",
        )
        .has::<Message>("message"),
        event(
            "message:deleted",
            "MessageDeletedEvent",
            "A message was deleted; its tombstone remains.",
        )
        .has::<Message>("message"),
        event(
            "conversation:created",
            "ConversationCreatedEvent",
            "The recipient is now a member of this conversation. Only new members get it.",
        )
        .has::<ConversationSummary>("conversation"),
        event(
            "conversation:updated",
            "ConversationUpdatedEvent",
            "Title, description or privacy have changed.",
        )
        .has::<Conversation>("conversation"),
        event(
            "conversation:removed",
            "ConversationRemovedEvent",
            "The recipient is no longer a member, or the conversation was deleted.",
        ),
        event(
            "member:added",
            "MemberAddedEvent",
            "Somebody is now a member.",
        )
        .has::<Member>("member"),
        event(
            "member:updated",
            "MemberUpdatedEvent",
            "A member has another role.",
        )
        .has::<Member>("member"),
        event(
            "member:removed",
            "MemberRemovedEvent",
            "Somebody is no longer a member.",
        )
        .has::<UserId>("userId"),
    ]
}

/// Events outside of the sequence: of each only the latest counts.
fn other_events() -> Vec<EventSchema> {
    let event = EventSchema::new;
    vec![
        event(
            "ready",
            "ReadyEvent",
            "The first event of a socket: the caller's account, conversations, and who is present.",
        )
        .has::<Account>("user")
        .has_many::<ConversationSummary>("conversations")
        .has_many::<Presence>("presence"),
        EventSchema::of::<Receipt>(
            "receipt:updated",
            "ReceiptUpdatedEvent",
            "A member has read or received more.",
        ),
        event(
            "typing",
            "TypingEvent",
            "A member has begun or ended typing.",
        )
        .has::<ConversationId>("conversationId")
        .has::<UserId>("userId")
        .has_value::<bool>("typing")
        .may_have::<MessageId>("threadId"),
        EventSchema::of::<Presence>(
            "presence",
            "PresenceEvent",
            "Somebody is present, away or gone.",
        ),
        event(
            "user:updated",
            "UserUpdatedEvent",
            "The name, username or avatar of a user has changed, who shares a conversation of at most 200 members \
             with the recipient.",
        )
        .has::<Sender>("profile"),
        event(
            "unread",
            "UnreadEvent",
            "To the user's own sockets, when their read position has moved, when they have marked messages as unread, \
             when a mention of them came or went with a message, an edit or a deletion, and when a message was \
             deleted that they had not read, in conversations of at most 200 members. Clients add one for each \
             `message:created` of somebody else themselves.",
        )
        .has_value::<i64>("total")
        .has::<ConversationId>("conversationId")
        .has_value::<i64>("unread")
        .has_value::<i64>("mentions")
        .may_have_value::<i64>("readPosition")
        .may_have_value::<bool>("markedUnread"),
        EventSchema::of::<ThreadState>(
            "thread",
            "ThreadEvent",
            "To the user's own sockets, when they follow a thread or no longer do, have read in it, were \
             mentioned in it, or a reply was deleted that they had not read. Of threads that they follow, \
             clients add one for each `message:created` of somebody else themselves.",
        ),
        event(
            "favorites",
            "FavoritesEvent",
            "To the user's own sockets: the whole list of favorites.",
        )
        .has_many::<Favorite>("favorites"),
        event(
            "saved",
            "SavedEvent",
            "To the user's own sockets, when they have saved a message, or taken it off the list \
             (`saved` is null then).",
        )
        .has::<MessageId>("messageId")
        .has_or_null::<SavedMessage>("saved"),
        EventSchema::of::<Announcement>(
            "announcement",
            "AnnouncementEvent",
            "An administrator has announced something to everybody.",
        ),
    ]
}

/// Events of the user's own sequence (`GET /me/changes`).
fn personal_events() -> Vec<EventSchema> {
    let event = EventSchema::new;
    vec![
        event(
            "draft",
            "DraftEvent",
            "To the user's own sockets: a draft was written, removed or sent. It is removed when it has neither \
             a text nor a quoted message.",
        )
        .has::<Draft>("draft"),
        event(
            "scheduled",
            "ScheduledEvent",
            "To the user's own sockets: a message was scheduled, changed, cancelled, sent or refused.",
        )
        .has::<ScheduledMessage>("scheduled"),
        event(
            "reminder",
            "ReminderEvent",
            "To the user's own sockets: a reminder was set or completed, or its time has come (its state is \
             `due` then).",
        )
        .has::<Reminder>("reminder"),
        event(
            "mute",
            "MuteEvent",
            "To the user's own sockets: a conversation was muted or unmuted. That the time of a mute is over is \
             not told: it is in `until`.",
        )
        .has::<Mute>("mute"),
        event(
            "vote",
            "VoteEvent",
            "To the user's own sockets: they have voted in a poll, or taken their vote back.",
        )
        .has::<PollVote>("vote"),
        event(
            "personal",
            "PersonalSequenceEvent",
            "To the user's own sockets: their personal sequence has come to this number, and changes may have \
             been missed. `GET /me/changes` has those after a number.",
        )
        .has_value::<i64>("personalSeq"),
    ]
}
