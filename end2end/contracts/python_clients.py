"""Clients of the library python-socketio, told what to do line by line: see `outside_clients.ts`."""

import json
import sys
import threading

import socketio

# Seconds between two attempts to come back.
RECONNECT_DELAY = (0.1, 0.4)

writing = threading.Lock()


def report(**line):
    with writing:
        print(json.dumps(line), flush=True)


class Client:
    """A connection that the library alone keeps, once it has been made."""

    def __init__(self, task):
        self.cell = task["cell"]
        self.namespace = task["namespace"]
        self.enter = task["enter"]
        self.sio = socketio.Client(
            reconnection_delay=RECONNECT_DELAY[0],
            reconnection_delay_max=RECONNECT_DELAY[1],
            handle_sigint=False,
        )
        self.sio.on("connect", self.on_connect, namespace=self.namespace)
        self.sio.on("*", self.on_event, namespace=self.namespace)
        self.sio.connect(
            task["url"],
            auth=task["auth"],
            namespaces=[self.namespace],
            transports=[task["transport"]],
            wait_timeout=10,
        )

    def on_connect(self):
        self.emit(self.enter, lambda *_: report(cell=self.cell, entered=True))

    def on_event(self, event, data=None):
        report(cell=self.cell, event=event, payload=data)

    def send(self, task):
        self.emit(task, lambda data=None: report(cell=self.cell, ack=task["id"], payload=data))

    def emit(self, what, callback):
        self.sio.emit(what["event"], what["payload"], namespace=self.namespace, callback=callback)


def main():
    clients = {}
    for line in sys.stdin:
        task = json.loads(line)
        try:
            if task["do"] == "open":
                clients[task["cell"]] = Client(task)
            else:
                clients[task["cell"]].send(task)
        except Exception as error:
            report(cell=task["cell"], error=repr(error))


main()
