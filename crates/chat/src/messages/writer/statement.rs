//! The statement of a batch: one call of the SQL function `send_messages`, which has the rules.

use super::queue::QueuedSend;
use crate::{
    Error, Result,
    conversations::ONLY_ADMINISTRATORS,
    messages::{
        entities::{files_lines, render},
        kind::kind_text,
        mentions::{self, MentionedUser, Mentions, users_as_mentioned},
    },
    presence::table::PresenceTable,
    text,
};
use model::{
    Attachment, Draft, Message, MessageId, Names, NewAttachment, NewPoll, Poll, Reply, Sender,
    Thread, UserId, Wildcard,
};
use serde_json::{Value, json};
use sqlx::{PgConnection, types::Json};
use std::collections::HashMap;
use time::OffsetDateTime;

/// Why a send is refused whose `clientId` the sender has used before.
pub const CLIENT_ID_USED: &str = "This clientId was used for another message.";

/// The outcome of one send of a batch.
#[expect(clippy::large_enum_variant, reason = "almost all are of that variant")]
pub enum Outcome {
    Written(Written),
    /// An earlier send with the same `clientId` had written it.
    Repeated(MessageId),
    /// Another transaction has the row lock of the conversation: nothing was written.
    Busy,
    Refused(Error),
    /// The connection broke before the answer came, or the server or a proxy ended it: the send may
    /// have been committed. Failures after which it certainly was not (`failure::is_rolled_back`) are
    /// `Refused`.
    InDoubt(Error),
}

pub struct Written {
    pub message: Message,
    /// The sender's read and delivered positions before the send, where it moves them over messages
    /// of others.
    pub positions_before: Option<(i64, i64)>,
    pub mentioned: Vec<UserId>,
    /// Whether the message mentions many.
    pub has_wildcards: bool,
    /// Of a reply in a thread, the sender of the root.
    pub root_sender_id: Option<UserId>,
    /// What is left of the draft that the message was written as.
    pub draft: Option<Draft>,
}

/// What `send_messages` answers to one send.
struct OutcomeRow {
    outcome: String,
    id: Option<i64>,
    message_position: Option<i64>,
    seq: Option<i64>,
    written_at: Option<OffsetDateTime>,
    username: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
    reply: Option<Json<Reply>>,
    attachments: Option<Json<Vec<Attachment>>>,
    read_before: Option<i64>,
    delivered_before: Option<i64>,
    mentioned: Option<Vec<i64>>,
    thread_position: Option<i64>,
    root_sender_id: Option<i64>,
    thread: Option<Json<Thread>>,
    draft: Option<Json<Draft>>,
}

/// The parameters of `send_messages`: an element for each send.
struct Columns<'a> {
    conversation_ids: Vec<i64>,
    sender_ids: Vec<i64>,
    kinds: Vec<&'static str>,
    bodies: Vec<&'a str>,
    reply_to_ids: Vec<Option<i64>>,
    client_ids: Vec<Option<&'a str>>,
    official: Vec<bool>,
    openings: Vec<bool>,
    attachments: Option<Vec<Option<Json<Vec<Value>>>>>,
    names: Option<Vec<Option<Json<Vec<String>>>>>,
    thread_ids: Option<Vec<Option<i64>>>,
    to_conversation: Option<Vec<bool>>,
    /// Of `take_sent_from_drafts`, `attach_uploads`, `add_wildcard_mentions` and `add_polls`, where a send names a draft,
    /// has an upload, mentions many, or is a poll.
    extras: Option<Extras>,
}

struct Extras {
    draft_seqs: Vec<Option<i64>>,
    /// The number of a send, the position of its attachment, and the upload.
    numbers: Vec<i64>,
    positions: Vec<i64>,
    upload_ids: Vec<i64>,
    /// Whom a send mentions many by, and who is online, if one means those.
    wildcards: Vec<Option<Json<Vec<Wildcard>>>>,
    online: Vec<i64>,
    polls: Vec<Option<Json<NewPoll>>>,
}

