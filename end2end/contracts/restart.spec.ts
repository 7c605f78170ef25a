import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { deploy } from "./deployment";
import { DOORS, NAMESPACES, auth, expect, mint, test } from "./doors";
import { PYTHON } from "./python";

const SECRET = "a secret of the tests, of thirty-two bytes or more";

/** Milliseconds until clients have noticed the end, waited as long as they do by default, and connected. */
const PATIENCE = 60_000;

/** Counts by name; `ready` waits until each of these names has this count. */
class Tally {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  async reaches(count: number, names: string[]): Promise<void> {
    const late = () => names.filter((name) => (this.counts.get(name) ?? 0) < count);
    await expect.poll(late, { timeout: PATIENCE, message: `connected ${count} times` }).toEqual([]);
  }
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  test(`clients that nobody here wrote come back after ${signal}`, async ({ io }) => {
    test.setTimeout(180_000);
    const settings = { JWT_SECRET: SECRET, CONTRACTS: DOORS.join(), RATE_LIMIT: "off" };
    await deploy(settings, async (server) => {
      const account = { username: "ada", password: crypto.randomUUID() };
      const registered = await fetch(`${server.url}/api/v1/auth/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(account),
      });
      const { user } = await registered.json();
      const ada = { id: user.id, token: mint({ sub: user.id, id: user.id }, { key: SECRET }) };
      const doors = DOORS.map((name) => ({
        name,
        url: server.url,
        path: `/contracts/${name}/socket.io`,
        namespace: NAMESPACES[name],
        auth: auth(name, ada),
      }));
      const clients = [...doors, { name: "api", url: server.url, path: "/socket.io", namespace: "/", auth: { token: ada.token } }];
      const tally = new Tally();
      const names: string[] = [];
      for (const { name, url, path, namespace, auth } of clients) {
        for (const transport of ["websocket", "polling"]) {
          const official = `${name} ${transport} official`;
          names.push(official, `${name} ${transport} threads`, `${name} ${transport} asyncio`);
          const socket = io(url + (namespace === "/" ? "" : namespace), { path, auth, transports: [transport] });
          socket.on("connect", () => tally.add(official));
        }
      }
      const python = spawn(PYTHON, [join(__dirname, "restart_client.py")], { stdio: ["pipe", "pipe", "inherit"] });
      createInterface(python.stdout).on("line", (line) => tally.add(line));
      try {
        python.stdin.end(JSON.stringify({ clients }));
        await tally.reaches(1, names);
        await server.restart(signal);
        await tally.reaches(2, names);
      } finally {
        python.kill("SIGKILL");
      }
    });
  });
}
