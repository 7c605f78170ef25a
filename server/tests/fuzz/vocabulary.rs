//! The event names of each contract, and its paths with `{}` for an id.

pub struct Vocabulary {
    pub events: &'static [&'static str],
    pub paths: &'static [&'static str],
}

pub fn of(contract: &str) -> Vocabulary {
    match contract {
        "groups" => GROUPS,
        "rooms" => ROOMS,
        "direct" => DIRECT,
        "conversations" => CONVERSATIONS,
        "broadcast" => BROADCAST,
        other => panic!("no vocabulary for {other}"),
    }
}

const GROUPS: Vocabulary = Vocabulary {
    events: &[
        "join_group",
        "leave_group",
        "send_message",
        "typing_start",
        "typing_stop",
        "get_group_messages",
        "get_room_info",
    ],
    paths: &[
        "/api/chat/messages",
        "/api/chat/{}/messages",
        "/api/chat/messages/{}",
        "/api/chat/{}/members",
        "/api/groups",
        "/api/groups/{}",
        "/health",
    ],
};

const ROOMS: Vocabulary = Vocabulary {
    events: &[
        "chat:join",
        "chat:leave",
        "chat:send_message",
        "chat:typing",
        "chat:presence",
        "chat:update_message",
        "chat:delete_message",
        "chat:start_direct",
        "chat:toggle_favorite",
        "chat:get_init_data",
    ],
    paths: &[
        "/api/v2/chat/rooms",
        "/api/v2/chat/messages",
        "/api/v2/chat/reactions",
        "/api/v2/chat/reactions/{}",
        "/metrics",
    ],
};

const DIRECT: Vocabulary = Vocabulary {
    events: &[
        "join_conversation",
        "leave_conversation",
        "send_message",
        "typing",
        "stop_typing",
        "mark_as_read",
        "join_personal_room",
        "check_online",
    ],
    paths: &[
        "/api/chat/send",
        "/api/chat/conversations",
        "/api/chat/conversations/{}/messages",
        "/api/chat/conversations/{}/read",
        "/api/chat/unread-count",
        "/api/chat/unread",
        "/api/chat/conversations/{}/search",
        "/api/chat/messages/{}",
    ],
};

const CONVERSATIONS: Vocabulary = Vocabulary {
    events: &[
        "createConversation",
        "joinRoom",
        "sendMessage",
        "typing",
        "stopTyping",
        "markAsRead",
        "markConversationAsRead",
        "getOnlineUsers",
    ],
    paths: &[
        "/chats/conversations",
        "/chats/conversations/{}",
        "/chats/conversations/{}/messages",
        "/chats/conversations/{}/read",
        "/chats/messages/{}",
        "/chats/conversations/{}/participants",
        "/chats/conversations/{}/participants/{}",
        "/chats/conversations/{}/leave",
    ],
};

const BROADCAST: Vocabulary = Vocabulary {
    events: &[
        "send_message",
        "typing_start",
        "typing_stop",
        "mark_message_read",
        "admin_broadcast",
        "admin_message_user",
        "join_conversation",
        "leave_conversation",
    ],
    paths: &[
        "/api/v0/chat/conversations",
        "/api/v0/chat/unread-count",
        "/api/v0/chat/online-users",
        "/api/v0/chat/user-status/{}",
        "/api/v0/chat/conversation/{}",
        "/api/v0/chat/conversation/{}/messages",
        "/api/v0/chat/send",
        "/api/v0/chat/message/{}/read",
        "/api/v0/chat/conversation/{}/read",
        "/api/v0/chat/message/{}",
        "/api/v0/chat/admin/broadcast",
        "/api/v0/auth/login",
    ],
};
