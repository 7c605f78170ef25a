"""A program over the client that openapi-python-client generates (parlance_api).

It reads {url, login, password, conversation, seqs} from its input, signs in, reads all pages of every list, and reads
sync and the changes until there are no more. It prints what it has read: for each list the number of items, and for
each event its type with the name of the class that it was parsed to.
"""

import json
import sys

from parlance_api import AuthenticatedClient, Client
from parlance_api.api.auth import login
from parlance_api.api.conversations import list_conversations
from parlance_api.api.members import list_members
from parlance_api.api.messages import list_messages
from parlance_api.api.sync import list_changes, sync
from parlance_api.api.users import list_users
from parlance_api.models import Changes, Login, Problem, SignedIn, Sync, SyncRequest, SyncRequestConversations

# Items of a page: few, so that every list has several.
LIMIT = 2


def success(answer, kind):
    if not isinstance(answer, kind):
        raise SystemExit(answer.detail if isinstance(answer, Problem) else f"no {kind.__name__}: {answer!r}")
    return answer


def every_item(ask, client, **path):
    items, cursor = [], None
    while True:
        query = {} if cursor is None else {"cursor": cursor}
        page = ask.sync(client=client, limit=LIMIT, **path, **query)
        if isinstance(page, Problem) or page is None:
            raise SystemExit(f"no page: {page!r}")
        items += page.items
        if page.next_cursor is None:
            return items
        cursor = page.next_cursor


def every_sync(client, seqs):
    events = []
    while True:
        known = SyncRequestConversations.from_dict(seqs)
        answer = success(sync.sync(client=client, body=SyncRequest(conversations=known)), Sync)
        events += answer.items
        seqs.update({event.conversation_id: event.seq for event in answer.items})
        if not answer.has_more:
            return events


def every_change(client, conversation, after):
    events = []
    while True:
        answer = success(list_changes.sync(conversation, client=client, after=after, limit=LIMIT), Changes)
        events += answer.items
        if answer.items:
            after = answer.items[-1].seq
        if not answer.has_more:
            return events


def classes(events):
    return [{"type": event.type_.value, "class": type(event).__name__} for event in events]


def main():
    task = json.load(sys.stdin)
    url, conversation, seqs = task["url"], task["conversation"], task["seqs"]
    body = Login(login=task["login"], password=task["password"])
    signed_in = success(login.sync(client=Client(base_url=url), body=body), SignedIn)
    client = AuthenticatedClient(base_url=url, token=signed_in.access_token)
    print(
        json.dumps(
            {
                "conversations": len(every_item(list_conversations, client)),
                "messages": [message.body for message in every_item(list_messages, client, id=conversation)],
                "members": len(every_item(list_members, client, id=conversation)),
                "users": len(every_item(list_users, client)),
                "synced": classes(every_sync(client, dict(seqs))),
                "changes": classes(every_change(client, conversation, seqs[conversation])),
            }
        )
    )


main()
