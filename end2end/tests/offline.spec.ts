import { bodies, clickAction, composer, expectTick, sidebarRow, row, messageBodies, say, startConversation, timeline, write } from "../conversation";
import { sockets } from "../network";
import { NO_NETWORK, expect, reload, test, openPage } from "../people";

const OFFLINE = "You are offline. What you write is kept and sent later.";
const WAITING = "Waiting to be sent";

test("what is written offline is sent once when the network is back, and nothing is missing", async ({
  ada,
  grace,
  expectedErrors,
}) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  await write(ada.page, "before");
  await expect(bodies(grace.page)).toHaveText(["before"]);

  await network.offline(true);
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await write(ada.page, "first in the tunnel");
  await write(ada.page, "second in the tunnel");
  for (const text of ["first in the tunnel", "second in the tunnel"]) {
    await expect(row(ada.page, text).locator(".ticks")).toHaveAttribute("title", WAITING);
  }
  await write(grace.page, "are you there?");
  await write(grace.page, "hello?");
  await expect.poll(() => messageBodies(grace, id)).toEqual(["before", "are you there?", "hello?"]);

  await network.offline(false);
  await expect(ada.page.getByText(OFFLINE)).toHaveCount(0);
  const all = ["before", "are you there?", "hello?", "first in the tunnel", "second in the tunnel"];
  for (const { page } of [ada, grace]) await expect(bodies(page)).toHaveText(all);
  await expect(row(ada.page, "second in the tunnel").locator(".ticks")).toHaveAttribute("title", "Read");
  expect(await messageBodies(grace, id)).toEqual(all);
  for (const { page } of [ada, grace]) {
    await reload(page);
    await expect(bodies(page)).toHaveText(all);
  }
});

test("a reload without a network loses nothing", async ({ ada, grace, expectedErrors }) => {
  // The chunk of the live page may not be there by then.
  expectedErrors.push(NO_NETWORK, /Failed to fetch/);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await network.offline(true);
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await write(ada.page, "one");
  await write(ada.page, "two");
  await expect(ada.page.reload()).rejects.toThrow(/ERR_INTERNET_DISCONNECTED/);
  expect(await messageBodies(grace, id)).toEqual([]);
  await say(grace, id, "meanwhile");
  await network.offline(false);
  await openPage(ada.page, `/c/${id}`);
  await expect(bodies(ada.page)).toHaveText(["meanwhile", "one", "two"]);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["meanwhile", "one", "two"]);
});

