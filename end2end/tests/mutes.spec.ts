// Muted conversations, which are muted on all devices of their person.
import { boxNote, composer, readAll, say, sidebarRow, startConversation, untilListening } from "../conversation";
import { sockets } from "../network";
import { NO_NETWORK, type Person, browserOf, expect, openPage, reload, test } from "../people";
import type { Page } from "@playwright/test";

const muted = (page: Page, title: string) => page.locator(".row-muted", { hasText: title });
const OFFLINE = "You are offline. What you write is kept and sent later.";
const said = (page: Page) => boxNote(page.locator(".composer-box").first());
const mutes = async (person: Person) => (await (await person.api.get("/api/v1/me/mutes")).json()).items;
/** Lets the page learn of muted conversations: the chunk that does has read the list. */
const known = (page: Page) => page.waitForResponse((answer) => answer.url().includes("/api/v1/me/changes") && !answer.url().includes("4503599627370496"));

async function option(page: Page, title: string, entry: string): Promise<void> {
  await sidebarRow(page, title).hover();
  await page.getByRole("button", { name: "Options of the conversation" }).click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
  await expect(page.getByRole("menu")).toHaveCount(0);
}

async function enter(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.keyboard.press("Enter");
}

async function openKnown(page: Page, path: string): Promise<void> {
  const loaded = known(page);
  await openPage(page, path);
  await loaded;
}

test("what is muted in one page is muted in the others, and unmuted there", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Loud" });
  await readAll(ada, id);
  const { page } = ada;
  const tab = await ada.context.newPage();
  const elsewhere = await browserOf({ browser, consoleErrors }, ada);
  const other = await elsewhere.newPage();
  for (const it of [page, tab, other]) await openKnown(it, "/");
  await option(page, "Loud", "Mute");
  for (const it of [page, tab, other]) await expect(muted(it, "Loud")).toHaveCount(1);
  // What it does: no badge in the title and no place among the unread, but for what mentions the person.
  await say(grace, id, "nothing to look at");
  for (const it of [page, tab, other]) {
    await expect(sidebarRow(it, "Loud")).toContainText("1 unread");
    await expect(it).toHaveTitle("Parlance");
    await expect(it.getByRole("list", { name: "Unread", exact: true }).locator("li")).toHaveCount(0);
  }
  await say(grace, id, `but this, @${ada.username}`);
  for (const it of [page, tab, other]) await expect(it).toHaveTitle("(1) Parlance");
  // Rendered by the server.
  await reload(other);
  await expect(muted(other, "Loud")).toHaveCount(1);
  await expect(other).toHaveTitle("(1) Parlance");
  await option(other, "Loud", "Unmute");
  for (const it of [page, tab, other]) {
    await expect(muted(it, "Loud")).toHaveCount(0);
    await expect(it).toHaveTitle("(2) Parlance");
  }
  expect(await mutes(ada)).toEqual([]);
  expect(await mutes(grace)).toEqual([]);
  await elsewhere.close();
});

test("a mute ends by itself, in every page", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Loud" });
  const { page } = ada;
  const elsewhere = await browserOf({ browser, consoleErrors }, ada);
  const other = await elsewhere.newPage();
  await page.clock.install();
  await other.clock.install();
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  await openKnown(other, "/");
  await enter(page, "/mute for 20 minutes");
  await expect(said(page)).toHaveText("Muted for 20 minutes.");
  for (const it of [page, other]) await expect(muted(it, "Loud")).toHaveCount(1);
  for (const it of [page, other]) {
    await it.clock.fastForward("19:00");
    await expect(muted(it, "Loud")).toHaveCount(1);
    await it.clock.fastForward("01:30");
    await expect(muted(it, "Loud")).toHaveCount(0);
  }
  // By the clock of the server it is muted, and this page has another one.
  const [listed] = await mutes(ada);
  expect(listed).toMatchObject({ conversationId: id, muted: true });
  expect(Date.parse(listed.until) - Date.now()).toBeGreaterThan(15 * 60_000);
  await elsewhere.close();
});

test("what was missed without a connection is known after it", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /Failed to fetch/);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Loud" });
  const { page } = ada;
  const network = await sockets(page);
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  await page.route("**/api/v1/conversations/*/mute", (route) => route.abort("internetdisconnected"));
  await network.cut();
  await expect(page.getByText(OFFLINE)).toBeVisible();
  // Nothing is muted that the account does not know of.
  await enter(page, "/mute");
  await expect(said(page)).not.toHaveText("");
  await expect(said(page)).not.toHaveText("Muted.");
  await expect(composer(page)).toHaveValue("/mute");
  await expect(muted(page, "Loud")).toHaveCount(0);
  await composer(page).fill("");
  await ada.api.put(`/api/v1/conversations/${id}/mute`, { data: {} });
  network.open = true;
  await expect(muted(page, "Loud")).toHaveCount(1);
});

