//! The data types of Parlance, which the database, the public API and the browser share.
//!
//! They serialise to the JSON of the public API (camelCase, ids as strings of digits, times in
//! RFC 3339), so that a row, a response and an entry of the browser's store have one type.

mod accents;
mod access;
mod account;
mod announcement;
mod api_token;
mod attachment;
mod audit_action;
mod audit_entry;
mod bot;
mod browser;
mod conversation;
mod deletion;
mod directory;
mod draft;
mod email;
mod error;
mod event;
mod favorite;
mod file;
mod forward;
mod id;
mod identity;
mod link_preview;
mod member;
mod mention;
mod message;
mod mute;
mod names;
mod no_files;
mod no_poll;
mod page;
mod personal;
mod picture;
mod poll;
mod presence;
mod reaction;
mod receipt;
mod reminder;
mod rendered_body;
mod scheduled_message;
mod search;
mod thread;
pub mod timestamp;
mod two_factor;
mod upload;
mod user;
mod voter;
mod webhook;

pub use accents::without_accents;
pub use access::{
    CreatedInvitation, CreatedUserAccount, Invitation, NewInvitation, NewUserAccount,
    PasswordChange, PasswordReset, PasswordResetLink, UserAccount,
};
pub use account::{Account, AddableBy, Login, NewLink, Profile, Register, Session, SignedIn};
pub use announcement::{Announcement, NewAnnouncement};
pub use api_token::{
    ApiToken, CreatedApiToken, DEFAULT_TOKEN_DAYS, NewApiToken, NewPersonalToken, Scope,
};
pub use attachment::{Attachment, AttachmentKind, Thumbnail};
pub use audit_action::AuditAction;
pub use audit_entry::{AuditActorKind, AuditEntry, AuditFilter, AuditLink, AuditPerson};
pub use bot::{Bot, NewBot, NewBotToken};
pub use browser::browser_name;
pub use conversation::{
    Conversation, ConversationChanges, ConversationKind, ConversationSummary, LastMessage,
    MAX_MEMBERS_WHO_MENTION_ALL, NewConversation, may_mention_all,
};
pub use deletion::{AccountDeletion, Deletion, MessagesOfDeleted, OwnDeletion, OwnExport, Trace};
pub use directory::{
    App, AppUser, AppUserId, DirectoryReport, InvalidUserKey, RejectedUser, UserKey,
};
pub use draft::{Draft, DraftChange, DraftSaved};
pub use email::{EmailChange, EmailProof, EmailState, EmailToken, PasswordResetRequest};
pub use error::{ErrorCode, FieldError, Problem};
pub use event::{Changes, Event, MAX_READY_CONVERSATIONS, Sync, SyncRequest};
pub use favorite::Favorite;
pub use file::{FileFilter, SharedFile};
pub use forward::{ForwardSent, NewForward, Origin};
pub use id::{
    AnnouncementId, AppId, ConversationId, IdentityId, InvitationId, LinkPreviewId, MessageId,
    RememberedDeviceId, ScheduledMessageId, SessionId, UploadId, UserId, WebhookId,
};
pub use identity::{Identity, IdentityProof};
pub use link_preview::{LinkPicture, LinkPreview, LinkPreviewChoice, LinkPreviewState};
pub use member::{Member, MemberRole, NewMembers};
pub use mention::Wildcard;
pub use message::{
    Edit, Entity, EntityKind, Forwarded, Message, MessageKind, NewAttachment, NewMessage, Pin,
    Reply, SavedMessage, Sender, Sent, Thread,
};
pub use mute::{Mute, NewMute};
pub use names::Names;
pub use no_files::NoFiles;
pub use no_poll::NoPoll;
pub use page::{Page, PageRequest};
pub use personal::{PersonalChanges, PersonalEvent};
pub use picture::{Picture, PictureSize, picture_of_size, picture_url};
pub use poll::{NewPoll, NewVote, Poll, PollOption, PollResults, PollVote, option_lines};
pub use presence::{Presence, PresenceChoice, PresenceStatus};
pub use reaction::Reaction;
pub use receipt::{MessageReceipt, MessageReceipts, Receipt, ReceiptDetails, Unread, UnreadTotals};
pub use reminder::{Reminder, ReminderState};
pub use rendered_body::RenderedBody;
pub use scheduled_message::{
    NewScheduledMessage, ScheduledChange, ScheduledMessage, ScheduledState, SendFailure,
};
pub use search::{
    Found, FoundMessage, FoundPlace, MatchKind, SearchOrder, SearchPage, SearchProblem,
    SearchProblemCode, Snippet, TextRange,
};
pub use thread::{FollowedThreads, ThreadDetails, ThreadFollowers, ThreadState};
pub use two_factor::{
    NewTwoFactor, RecoveryCodes, RememberedDevice, SignInProblem, TwoFactor, TwoFactorCode,
    TwoFactorLogin, TwoFactorProof, TwoFactorSetup,
};
pub use upload::{NewUpload, NewVoice, Upload, UploadState};
pub use user::{User, UserRole};
pub use voter::Voter;
pub use webhook::{CreatedWebhook, NewWebhook, Webhook};
