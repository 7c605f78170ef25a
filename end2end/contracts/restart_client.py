"""Connects with python-socketio, and says which clients are connected.

Takes one JSON object on standard input: {clients: [{name, url, path, namespace, auth}]}. Each is
connected four times: with both transports, with the client of threads and that of asyncio. Prints
`<name> <transport> <kind>` for each connection, and again after it has come back by itself. Ends when
it is killed.
"""

import asyncio
import json
import sys
import threading

import socketio

TRANSPORTS = ("websocket", "polling")


LOCK = threading.Lock()


def say(*words):
    with LOCK:
        print(*words, flush=True)


def options(client, transport):
    return {
        "auth": client["auth"],
        "namespaces": [client["namespace"]],
        "socketio_path": client["path"],
        "transports": [transport],
        "wait_timeout": 10,
    }


def connect_with_threads(client, transport):
    sio = socketio.Client()
    words = (client["name"], transport, "threads")
    sio.on("connect", lambda: say(*words), namespace=client["namespace"])
    sio.connect(client["url"], **options(client, transport))
    sio.wait()


async def connect_with_asyncio(client, transport):
    sio = socketio.AsyncClient()
    words = (client["name"], transport, "asyncio")
    sio.on("connect", lambda: say(*words), namespace=client["namespace"])
    await sio.connect(client["url"], **options(client, transport))
    await sio.wait()


async def connect_all(pairs):
    await asyncio.gather(*(connect_with_asyncio(*pair) for pair in pairs))


def main():
    clients = json.load(sys.stdin)["clients"]
    pairs = [(client, transport) for client in clients for transport in TRANSPORTS]
    for pair in pairs:
        threading.Thread(target=connect_with_threads, args=pair, daemon=True).start()
    asyncio.run(connect_all(pairs))


main()
