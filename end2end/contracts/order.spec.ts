import { type Client, type Payload, expect, idFor, test } from "./doors";
import { EVERY_DOOR, type EveryDoor, type Place, enter, orderOf, place } from "./every_door";

const SENDS = 20;

/** Over WebSocket, over long polling, and as the official client does by default: first one, then the other. */
const TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]];

/**
 * What one socket receives of its sends, in the order in which it comes: events by their names, and
 * acknowledgements as "ack", each with the id of its message.
 */
class Diary {
  readonly entries: { what: string; id: string }[] = [];

  constructor(
    private readonly at: EveryDoor,
    private readonly client: Client,
  ) {
    client.socket.onAny((what: string, payload: Payload) => {
      if (at.atSender.includes(what)) this.entries.push({ what, id: String(this.idOf(what, payload)) });
    });
  }

  /** Does not wait for the acknowledgement. A promise of one would also be later than the packet. */
  send(where: Place, text: string): void {
    const [event, ...payload] = this.at.send(where, text, text);
    this.client.socket.emit(event, ...payload, (ack: Payload) => {
      this.entries.push({ what: "ack", id: String(this.at.sent(ack).id) });
    });
  }

  /** Waits for so many entries, and takes them: of each message what came, the first message first. */
  async take(count: number): Promise<[id: string, what: string[]][]> {
    await expect.poll(() => this.entries.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
    const messages = new Map<string, string[]>();
    for (const { what, id } of this.entries.splice(0)) messages.set(id, [...(messages.get(id) ?? []), what]);
    return [...messages].sort(([one], [other]) => Number(one) - Number(other));
  }

  private idOf(what: string, payload: Payload): Payload {
    return what === this.at.message ? this.at.of(payload).id : (payload.messageId ?? payload.data._id);
  }
}

const SENT = Array.from({ length: SENDS }, (_, n) => `${n}`);

for (const at of EVERY_DOOR) {
  for (const transports of TRANSPORTS) {
    const [first, again] = [at.atSender, at.atRetry];
    test(`${at.name}: ${first.join(", ")}, always, over ${transports.join(" and ")} [X11]`, async ({ ada, grace, open }) => {
      const where = await place(at, ada, grace);
      const one = await enter(await open(at.name, ada, { transports }), at, where);
      const other = await enter(await open(at.name, ada, { transports }), at, where);
      const [sender, listener] = [new Diary(at, one), new Diary(at, other)];

      for (const text of SENT) sender.send(where, text);
      const sent = await sender.take(SENDS * first.length);
      expect(sent.map(([, what]) => what)).toEqual(SENT.map(() => first));
      const toAllSockets = first.filter((what) => what !== "ack" && what !== "messageSent");
      const heard = await listener.take(SENDS * toAllSockets.length);
      expect(heard, "the user's other socket").toEqual(sent.map(([id]) => [id, toAllSockets]));

      for (const text of SENT) sender.send(where, text);
      const retried = await sender.take(SENDS * again.length);
      expect(retried, "a retry").toEqual(sent.map(([id]) => [id, again]));

      for (const text of SENT) {
        sender.send(where, `one, ${text}`);
        listener.send(where, `other, ${text}`);
      }
      // Each receives the answers to its own sends and the messages of both.
      for (const diary of [sender, listener]) {
        const both = await diary.take(SENDS * (first.length + toAllSockets.length));
        const kinds = both.map(([, what]) => what.join());
        expect(kinds.filter((what) => what === first.join())).toHaveLength(SENDS);
        expect(kinds.filter((what) => what === toAllSockets.join())).toHaveLength(SENDS);
      }
    });
  }
}

test("broadcast: an administrator's message is confirmed first [X11 broadcast-E5]", async ({ ada, admin, open }) => {
  const order = ["admin_message_sent", "ack", "message_sent"];
  const payload = { userId: idFor(admin, ada, "broadcast"), message: "In this order", messageType: "text" };
  for (const transports of TRANSPORTS) {
    const client = await open("broadcast", admin, { transports });
    expect(await orderOf(client, order, "admin_message_user", payload)).toEqual(order);
    client.close();
  }
});
