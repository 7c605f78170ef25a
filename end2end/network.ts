import type { Page } from "@playwright/test";

/** The WebSockets of a page, which the test can cut: Chromium's offline mode does not affect them. */
export async function sockets(page: Page) {
  const network = {
    open: true,
    /** Drops what the server sends. */
    isMuted: false,
    /** WebSockets that were opened. */
    opened: 0,
    /** The sockets that are open by now carry nothing any more, in either direction, and are not closed. */
    freeze: () => {},
    cut: async () => {},
    offline: async (_: boolean) => {},
  };
  const open = new Set<() => Promise<void>>();
  let frozen = 0;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    if (!network.open) {
      // After a close before the handshake, the client would wait for the handshake.
      socket.send("no Engine.IO packet");
      return void socket.close();
    }
    const server = socket.connectToServer();
    const number = ++network.opened;
    socket.onMessage((message) => (number <= frozen ? undefined : server.send(message)));
    server.onMessage((message) => (network.isMuted || number <= frozen ? undefined : socket.send(message)));
    open.add(async () => {
      await socket.close().catch(() => {});
      await server.close().catch(() => {});
    });
  });
  await page.route(/\/socket\.io\//, (route) => (network.open ? route.continue() : route.abort()));
  network.freeze = () => {
    frozen = network.opened;
  };
  network.cut = async () => {
    network.open = false;
    for (const close of open) await close();
    open.clear();
  };
  network.offline = async (offline) => {
    if (offline) await network.cut();
    network.open = !offline;
    await page.context().setOffline(offline);
  };
  return network;
}
