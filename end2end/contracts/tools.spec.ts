import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Manager } from "socket.io-client";
import { DOORS, type Door, NAMESPACES, auth, connected, door, expect, test } from "./doors";

/** What tools and pages do that were not written for a contract: the namespace `/`, and the client by a script element. */

const ELSEWHERE: Door[] = DOORS.filter((name) => NAMESPACES[name] !== "/");

for (const name of ELSEWHERE) {
  test(`${name} lets a client into / that has no token, which then enters the contract's namespace`, async ({ ada }) => {
    for (const transport of ["websocket", "polling"]) {
      const manager = new Manager(door(name), { transports: [transport], reconnection: false });
      const root = manager.socket("/");
      await connected(root);
      const answer = await root.timeout(10_000).emitWithAck("anything");
      expect(answer).toMatchObject({ success: false });
      for (const namespace of ["/chat", "/chat/"]) {
        const socket = manager.socket(namespace, { auth: auth(name, ada) });
        await connected(socket);
        const refused = await socket.timeout(10_000).emitWithAck("are you there?");
        expect(refused).toMatchObject({ success: false });
      }
      expect(root.connected).toBe(true);
      root.disconnect();
      manager._close();
    }
  });
}

/** Serves a page at `http://localhost`, an origin that `FRONTEND_URL` allows, while `use` runs. */
async function serve(body: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(body));
  await once(server.listen(0), "listening");
  try {
    await use(`http://localhost:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
  }
}

for (const name of DOORS) {
  test(`a page of another origin loads the client from ${name}, and connects`, async ({ page, ada }) => {
    const url = door(name) + NAMESPACES[name];
    const body = `<!doctype html><script src="${door(name)}/socket.io/socket.io.js"></script>
      <script>
        const socket = io(${JSON.stringify(url)}, { auth: ${JSON.stringify(auth(name, ada))} });
        socket.on("connect", () => (document.title = "connected"));
        socket.on("connect_error", (error) => (document.title = error.message));
      </script>
      <script type="module">
        import { io } from "${door(name)}/socket.io/socket.io.esm.min.js";
        document.documentElement.dataset.module = typeof io;
      </script>`;
    await serve(body, async (address) => {
      await page.goto(address);
      await expect(page).toHaveTitle("connected");
      await expect(page.locator("html")).toHaveAttribute("data-module", "function");
    });
  });
}