impl Extras {
    fn of(sends: &[QueuedSend], presence: &PresenceTable) -> Option<Self> {
        let wildcards = lists(sends, |it| it.wildcards.granted.clone());
        let has_wildcards = wildcards.is_some();
        let mut extras = Self {
            online: online(sends, presence),
            wildcards: wildcards.unwrap_or_else(|| sends.iter().map(|_| None).collect()),
            draft_seqs: sends.iter().map(|it| it.new.draft_seq).collect(),
            polls: sends
                .iter()
                .map(|it| it.new.poll.clone().map(Json))
                .collect(),
            numbers: Vec::new(),
            positions: Vec::new(),
            upload_ids: Vec::new(),
        };
        for (number, send) in (1..).zip(sends) {
            for (position, attachment) in (1..).zip(&send.new.attachments) {
                if let Some(upload) = &attachment.upload {
                    extras.numbers.push(number);
                    extras.positions.push(position);
                    extras.upload_ids.push(upload.id.0);
                }
            }
        }
        let is_used = !extras.upload_ids.is_empty()
            || has_wildcards
            || extras.polls.iter().any(Option::is_some)
            || extras.draft_seqs.iter().any(Option::is_some);
        is_used.then_some(extras)
    }
}

/// Those of whom sends may mean the ones who are online. All who are, if a conversation has many members.
fn online(sends: &[QueuedSend], presence: &PresenceTable) -> Vec<i64> {
    let meant = sends.iter().filter(|it| it.wildcards.means_online());
    let few = meant.map(|it| it.wildcards.few_members.as_deref());
    let few: Option<Vec<_>> = few.collect();
    let users = match few {
        Some(few) => presence.online_of(few.into_iter().flatten().map(|id| UserId(*id))),
        None => presence.online_anywhere(),
    };
    users.into_iter().map(|id| id.0).collect()
}

impl<'a> Columns<'a> {
    fn of(sends: &'a [QueuedSend], presence: &PresenceTable) -> Self {
        let in_threads = sends.iter().any(|it| it.new.thread_id.is_some());
        let thread_ids = sends.iter().map(|it| it.new.thread_id.map(|id| id.0));
        let to_conversation = sends.iter().map(|it| it.new.also_to_conversation);
        let reply_to_ids = sends.iter().map(|it| it.new.reply_to_id.map(|id| id.0));
        Self {
            conversation_ids: sends.iter().map(|it| it.conversation_id.0).collect(),
            sender_ids: sends.iter().map(|it| it.sender_id.0).collect(),
            kinds: sends.iter().map(|it| kind_text(it.new.kind)).collect(),
            bodies: sends.iter().map(|it| it.new.body.as_str()).collect(),
            reply_to_ids: reply_to_ids.collect(),
            client_ids: sends.iter().map(|it| it.new.client_id.as_deref()).collect(),
            official: sends.iter().map(|it| it.options.official).collect(),
            openings: sends.iter().map(|it| it.options.opening).collect(),
            attachments: lists(sends, |it| {
                it.new.attachments.iter().map(attachment_json).collect()
            }),
            names: lists(sends, |it| {
                if it.options.forwarded {
                    Vec::new()
                } else {
                    mentions::names(&it.new.body)
                }
            }),
            thread_ids: in_threads.then(|| thread_ids.collect()),
            to_conversation: in_threads.then(|| to_conversation.collect()),
            extras: Extras::of(sends, presence),
        }
    }
}

/// The rows of one statement that calls `send_messages` with these columns: the SQL before and after the
/// selected columns, and further arguments.
macro_rules! outcome_rows {
    ($with:literal, $extras:literal, $from:literal, $columns:expr $(, $argument:expr)*) => {
        sqlx::query_as!(
            OutcomeRow,
            $with + r#"select outcome as "outcome!", id, message_position, seq, written_at, username,
                name, avatar_url, reply as "reply: Json<Reply>",
                attachments as "attachments: Json<Vec<Attachment>>",
                read_before, delivered_before, mentioned, thread_position, root_sender_id,
                thread as "thread: Json<Thread>", "# + $extras + $from,
            $columns.0,
            &$columns.1.conversation_ids,
            &$columns.1.sender_ids,
            &$columns.1.kinds as &[&str],
            &$columns.1.bodies as &[&str],
            &$columns.1.reply_to_ids as &[Option<i64>],
            &$columns.1.client_ids as &[Option<&str>],
            &$columns.1.official,
            &$columns.1.openings,
            &$columns.1.attachments as &Option<Vec<Option<Json<Vec<Value>>>>>,
            &$columns.1.names as &Option<Vec<Option<Json<Vec<String>>>>>,
            &$columns.1.thread_ids as &Option<Vec<Option<i64>>>,
            &$columns.1.to_conversation as &Option<Vec<bool>>
            $(, $argument)*
        )
    };
}

