import { DOORS, auth, expect, test } from "./doors";
import { PollingSession, POLLING, RawSocket, WEBSOCKET, engine, packet } from "./engine_client";

const OPEN = {
  sid: expect.stringMatching(/^\S+$/),
  pingInterval: expect.any(Number),
  pingTimeout: expect.any(Number),
  maxPayload: expect.any(Number),
};

for (const name of DOORS) {
  test.describe(`${name}, Engine.IO`, () => {
    test("opens a session over long polling", async () => {
      const answer = await fetch(engine(name, POLLING));
      expect(answer.status).toBe(200);
      const body = await answer.text();
      expect(body[0]).toBe("0");
      expect(JSON.parse(body.slice(1))).toEqual({ ...OPEN, upgrades: ["websocket"] });
    });

    test("opens a session over a WebSocket", async () => {
      const wire = await RawSocket.open(engine(name, WEBSOCKET));
      const frame = await wire.next();
      expect(frame[0]).toBe("0");
      expect(JSON.parse(frame.slice(1))).toEqual({ ...OPEN, upgrades: [] });
      wire.close();
    });

    test("refuses a handshake that is none", async () => {
      const queries: [number, string, Record<string, string>][] = [
        [0, "Transport unknown", {}],
        [0, "Transport unknown", { EIO: "4" }],
        [0, "Transport unknown", { EIO: "4", transport: "pigeon" }],
        [1, "Session ID unknown", { ...POLLING, sid: "zzzzzzzzzzzzzzzz" }],
        [3, "Bad request", WEBSOCKET],
        [5, "Unsupported protocol version", { EIO: "abc", transport: "polling" }],
        [5, "Unsupported protocol version", { EIO: "3", transport: "polling" }],
        [5, "Unsupported protocol version", { transport: "polling" }],
      ];
      for (const [code, message, query] of queries) {
        const answer = await fetch(engine(name, query));
        expect([answer.status, await answer.json()], JSON.stringify(query)).toEqual([400, { code, message }]);
      }
      for (const method of ["POST", "PUT"]) {
        const answer = await fetch(engine(name, POLLING), { method, body: "40" });
        expect([answer.status, await answer.json()], method).toEqual([400, { code: 2, message: "Bad handshake method" }]);
      }
      await expect(RawSocket.open(engine(name, { EIO: "abc", transport: "websocket" }))).rejects.toThrow("400");
      await expect(RawSocket.open(engine(name, { ...WEBSOCKET, sid: "zzzzzzzzzzzzzzzz" }))).rejects.toThrow("400");
    });

    test("takes several packets in one request, and ends with one that is none", async ({ ada }) => {
      const poll = await PollingSession.open(name);
      await poll.post(packet(name, "0", auth(name, ada)));
      await poll.next(packet(name, "0"));
      const packets = [packet(name, "2#7", ["nothing"]), packet(name, "2#8", ["nothing"])];
      const answer = await poll.post(packets.join("\x1e"));
      expect([answer.status, await answer.text()]).toEqual([200, "ok"]);
      await poll.next(packet(name, "3#8"));
      expect((await poll.post("abc")).status).toBe(400);
      expect((await poll.get()).status).toBe(400);
    });

    test("goes on over a WebSocket", async ({ ada }) => {
      const poll = await PollingSession.open(name);
      await poll.post(packet(name, "0", auth(name, ada)));
      await poll.next(packet(name, "0"));
      const wire = await RawSocket.open(poll.upgrade);
      wire.send("2probe");
      expect(await wire.next()).toBe("3probe");
      wire.send("5", packet(name, "2#1", ["nothing"]));
      await wire.next(packet(name, "3#1"));
      expect((await poll.get()).status, "no more polls").toBe(400);
      wire.close();
    });

    test("closes what the client closes", async () => {
      const wire = await RawSocket.open(engine(name, WEBSOCKET));
      await wire.next("0");
      wire.send("1");
      expect(await wire.closed).toEqual(expect.any(Number));

      const poll = await PollingSession.open(name);
      expect((await poll.post("1")).status).toBe(200);
      expect((await poll.get()).status).toBe(400);
    });
  });

  test.describe(`${name}, Socket.IO`, () => {
    test("connects to a namespace, and leaves it without ending the connection", async ({ ada }) => {
      const wire = await RawSocket.open(engine(name, WEBSOCKET));
      const connected = packet(name, "0");
      wire.send(packet(name, "0", auth(name, ada)));
      const answer = (await wire.next(connected)).slice(connected.length);
      expect(JSON.parse(answer)).toEqual({ sid: expect.any(String) });
      wire.send(packet(name, "1"));
      await expect(async () => {
        // Omitted while the last message is still being sent.
        wire.send(packet(name, "0", auth(name, ada)));
        await wire.next(connected, 300);
      }).toPass();
      wire.close();
    });

    test("knows no other namespaces", async ({ ada }) => {
      const wire = await RawSocket.open(engine(name, WEBSOCKET));
      wire.send(packet(name, "0", auth(name, ada), "/elsewhere"));
      expect(await wire.next("44")).toBe(packet(name, "4", { message: "Invalid namespace" }, "/elsewhere"));
      wire.send(packet(name, "0", auth(name, ada)));
      await wire.next(packet(name, "0"));
      wire.close();
    });

    test("lets nobody in without a token, and says so", async () => {
      const wire = await RawSocket.open(engine(name, WEBSOCKET));
      wire.send(packet(name, "0"));
      const refusal = await wire.next(packet(name, "4"));
      expect(JSON.parse(refusal.slice(packet(name, "4").length)).message).toEqual(expect.any(String));
      wire.close();
    });

    test("acknowledges under the number that was asked for, text and binary", async ({ ada }) => {
      const wire = await RawSocket.open(engine(name, WEBSOCKET));
      wire.send(packet(name, "0", auth(name, ada)));
      await wire.next(packet(name, "0"));
      wire.send(packet(name, "2#456", ["nothing", {}]));
      const [answer] = JSON.parse((await wire.next(packet(name, "3#456"))).slice(packet(name, "3#456").length));
      expect(answer.success).not.toBe(true);
      const placeholder = { _placeholder: true, num: 0 };
      wire.send(packet(name, "51-#789", ["nothing", placeholder]), Buffer.from([1, 2, 3]));
      await wire.next(packet(name, "3#789"));
      wire.send(packet(name, "2#790", ["nothing"]));
      await wire.next(packet(name, "3#790"));
      wire.close();
    });

    test("ends a connection that speaks something else", async ({ ada }) => {
      for (const noise of ["4abc", "4", packet(name, "51-", ["nothing", { _placeholder: true, num: 0 }]) + "x", "9"]) {
        const wire = await RawSocket.open(engine(name, WEBSOCKET));
        wire.send(packet(name, "0", auth(name, ada)));
        await wire.next(packet(name, "0"));
        wire.send(noise);
        expect(await wire.closed, noise).toEqual(expect.any(Number));
      }
    });
  });
}

test("every door pings, keeps whoever answers, and ends whoever does not", async ({ ada }) => {
  test.setTimeout(90_000);
  await Promise.all(
    DOORS.map(async (name) => {
      const [alive, dead, mute] = await Promise.all([1, 2, 3].map(() => RawSocket.open(engine(name, WEBSOCKET))));
      for (const wire of [alive, dead]) wire.send(packet(name, "0", auth(name, ada)));
      await dead.next(packet(name, "0"));
      // The first ping comes at once, the next after the interval; a client that missed one is disconnected by then.
      for (let pings = 0; pings < 2; pings++) {
        await alive.next("2", 30_000);
        alive.send("3");
      }
      await Promise.all([mute.closed, dead.closed]);
      alive.send(packet(name, "2#1", ["nothing"]));
      await alive.next(packet(name, "3#1"));
      alive.close();
    }),
  );
});
