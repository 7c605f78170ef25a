"""Runs the flow of a contract's document with python-socketio.

Takes one JSON object on standard input: {door, url, ada: {id, token}, grace: {id, token},
conversation}. Exits with status 0 when every event arrived, and prints the missing one otherwise.
"""

import json
import queue
import sys

import socketio

# Seconds until an event counts as missing.
TIMEOUT = 10


class Client:
    """A client of one user, and the events that it has received, in order."""

    def __init__(self, url, namespace, auth, transport):
        self.namespace = namespace
        self.received = queue.Queue()
        self.sio = socketio.Client(reconnection=False)
        self.sio.on("*", lambda event, data=None: self.received.put((event, data)), namespace=namespace)
        self.sio.connect(
            url, auth=auth, namespaces=[namespace], transports=[transport], wait_timeout=TIMEOUT
        )

    def emit(self, event, payload):
        self.sio.emit(event, payload, namespace=self.namespace)

    def call(self, event, payload):
        return self.sio.call(event, payload, namespace=self.namespace, timeout=TIMEOUT)

    def receive(self, event, fits):
        """The next event of this name that fits, past all others."""
        seen = []
        while True:
            try:
                name, data = self.received.get(timeout=TIMEOUT)
            except queue.Empty:
                sys.exit(f"no {event} that fits among {seen}")
            seen.append((name, data))
            if name == event and fits(data):
                return data


def groups(task):
    group = task["conversation"]
    return {
        "namespace": "/",
        "auth": lambda person: {"token": person["token"]},
        "join": ("join_group", group),
        "type": ("typing_start", {"groupId": group}),
        "typed": ("user_typing", lambda data: data["userId"] == task["ada"]["id"]),
        "send": lambda text: ("send_message", {"groupId": group, "content": text, "type": "TEXT"}),
        "sent": ("message_received", lambda data: data["content"]),
        "bad": ("send_message", "not an object"),
        "refused": "error",
    }


def rooms(task):
    room = task["conversation"]
    return {
        "namespace": "/chat/",
        "auth": lambda person: {"token": f"Bearer {person['token']}", "userId": person["id"]},
        "join": ("chat:join", room),
        "type": ("chat:typing", {"roomId": room, "isTyping": True}),
        "typed": ("chat:typing_status", lambda data: data["isTyping"]),
        "send": lambda text: ("chat:send_message", {"roomId": room, "content": text, "type": "TEXT"}),
        "sent": ("chat:message", lambda data: data["content"]),
        "bad": ("chat:send_message", []),
        "refused": "chat:error",
    }


def direct(task):
    conversation = int(task["conversation"])
    return {
        "namespace": "/",
        "auth": lambda person: {"token": person["token"]},
        "join": ("join_conversation", {"conversationId": conversation}),
        "type": ("typing", {"conversationId": conversation}),
        "typed": ("user_typing", lambda data: data["conversationId"] == conversation),
        "send": lambda text: (
            "send_message",
            {
                "receiverId": int(task["grace"]["id"]),
                "conversationId": conversation,
                "content": text,
            },
        ),
        "sent": ("new_message", lambda data: data["content"]),
        "bad": ("send_message", None),
        "refused": "error",
    }


def conversations(task):
    conversation = task["conversation"]
    return {
        "namespace": "/chat",
        "auth": lambda person: {"token": person["token"]},
        "join": ("joinRoom", {"conversationId": conversation}),
        "type": ("typing", {"conversationId": conversation}),
        "typed": ("userTyping", lambda data: data["conversationId"] == conversation),
        "send": lambda text: (
            "sendMessage",
            {"conversationId": conversation, "content": text, "type": "text", "tempId": text},
        ),
        "sent": ("newMessage", lambda data: data["message"]["content"]),
        "bad": ("sendMessage", 7),
        "refused": "exception",
    }


def broadcast(task):
    receiver = task["grace"]["id"]
    return {
        "namespace": "/",
        "auth": lambda person: {"token": person["token"]},
        "join": None,
        "type": ("typing_start", {"receiverId": receiver}),
        "typed": ("user_typing", lambda data: data["isTyping"]),
        "send": lambda text: (
            "send_message",
            {"receiverId": receiver, "message": text, "messageType": "text"},
        ),
        "sent": ("new_message", lambda data: data["data"]["message"]),
        "bad": ("send_message", {"message": 7}),
        "refused": "error",
    }


DOORS = {
    "groups": groups,
    "rooms": rooms,
    "direct": direct,
    "conversations": conversations,
    "broadcast": broadcast,
}


def run(task, transport):
    words = DOORS[task["door"]](task)
    url, namespace, auth = task["url"], words["namespace"], words["auth"]
    ada = Client(url, namespace, auth(task["ada"]), transport)
    grace = Client(url, namespace, auth(task["grace"]), transport)
    if words["join"]:
        for person in (ada, grace):
            person.call(*words["join"])

    ada.emit(*words["type"])
    event, fits = words["typed"]
    grace.receive(event, fits)

    event, text_of = words["sent"]
    for text in (f"one by {transport}", f"two by {transport}"):
        ada.emit(*words["send"](text))
    for text in (f"one by {transport}", f"two by {transport}"):
        grace.receive(event, lambda data: text_of(data) == text)

    ada.emit(*words["bad"])
    ada.receive(words["refused"], lambda data: "message" in data)
    # The bad event did no harm: the next message arrives.
    ada.emit(*words["send"](f"three by {transport}"))
    grace.receive(event, lambda data: text_of(data) == f"three by {transport}")

    for person in (ada, grace):
        person.sio.disconnect()

    try:
        Client(url, namespace, {"token": "Bearer nonsense", "userId": "1"}, transport)
    except socketio.exceptions.ConnectionError:
        return
    sys.exit("a bad token was let in")


def main():
    task = json.load(sys.stdin)
    # The document of rooms uses WebSocket only; the others allow both.
    for transport in ("websocket", "polling"):
        run(task, transport)


main()