/// Writes the sends in one transaction, of which nothing is left when this fails, and takes what they have out
/// of the drafts that they were written as. The outcomes are in the order of the sends. With `wait_for_locks` it waits for
/// conversations that another transaction has locked; without, their sends come back as `Busy`.
pub async fn send_messages(
    db: &mut PgConnection,
    presence: &PresenceTable,
    sends: &[QueuedSend],
    wait_for_locks: bool,
) -> Result<Vec<Outcome>> {
    let columns = (wait_for_locks, Columns::of(sends, presence));
    // `fetch_all` reads to the end of the answer, which Postgres sends after the commit.
    let rows = if let Some(extras) = &columns.1.extras {
        outcome_rows!(
            "with sent as materialized (
                select * from send_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                with ordinality
            ), taken as materialized (
                select take_sent_from_drafts(array_agg(outcome order by ordinality), $3, $2, $12, $14, $15, $17)
                    as drafts
                from sent
            ),
            -- After it: the locks of users come before those of uploads, as where a message is scheduled.
            attached as materialized (
                select attach_uploads(array_agg(outcome order by ordinality),
                    array_agg(id order by ordinality), $15, $16, $17)
                from sent cross join taken where taken.drafts is not null
            ), called as materialized (
                select add_wildcard_mentions(
                    array_agg(case outcome when 'written' then id end order by ordinality), $18, $19)
                from sent
            ), asked as materialized (
                select add_polls(
                    array_agg(case outcome when 'written' then id end order by ordinality), $20)
                from sent
            ) ",
            r#"taken.drafts[sent.ordinality] as "draft: Json<Draft>" "#,
            "from sent cross join taken cross join attached cross join called cross join asked
            order by sent.ordinality",
            columns,
            &extras.draft_seqs as &[Option<i64>],
            &extras.numbers,
            &extras.positions,
            &extras.upload_ids,
            &extras.wildcards as &[Option<Json<Vec<Wildcard>>>],
            &extras.online,
            &extras.polls as &[Option<Json<NewPoll>>]
        )
        .fetch_all(&mut *db)
        .await?
    } else {
        outcome_rows!(
            "",
            r#"null::json as "draft: Json<Draft>" "#,
            "from send_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            columns
        )
        .fetch_all(&mut *db)
        .await?
    };
    let mentioned: Vec<_> = rows
        .iter()
        .filter_map(|it| it.mentioned.as_deref())
        .flatten()
        .copied()
        .collect();
    // The messages are written: without the names of those who are mentioned they are shown as text.
    let users = match mentioned.as_slice() {
        [] => Vec::new(),
        ids => users_as_mentioned(db, ids).await.unwrap_or_default(),
    };
    let without_text = without_text(sends, &rows);
    let lines = match without_text.as_slice() {
        [] => HashMap::new(),
        ids => files_lines(db, ids).await.unwrap_or_default(),
    };
    let outcomes = sends
        .iter()
        .zip(rows)
        .map(|(send, row)| row.outcome(send, &users, &lines));
    Ok(outcomes.collect())
}

/// The messages that may have files and no text, of those that are written and those that they reply to.
fn without_text(sends: &[QueuedSend], rows: &[OutcomeRow]) -> Vec<i64> {
    let written = sends
        .iter()
        .zip(rows)
        .filter(|(send, _)| send.new.body.is_empty());
    let written = written.filter_map(|(_, row)| row.id);
    let replies = rows.iter().filter_map(|row| row.reply.as_deref());
    let replies = replies.filter(|reply| reply.body.is_empty() && reply.deleted_at.is_none());
    written.chain(replies.map(|reply| reply.id.0)).collect()
}

