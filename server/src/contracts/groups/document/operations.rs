//! The routes of the contract.

use crate::documents::{
    openapi::{Operation, delete, get, post, put},
    schema::{
        array, boolean, choice, flag, input_id, integer, nullable, object, reference, string, time,
    },
};
use serde_json::Value;

pub fn operations() -> Vec<Operation> {
    let mut operations = group_operations();
    operations.extend(message_operations());
    operations.extend(member_operations());
    operations
}

/// The envelope `{success, message, data, timestamp}`.
fn enveloped(data: Value) -> Value {
    object(&[
        ("success", flag(true)),
        ("message", string()),
        ("data", data),
        ("timestamp", time()),
    ])
}

fn group() -> Value {
    enveloped(reference("Group"))
}

fn message() -> Value {
    enveloped(reference("Message"))
}

fn group_operations() -> Vec<Operation> {
    let done = || enveloped(object(&[("success", flag(true)), ("groupId", string())]));
    let changes = [
        ("name?", nullable(string())),
        ("description?", nullable(string())),
        ("isPrivate?", nullable(boolean())),
    ];
    let new = object(&[
        ("name", string()),
        ("description?", nullable(string())),
        ("isPrivate?", nullable(boolean())),
        ("memberIds?", nullable(array(input_id()))),
        ("clientId?", nullable(string())),
    ]);
    let operations = [
        get("/api/groups", "listGroups", "Lists the caller's groups.")
            .answers(200, enveloped(array(reference("Group")))),
        post("/api/groups", "createGroup", "Creates a group.")
            .description("A retry with the same `clientId` answers 200 with the first result.")
            .body(new)
            .answers(201, group())
            .answers(200, group())
            .refuses(&[404, 409]),
        get("/api/groups/{groupId}", "showGroup", "Shows a group.").answers(200, group()),
        put(
            "/api/groups/{groupId}",
            "updateGroup",
            "Changes name, description or privacy.",
        )
        .body(object(&changes))
        .answers(200, group()),
        delete("/api/groups/{groupId}", "deleteGroup", "Deletes a group.").answers(200, done()),
        post(
            "/api/groups/{groupId}/join",
            "joinGroup",
            "Joins a public group.",
        )
        .answers(200, group()),
        post(
            "/api/groups/{groupId}/leave",
            "leaveGroup",
            "Leaves a group.",
        )
        .answers(200, done())
        .refuses(&[409]),
        put(
            "/api/groups/{groupId}/members/{userId}/role",
            "setMemberRole",
            "Gives a member another role.",
        )
        .body(object(&[("role", choice(&["OWNER", "ADMIN", "MEMBER"]))]))
        .answers(200, enveloped(reference("Member")))
        .refuses(&[409]),
    ];
    operations.map(|it| it.tag("groups")).into()
}

fn message_operations() -> Vec<Operation> {
    let deleted = object(&[("success", flag(true)), ("messageId", string())]);
    let operations = [
        post("/api/chat/messages", "sendMessage", "Sends a message.")
            .description("A retry with the same `clientId` answers 200 with the first result.")
            .body(reference("NewMessage"))
            .answers(201, message())
            .answers(200, message())
            .refuses(&[404, 409]),
        get(
            "/api/chat/messages/{messageId}",
            "showMessage",
            "Shows a message.",
        )
        .answers(200, message()),
        put(
            "/api/chat/messages/{messageId}",
            "editMessage",
            "Edits a message of the caller's.",
        )
        .body(object(&[("content", string())]))
        .answers(200, message())
        .refuses(&[409]),
        delete(
            "/api/chat/messages/{messageId}",
            "deleteMessage",
            "Deletes a message.",
        )
        .answers(200, enveloped(deleted)),
        get(
            "/api/chat/{groupId}/messages",
            "listMessages",
            "Lists the messages before `cursor`, the oldest first.",
        )
        .query("cursor?", string())
        .query("limit?", integer())
        .answers(200, enveloped(reference("MessagePage"))),
    ];
    operations.map(|it| it.tag("messages")).into()
}

fn member_operations() -> Vec<Operation> {
    let removed = object(&[
        ("success", flag(true)),
        ("userId", string()),
        ("groupId", string()),
    ]);
    let new = object(&[
        ("userId", input_id()),
        ("role?", nullable(choice(&["ADMIN", "MEMBER"]))),
    ]);
    let removed_by_path = delete(
        "/api/groups/{groupId}/members/{userId}",
        "removeMemberOfGroup",
        "Removes a member, who is named by the path.",
    );
    let operations = [
        get(
            "/api/groups/{groupId}/members",
            "listMembersOfGroup",
            "Lists the members of a group.",
        )
        .answers(200, enveloped(array(reference("Member")))),
        post(
            "/api/groups/{groupId}/members",
            "addMemberToGroup",
            "Adds a member.",
        )
        .body(new.clone())
        .answers(201, enveloped(reference("Member"))),
        removed_by_path.answers(200, enveloped(removed.clone())),
        get(
            "/api/chat/{groupId}/members",
            "listMembers",
            "Lists the members of a group.",
        )
        .answers(200, enveloped(array(reference("Member")))),
        post("/api/chat/{groupId}/members", "addMember", "Adds a member.")
            .body(new)
            .answers(201, enveloped(reference("Member"))),
        delete(
            "/api/chat/{groupId}/members",
            "removeMember",
            "Removes a member.",
        )
        .description("The member is named by the query, or by the body.")
        .query("userId?", string())
        .answers(200, enveloped(removed)),
    ];
    operations.map(|it| it.tag("members")).into()
}