test("a conversation that was first asked for offline comes with the network", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const title = `Elsewhere ${ada.username}`;
  const here = await startConversation(ada, [grace]);
  const elsewhere = await startConversation(ada, [grace], { kind: "group", title });
  await say(grace, elsewhere, "It is here");
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${here}`);
  await network.offline(true);
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await sidebarRow(ada.page, title).click();
  await expect(ada.page.getByText("The server could not be reached.")).toBeVisible();
  await network.offline(false);
  await expect(bodies(ada.page)).toHaveText(["It is here"]);
});

test("what waits survives a reload", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  await network.cut();
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await write(ada.page, "one");
  await write(ada.page, "two");
  await say(grace, id, "meanwhile");
  for (let times = 0; times < 2; times++) {
    await ada.page.reload();
    await expect(bodies(ada.page)).toHaveText(["meanwhile", "one", "two"]);
    for (const text of ["one", "two"]) {
      await expect(row(ada.page, text).locator(".ticks")).toHaveAttribute("title", WAITING);
    }
  }
  expect(await messageBodies(grace, id)).toEqual(["meanwhile"]);

  network.open = true;
  for (const { page } of [ada, grace]) await expect(bodies(page)).toHaveText(["meanwhile", "one", "two"]);
  await expect(row(ada.page, "two").locator(".ticks")).toHaveAttribute("title", "Read");
  expect(await messageBodies(grace, id)).toEqual(["meanwhile", "one", "two"]);
  const left = await ada.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("outbox")));
  expect(left).toEqual([]);
});

test("a message whose answer is lost is sent again, and is there once", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  network.isMuted = true;
  await write(ada.page, "received, but not acknowledged");
  await expect(bodies(grace.page)).toHaveText(["received, but not acknowledged"]);
  await expect(row(ada.page, "received, but not acknowledged").locator(".ticks")).toHaveAttribute("title", "Sending");
  await network.cut();
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await write(ada.page, "and another");
  network.isMuted = false;
  network.open = true;
  const all = ["received, but not acknowledged", "and another"];
  for (const { page } of [ada, grace]) await expect(bodies(page)).toHaveText(all);
  await expect(row(ada.page, "and another").locator(".ticks")).toHaveAttribute("title", "Read");
  expect(await messageBodies(grace, id)).toEqual(all);
});

test("all that happened meanwhile is there after the reconnect", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const kept = await say(grace, id, "to be edited");
  const doomed = await say(grace, id, "to be deleted");
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await expect(bodies(ada.page)).toHaveText(["to be edited", "to be deleted"]);
  await network.cut();
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await grace.api.patch(`/api/v1/messages/${kept.id}`, { data: { body: "edited" } });
  await grace.api.put(`/api/v1/messages/${kept.id}/reactions/${encodeURIComponent("👍")}`);
  await grace.api.delete(`/api/v1/messages/${doomed.id}`);
  await say(grace, id, "new");
  const group = await startConversation(grace, [ada], { kind: "group", title: `Meanwhile ${ada.username}` });
  await say(grace, group, "Welcome");
  network.open = true;
  await expect(bodies(ada.page)).toHaveText(["edited", "This message was deleted.", "new"]);
  await expect(row(ada.page, "edited").getByRole("group", { name: "Reactions" })).toHaveText("👍1");
  await expect(sidebarRow(ada.page, `Meanwhile ${ada.username}`)).toContainText("1 unread");
});

test("when more was missed than one answer brings, there is no hole", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const first = await say(grace, id, "first");
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await network.cut();
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  // The first message comes last, under the seq of its last change.
  const missed = Array.from({ length: 120 }, (_, index) => `missed ${index + 1}`);
  for (const text of missed) await say(grace, id, text);
  await grace.api.patch(`/api/v1/messages/${first.id}`, { data: { body: "edited" } });
  network.open = true;
  // By then the delay between two reconnections may be some seconds.
  await expect(row(ada.page, "edited")).toBeVisible({ timeout: 20_000 });
  await expect(sidebarRow(ada.page, grace.name)).toContainText("missed 120");
  // Not all of them have a row at once.
  const seen: string[] = [];
  while (!seen.includes("missed 120")) {
    const shown = await bodies(ada.page).allTextContents();
    seen.push(...shown.filter((text) => !seen.includes(text)));
    await timeline(ada.page).evaluate((node) => (node.scrollTop += 400));
    await ada.page.waitForTimeout(100);
  }
  expect(seen).toEqual(["edited", ...missed]);
});

test("when the server asks for patience, nothing is sent before, and then all of it in order", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const sends: number[] = [];
  await ada.page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const send = /^42(\d+)\["message:send"/.exec(String(message));
      if (send) sends.push(Date.now());
      if (!send || sends.length > 1) return server.send(message);
      const error = { code: "unavailable", detail: "Too much at once.", retryAfter: 2 };
      socket.send(`43${send[1]}[${JSON.stringify({ ok: false, error })}]`);
    });
  });
  await openPage(ada.page, `/c/${id}`);
  for (const text of ["one", "two"]) await write(ada.page, text);
  await expect(row(ada.page, "one").locator(".ticks")).toHaveAttribute("title", WAITING);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["one", "two"]);
  await expect(bodies(ada.page)).toHaveText(["one", "two"]);
  expect(sends[1] - sends[0]).toBeGreaterThanOrEqual(2_000);
  expect(sends.length).toBe(3);
});

test("whoever is removed while offline finds that out", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(grace, [ada], { kind: "group", title: `Soon gone ${ada.username}` });
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await network.cut();
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await write(ada.page, "too late");
  await grace.api.delete(`/api/v1/conversations/${id}/members/${ada.id}`);
  network.open = true;
  await expect(ada.page.getByRole("alert")).toContainText("You are no longer in this conversation");
  expect(await messageBodies(grace, id)).toEqual([]);

  await test.step("what was queued is kept, can be found and copied, and is let go on demand", async () => {
    expectedErrors.push(/status of 404/);
    const kept = ada.page.getByRole("region", { name: "What you wrote here" });
    await expect(kept.getByRole("listitem")).toContainText("too late");
    await reload(ada.page);
    await expect(kept.getByRole("listitem")).toContainText("too late");
    await openPage(ada.page, "/");
    await sidebarRow(ada.page, "Not sent").click();
    await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await kept.getByRole("button", { name: "Copy" }).click();
    expect(await ada.page.evaluate(() => navigator.clipboard.readText())).toBe("too late");
    await kept.getByRole("button", { name: "Discard" }).click();
    await expect(kept).toHaveCount(0);
    await expect(sidebarRow(ada.page, "Not sent")).toHaveCount(0);
  });
});

test("a draft and an edit for a conversation that is lost are kept", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  const id = await startConversation(grace, [ada], { kind: "group", title: `Soon gone ${ada.username}` });
  await say(ada, id, "to be edited");
  await openPage(ada.page, `/c/${id}`);
  await composer(ada.page).fill("half a thought");
  await clickAction(ada.page, "to be edited", "Edit");
  await ada.page.getByRole("textbox", { name: "Edit message" }).fill("edited by half");
  await grace.api.delete(`/api/v1/conversations/${id}/members/${ada.id}`);
  const kept = ada.page.getByRole("region", { name: "What you wrote here" });
  await expect(kept.getByRole("listitem")).toContainText(["edited by half", "half a thought"]);
  await reload(ada.page);
  await expect(kept.getByRole("listitem")).toContainText(["edited by half", "half a thought"]);
  await kept.getByRole("listitem").filter({ hasText: "half a thought" }).getByRole("button", { name: "Discard" }).click();
  await expect(kept.getByRole("listitem")).toHaveCount(1);
});

test("the order of what waits is that of writing, though the clock is set back", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await network.cut();
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  await write(ada.page, "one");
  for (const [text, hours] of [["two", -3], ["three", -1]] as const) {
    await ada.page.evaluate((hours) => {
      const now = Date.now;
      Date.now = () => now() + hours * 3_600_000;
    }, hours);
    await write(ada.page, text);
  }
  await ada.page.reload();
  await expect(bodies(ada.page)).toHaveText(["one", "two", "three"]);
  network.open = true;
  await expect.poll(() => messageBodies(grace, id), { timeout: 20_000 }).toEqual(["one", "two", "three"]);
});

test.describe("after a sleep the socket is dead, and the page does not believe it", () => {
  const wakes: Record<string, () => void> = {
    "the page is shown again": () => void document.dispatchEvent(new Event("visibilitychange")),
    "the page is no longer frozen": () => void document.dispatchEvent(new Event("resume")),
    "the network is there": () => void window.dispatchEvent(new Event("online")),
    "the clock has jumped": () => {
      const now = Date.now;
      Date.now = () => now() + 3_600_000;
    },
  };
  for (const [what, wake] of Object.entries(wakes)) {
    test(what, async ({ ada, grace, expectedErrors }) => {
      expectedErrors.push(NO_NETWORK);
      const id = await startConversation(ada, [grace]);
      const network = await sockets(ada.page);
      await openPage(ada.page, `/c/${id}`);
      await write(ada.page, "before");
      await expect(row(ada.page, "before").locator(".ticks")).toHaveAttribute("title", /Sent|Delivered/);
      network.freeze();
      await say(grace, id, "while asleep");
      const all = ["before", "while asleep"];
      // The Socket.IO client compares the clock when it sends something.
      if (what !== "the clock has jumped") {
        await write(ada.page, "written on waking up");
        all.push("written on waking up");
      }
      await ada.page.evaluate(wake);
      // The probe waits 3 s, the clock is read every 5 s. The Socket.IO client would take up to 45 s.
      await expect(bodies(ada.page)).toHaveText(all, { timeout: 14_000 });
      await expect.poll(() => messageBodies(grace, id)).toEqual(all);
      expect(network.opened).toBe(2);
    });
  }

  test("a socket that lives stays", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    const network = await sockets(ada.page);
    await openPage(ada.page, `/c/${id}`);
    const probed = ada.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await probed;
    await say(grace, id, "a marker");
    await expect(bodies(ada.page)).toHaveText(["a marker"]);
    await ada.page.waitForTimeout(4_000);
    expect(network.opened).toBe(1);
  });
});

test("a draft survives a reload, and is gone when it was sent", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  await composer(ada.page).pressSequentially("To be contin");
  await reload(ada.page);
  await expect(composer(ada.page)).toHaveValue("To be contin");
  await composer(ada.page).pressSequentially("ued");
  await composer(ada.page).press("Enter");
  await expect(bodies(ada.page)).toHaveText(["To be continued"]);
  await reload(ada.page);
  await expect(bodies(ada.page)).toHaveText(["To be continued"]);
  await expect(composer(ada.page)).toHaveValue("");
});

test("a message that the server refuses says so, and can be tried again or discarded", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  // Nothing that anybody would see: only the server knows.
  const unseen = "\u200b\u2060";
  await write(ada.page, unseen);
  const failed = timeline(ada.page).getByRole("alert");
  await expect(failed).toContainText("empty");
  await expect(timeline(ada.page).getByText("Not sent")).toBeVisible();
  await write(ada.page, "short");
  await expect.poll(() => messageBodies(grace, id), "it keeps nothing else from being sent").toEqual(["short"]);

  await reload(ada.page);
  await expect(failed).toContainText("empty");
  await failed.getByRole("button", { name: "Try again" }).click();
  await expect(failed).toContainText("empty");
  await failed.getByRole("button", { name: "Discard" }).click();
  await expect(bodies(ada.page)).toHaveText(["short"]);
  await reload(ada.page);
  await expect(bodies(ada.page)).toHaveText(["short"]);
  expect(await messageBodies(grace, id)).toEqual(["short"]);
});

test("names and ticks that changed while the network was away are right afterwards", async ({
  ada,
  grace,
  linus,
  expectedErrors,
}) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace, linus], { kind: "group", title: "Names" });
  await say(grace, id, "an old message");
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await write(ada.page, "did you read this?");
  const ticks = row(ada.page, "did you read this?").locator(".ticks");
  await expect(ticks).toHaveAttribute("title", "Sent");
  await expect(row(ada.page, "an old message")).toContainText(grace.name);

  await network.offline(true);
  await expect(ada.page.getByText(OFFLINE)).toBeVisible();
  const name = `Rear Admiral ${grace.username.slice(-8)}`;
  await grace.api.patch("/api/v1/me", { data: { name } });
  for (const reader of [grace, linus]) {
    const read = await reader.api.post(`/api/v1/conversations/${id}/read`, { data: { position: 2 } });
    expect(read.ok()).toBe(true);
  }
  await network.offline(false);
  await expect(row(ada.page, "an old message")).toContainText(name);
  await expect(ticks).toHaveAttribute("title", "Read");
});

test("where no WebSocket gets through, the page goes live by polling", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /WebSocket/);
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    socket.send("no Engine.IO packet");
    void socket.close();
  });
  await page.goto(`/c/${id}`);
  await write(page, "By polling");
  await expectTick(page, "By polling", "Sent");
  await say(grace, id, "So is this");
  await expect(row(page, "So is this")).toBeVisible();
});

test("the sidebar shows where something waits for the connection", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /Failed to fetch/);
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  const network = await sockets(page);
  await openPage(page, `/c/${id}`);
  const mark = sidebarRow(page, grace.name).getByTitle("Not sent yet");
  await network.offline(true);
  await expect(page.getByText(OFFLINE)).toBeVisible();
  await expect(mark).toHaveCount(0);
  await write(page, "in the tunnel");
  await expect(mark).toBeVisible();
  await network.offline(false);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["in the tunnel"]);
  await expect(mark).toHaveCount(0);
});