impl OutcomeRow {
    fn outcome(
        self,
        send: &QueuedSend,
        users: &[MentionedUser],
        lines: &HashMap<i64, String>,
    ) -> Outcome {
        let refusal = match self.outcome.as_str() {
            "written" => match self.written(send, users, lines) {
                Some(written) => return Outcome::Written(written),
                None => Error::internal("send_messages left something out"),
            },
            "repeated" => match self.id {
                Some(id) => return Outcome::Repeated(MessageId(id)),
                None => Error::internal("send_messages left something out"),
            },
            "busy" => return Outcome::Busy,
            "no_conversation" => Error::NotFound("conversation"),
            "not_admin" => Error::Forbidden(ONLY_ADMINISTRATORS),
            "not_joined" => Error::Forbidden("Join the channel first."),
            "conflict" => Error::Conflict(CLIENT_ID_USED),
            "opened" => Error::Conflict("Something has been said here already."),
            "no_reply" => Error::invalid("replyToId", "names no message of this conversation"),
            "no_thread" => Error::invalid(
                "threadId",
                "names no message of this conversation that may have a thread",
            ),
            other => Error::internal(format!("send_messages answered {other}")),
        };
        Outcome::Refused(refusal)
    }

    fn written(
        self,
        send: &QueuedSend,
        users: &[MentionedUser],
        lines: &HashMap<i64, String>,
    ) -> Option<Written> {
        let line = |id: MessageId| lines.get(&id.0).cloned();
        let positions_before = self.read_before.zip(self.delivered_before);
        let mentioned = self.mentioned.iter().flatten().copied();
        let mentioned: Vec<_> = mentioned.map(UserId).collect();
        let users = users.iter().filter(|it| mentioned.contains(&it.id));
        let wildcards = &send.wildcards.granted;
        let mentions = Mentions::new(users.cloned().collect(), wildcards);
        let id = MessageId(self.id?);
        let reply_to = self.reply.map(|Json(reply)| Reply {
            preview: line(reply.id),
            ..reply
        });
        let mut message = Message {
            id,
            conversation_id: send.conversation_id,
            position: self.message_position?,
            seq: self.seq?,
            sender: Sender {
                id: send.sender_id,
                username: self.username?,
                name: self.name?,
                avatar_url: self.avatar_url,
                bot: send.options.is_bot,
            },
            kind: send.new.kind,
            body: send.new.body.clone(),
            html: None,
            preview: line(id),
            entities: Vec::new(),
            names: Names::default(),
            reply_to,
            attachments: attachments(self.attachments, &send.new.attachments),
            link_previews: Vec::new(),
            link_previews_html: None,
            reactions: Vec::new(),
            official: send.options.official,
            thread_id: send.new.thread_id,
            thread_position: self.thread_position,
            also_to_conversation: send.new.thread_id.is_some() && send.new.also_to_conversation,
            thread: self.thread.map(|Json(thread)| thread),
            pinned: None,
            forwarded: None,
            poll: send.new.poll.as_ref().map(Poll::new),
            client_id: send.new.client_id.clone(),
            created_at: self.written_at?,
            edited_at: None,
            deleted_at: None,
        };
        render(&mut message, &mentions);
        Some(Written {
            message,
            positions_before,
            mentioned,
            has_wildcards: !wildcards.is_empty(),
            root_sender_id: self.root_sender_id.map(UserId),
            draft: self.draft.map(|Json(draft)| draft),
        })
    }
}

/// One list for each send, null where it is empty; `None` when all are empty.
fn lists<T>(
    sends: &[QueuedSend],
    list: impl Fn(&QueuedSend) -> Vec<T>,
) -> Option<Vec<Option<Json<Vec<T>>>>> {
    let lists: Vec<_> = sends
        .iter()
        .map(|it| Some(list(it)).filter(|it| !it.is_empty()).map(Json))
        .collect();
    lists.iter().any(Option::is_some).then_some(lists)
}

/// The attachments that were written, with what is known of uploads.
fn attachments(written: Option<Json<Vec<Attachment>>>, sent: &[NewAttachment]) -> Vec<Attachment> {
    let mut attachments = written.map(|Json(it)| it).unwrap_or_default();
    for (attachment, sent) in attachments.iter_mut().zip(sent) {
        if let Some(upload) = sent.upload.as_deref() {
            attachment.describe(upload);
        }
    }
    attachments
}

fn attachment_json(attachment: &NewAttachment) -> Value {
    json!({ "name": text::file_name(&attachment.name), "url": attachment.url })
}