test("the menu shows at once what it mutes, and takes back what the server refuses", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource/);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Loud" });
  const { page } = ada;
  await openKnown(page, "/");
  let answer = () => {};
  const asked = new Promise<void>((done) => (answer = done));
  const problem = { type: "about:blank", title: "Unavailable", status: 503, code: "unavailable", detail: "Try again." };
  await page.route("**/api/v1/conversations/*/mute", async (route) => {
    await asked;
    await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) });
  });
  await option(page, "Loud", "Mute");
  await expect(muted(page, "Loud")).toHaveCount(1);
  answer();
  await expect(muted(page, "Loud")).toHaveCount(0);
  // What another device has done meanwhile stands.
  await option(page, "Loud", "Mute");
  await expect(muted(page, "Loud")).toHaveCount(0);
  await ada.api.put(`/api/v1/conversations/${id}/mute`, { data: {} });
  await expect(muted(page, "Loud")).toHaveCount(1);
  await option(page, "Loud", "Unmute");
  await expect(muted(page, "Loud")).toHaveCount(1);
});

test("leaving ends a mute", async ({ ada, grace }) => {
  const id = await startConversation(grace, [ada], { kind: "group", title: "Loud" });
  const { page } = ada;
  await openKnown(page, "/");
  const taken = page.waitForResponse((answer) => answer.url().endsWith("/mute"));
  await option(page, "Loud", "Mute");
  await expect(muted(page, "Loud")).toHaveCount(1);
  await taken;
  await grace.api.delete(`/api/v1/conversations/${id}/members/${ada.id}`);
  await expect(sidebarRow(page, "Loud")).toHaveCount(0);
  await grace.api.post(`/api/v1/conversations/${id}/members`, { data: { userIds: [ada.id] } });
  await expect(sidebarRow(page, "Loud")).toHaveCount(1);
  await expect(muted(page, "Loud")).toHaveCount(0);
});

test("what a browser had muted alone becomes the account's once, and replaces nothing", async ({ ada, grace, browser, consoleErrors, expectedErrors }) => {
  expectedErrors.push(/status of 404 .*\/mute/);
  const ids: string[] = [];
  for (const title of ["Kept", "Timed", "Over", "Unmuted since"]) {
    ids.push(await startConversation(ada, [grace], { kind: "group", title }));
  }
  const [kept, timed, over, since] = ids;
  await ada.api.put(`/api/v1/conversations/${since}/mute`, { data: {} });
  await ada.api.delete(`/api/v1/conversations/${since}/mute`);
  const { page } = ada;
  const key = (name: string) => `parlance:${ada.id}:sidebar:${name}`;
  const soon = Math.floor(Date.now() / 1000) + 3_600;
  await page.addInitScript(
    ([mutedKey, endsKey, list, ends]) => {
      if (localStorage.getItem("planted")) return;
      localStorage.setItem("planted", "1");
      localStorage.setItem(mutedKey, list);
      localStorage.setItem(endsKey, ends);
    },
    [
      key("muted"),
      key("muted-until"),
      // The last one is no conversation of hers.
      JSON.stringify([...ids, "999999999"]),
      JSON.stringify([[timed, soon], [over, soon - 7_200]]),
    ] as const,
  );
  await openPage(page, "/");
  for (const title of ["Kept", "Timed"]) await expect(muted(page, title)).toHaveCount(1);
  await expect.poll(() => page.evaluate((names) => names.map((it) => localStorage.getItem(it)), [key("muted"), key("muted-until")])).toEqual([null, null]);
  const listed = await mutes(ada);
  expect(listed.map((it: { conversationId: string }) => it.conversationId).sort()).toEqual([kept, timed].sort());
  expect(Date.parse(listed.find((it: { conversationId: string }) => it.conversationId === timed).until)).toBe(soon * 1000);
  await expect(page.locator(".row-muted")).toHaveCount(2);
  const elsewhere = await browserOf({ browser, consoleErrors }, ada);
  const other = await elsewhere.newPage();
  await openPage(other, "/");
  await option(other, "Kept", "Unmute");
  await expect(muted(page, "Kept")).toHaveCount(0);
  await openKnown(page, "/");
  await expect(page.locator(".row-muted")).toHaveCount(1);
  await elsewhere.close();
});
