import type { Locator, Page } from "@playwright/test";
import { clickAction, composer, expectTick, history, row, sidebarRow, startConversation, write } from "../conversation";
import { NO_NETWORK, expect, openPage, test } from "../people";
import { type Transfer, chunkFiles, recordTransfers } from "../transfers";

/** Bytes that must have arrived before the page of a conversation is live; WebAssembly is nine tenths. */
const BUDGET = 260_000;
/** Bytes of each file that comes later. */
const CHUNK_BUDGET = 80_000;

/** The chunks that every page fetches as soon as it is live. */
const LIVE = "live";
const COMPOSE = "compose";
const LATER = "later";

const FAILED = "Could not load. Try again.";
/** What the browser and the loader say of a file that has not come. */
const NOT_LOADED = [NO_NETWORK, /Failed to fetch/];

/** A way to something that comes in a chunk, and what is seen when it has come. */
interface Opening {
  chunk: string;
  /** The other chunks that have come then: those of what it is opened from, and of what it shows besides. */
  beside?: string[];
  name: string;
  open: (page: Page) => Promise<unknown>;
  place: (page: Page) => Locator;
  shown: (place: Locator) => Locator;
  /** What has the focus afterwards. */
  focused: (place: Locator) => Locator;
}

function dialog(title: string) {
  return (page: Page) => page.getByRole("dialog", { name: title });
}

function fromMenu(item: string) {
  return async (page: Page) => {
    await page.getByLabel("More", { exact: true }).click();
    await page.getByRole("menuitem", { name: item, exact: true }).click();
  };
}

async function openShortcuts(page: Page): Promise<void> {
  await page.getByLabel("You", { exact: true }).click();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
}

const button = (name: string) => (place: Locator) => place.getByRole("button", { name, exact: true });
const field = (name: string) => (place: Locator) => place.getByRole("textbox", { name });

const OPENINGS: Opening[] = [
  {
    chunk: "conversation",
    name: "the members",
    open: (page) => page.getByRole("button", { name: "Members" }).click(),
    place: (page) => page.getByRole("complementary", { name: "Members" }),
    shown: (place) => place.getByText("Owner"),
    focused: (place) => place.locator(":focus"),
  },
  {
    chunk: "conversation",
    beside: ["start", "pictures"],
    name: "the form of the name",
    open: fromMenu("Name and description"),
    place: dialog("Name and description"),
    shown: button("Save"),
    focused: field("Name"),
  },
  {
    chunk: "conversation",
    beside: ["start"],
    name: "the question before leaving",
    open: fromMenu("Leave"),
    place: dialog("Leave this conversation?"),
    shown: button("Leave"),
    focused: button("Cancel"),
  },
  {
    chunk: "conversation",
    // By which a message is edited and deleted: the question before that is in the same chunk.
    name: "the menu of a message",
    open: async (page) => {
      await row(page, "Thanks").locator(".bubble").hover();
      await page.getByRole("button", { name: "More actions" }).click();
    },
    place: (page) => row(page, "Thanks"),
    shown: (place) => place.getByRole("menuitem", { name: "Copy text" }),
    focused: (place) => place.locator(".message-menu :focus"),
  },
  {
    chunk: "files",
    name: "the files of a message",
    open: (page) => page.locator(".composer input[type=file]").setInputFiles([{ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") }]),
    place: (page) => page.locator("form.composer"),
    shown: (place) => place.getByRole("button", { name: "Remove a.txt" }).first(),
    focused: (place) => place.getByRole("textbox", { name: "Message" }),
  },
  {
    chunk: "start",
    name: "the menu of a conversation",
    open: async (page) => {
      await sidebarRow(page, "Everything").hover();
      await page.getByRole("button", { name: "Options of the conversation" }).click();
    },
    place: (page) => page.getByRole("navigation", { name: "Conversations" }),
    shown: (place) => place.getByRole("menuitem", { name: "Mute" }),
    focused: (place) => place.locator(".conversation-menu :focus"),
  },
  {
    chunk: "conversation",
    name: "earlier wordings",
    open: async (page) => {
      await row(page, "I have seen it twice").locator(".body").hover();
      await row(page, "I have seen it twice").getByRole("button", { name: /^Edited/ }).click();
    },
    place: dialog("Earlier wordings"),
    shown: (place) => place.getByText("I have seen it", { exact: true }),
    focused: (place) => place.locator(":focus"),
  },
  {
    chunk: "forward",
    beside: ["conversation"],
    name: "the dialog that forwards",
    open: async (page) => {
      await row(page, "Thanks").locator(".bubble").hover();
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Forward…" }).click();
    },
    place: dialog("Forward"),
    shown: (place) => place.getByRole("combobox", { name: "Forward to" }),
    focused: (place) => place.getByRole("combobox", { name: "Forward to" }),
  },
  {
    chunk: "emoji",
    name: "reactions to pick",
    open: (page) => clickAction(page, "Thanks", "React"),
    place: (page) => row(page, "Thanks"),
    shown: (place) => place.getByRole("searchbox", { name: "Search emoji" }),
    focused: (place) => place.getByRole("searchbox", { name: "Search emoji" }),
  },
  {
    chunk: "pictures",
    beside: ["start", "conversation"],
    name: "the picture of a conversation",
    open: fromMenu("Name and description"),
    place: dialog("Name and description"),
    shown: (place) => place.getByLabel("Choose a picture"),
    focused: (place) => place.locator(":focus"),
  },
  {
    chunk: "polls",
    beside: [COMPOSE],
    name: "the form of a poll",
    open: async (page) => {
      await composer(page).click();
      await page.getByRole("button", { name: "New poll" }).click();
    },
    place: dialog("New poll"),
    shown: button("Send poll"),
    focused: field("Question"),
  },
  {
    chunk: "finding",
    name: "the palette",
    open: (page) => page.keyboard.press("Control+k"),
    place: dialog("Go to"),
    shown: (place) => place.getByRole("option").first(),
    focused: (place) => place.getByRole("combobox"),
  },
  {
    chunk: "finding",
    name: "the search",
    open: (page) => page.getByRole("button", { name: "Search this conversation" }).click(),
    place: (page) => page.getByRole("complementary", { name: "Search" }),
    shown: (place) => place.getByRole("button", { name: "Best first" }),
    focused: (place) => place.getByRole("combobox"),
  },
  {
    chunk: "finding",
    name: "a profile card",
    open: (page) => page.locator(".by button").last().click(),
    place: dialog("Profile"),
    shown: button("Their messages"),
    focused: (place) => place.locator(":focus"),
  },
  {
    chunk: "threads",
    name: "a thread",
    open: (page) => row(page, "I have seen it twice").locator(".thread-link").click(),
    place: (page) => page.getByRole("complementary", { name: "Thread" }),
    shown: field("Reply in the thread"),
    focused: field("Reply in the thread"),
  },
  {
    chunk: "start",
    name: "the form of a new conversation",
    open: (page) => page.getByRole("navigation").getByRole("link", { name: "New conversation" }).click(),
    place: dialog("New conversation"),
    shown: button("Start"),
    focused: (place) => place.getByRole("combobox", { name: "People" }),
  },
  {
    chunk: "start",
    name: "the keyboard shortcuts",
    open: openShortcuts,
    place: dialog("Keyboard shortcuts"),
    shown: (place) => place.getByText("Send the message"),
    focused: button("Close"),
  },
];

const isChunk = ({ path }: Pick<Transfer, "path">) => /\/(split|chunk)_\w+\.wasm$/.test(path);
const sum = (files: Transfer[]) => files.reduce((total, { bytes }) => total + bytes, 0);

/** Waits until all chunks have arrived ahead. */
async function untilFetchedAhead(page: Page, transfers: () => Transfer[]): Promise<void> {
  const files = new Set(Object.values(await chunkFiles(page)).flat());
  await expect.poll(() => transfers().filter((file) => isChunk(file) && file.bytes > 0).length).toBe(files.size);
}

test("what comes before a page is live is small, and so is each chunk that comes later", async ({ browser, ada, grace }, testInfo) => {
  const id = await history(ada, grace);
  const cookies = await ada.context.cookies();
  const table: string[] = [];
  const chunks = new Map<string, number>();
  const first: Record<string, number> = {};
  for (const path of [`/c/${id}`, "/", "/new", "/settings"]) {
    // With an empty cache.
    const context = await browser.newContext();
    await context.addCookies(cookies);
    const page = await context.newPage();
    const transfers = await recordTransfers(page);
    await openPage(page, path);
    await untilFetchedAhead(page, transfers);
    const files = transfers();
    expect(files.filter(({ bytes }) => bytes === 0)).toEqual([]);
    const before = files.filter(({ isFirst }) => isFirst);
    expect(new Set(before.map(({ kind }) => kind)), path).toEqual(new Set(["html", "css", "javascript", "wasm"]));
    const name = path.replace(id, "{id}");
    first[name] = sum(before);
    table.push(`${name}: ${sum(before)} bytes before it is live, ${sum(files) - sum(before)} ahead`);
    for (const { kind, path, bytes } of before) table.push(`    ${kind} ${path.split("/").pop()}: ${bytes}`);
    for (const { path, bytes } of files.filter(isChunk)) chunks.set(path.split("/").pop()!, bytes);
    if (path === `/c/${id}`) expect(before.filter(isChunk), "no chunk is needed").toEqual([]);
    await context.close();
  }
  for (const [name, bytes] of chunks) table.push(`${name}: ${bytes} bytes`);
  console.log(`Over the wire (of ${BUDGET}, chunks of ${CHUNK_BUDGET}):\n  ${table.join("\n  ")}`);
  testInfo.annotations.push({ type: "first visit", description: `${first["/c/{id}"]} bytes` });
  expect(first["/c/{id}"]).toBeLessThanOrEqual(BUDGET);
  for (const [name, bytes] of chunks) expect(bytes, name).toBeLessThanOrEqual(CHUNK_BUDGET);
});

for (const { chunk, beside, name, open, place, shown, focused } of OPENINGS) {
  test(`without the chunk of ${name} the page says so, and tries again`, async ({ ada, grace, expectedErrors }) => {
    expectedErrors.push(...NOT_LOADED);
    const id = await history(ada, grace);
    const { page } = ada;
    let attempts = 0;
    const file = new RegExp(`/split_${chunk}\\.wasm$`);
    await page.route(file, (route) => (attempts++, route.abort()));
    await openPage(page, `/c/${id}`);
    await open(page);
    const note = place(page).getByRole("alert").filter({ hasText: FAILED });
    await expect(note).toBeVisible();
    const before = attempts;
    await note.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => attempts).toBeGreaterThan(before);
    await expect(note).toBeVisible();
    await page.unroute(file);
    await note.getByRole("button", { name: "Try again" }).press("Enter");
    await expect(shown(place(page))).toBeVisible();
    await expect(note).toBeHidden();
    await expect(focused(place(page))).toBeFocused();
  });

  test(`${name} comes when it is asked for, and has the focus`, async ({ ada, grace }) => {
    const id = await history(ada, grace);
    const { page } = ada;
    await neverAhead(page);
    const transfers = await recordTransfers(page);
    await openPage(page, `/c/${id}`);
    await open(page);
    await expect(shown(place(page))).toBeVisible();
    await expect(focused(place(page))).toBeFocused();
    const chunks = await chunkFiles(page);
    const files = new Set([...chunks[LIVE], ...chunks[COMPOSE], ...chunks[LATER], ...(beside ?? []).flatMap((other) => chunks[other]), ...chunks[chunk]]);
    const loaded = () => transfers().filter(isChunk).map(({ path }) => path.split("/").pop());
    await expect.poll(() => loaded().sort()).toEqual([...files].map((file) => `${file}.wasm`).sort());
  });
}

/** As a browser that saves data, which fetches nothing ahead. */
async function neverAhead(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.defineProperty(Object.getPrototypeOf((navigator as never)["connection"]), "saveData", { get: () => true });
  });
}

/** Files of a chunk that are missing in turn: its own, and two of those that it has in common with others, for which the same lines ask. */
const MISSING = 3;

test("any file of a chunk may be missing", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(...NOT_LOADED);
  const id = await history(ada, grace);
  const { page } = ada;
  const chunks = await chunkFiles(page);
  const { [LIVE]: live, [COMPOSE]: compose, [LATER]: later, ...asked } = chunks;
  expect(live).toContain("split_live");
  expect(compose).toContain("split_compose");
  expect(later).toContain("split_later");
  expect(Object.keys(asked).sort()).toEqual([...new Set(OPENINGS.map(({ chunk }) => chunk))].sort());
  // Chunks have files in common: each is missing once. Without those of the live page, nothing is opened at all.
  const missing = new Set(live);
  // Each file takes some seconds, and three times as many on a busy machine.
  test.setTimeout(15_000 * MISSING * Object.keys(asked).length);
  // What is left in the tray comes back, and moves the rows: that chunk is the last.
  const order = [...Object.keys(asked).filter((chunk) => chunk !== "files"), "files"];
  for (const chunk of order) {
    const files = asked[chunk];
    const { open, place, shown, beside = [] } = OPENINGS.find((opening) => opening.chunk === chunk)!;
    // Without those of the chunks that it is opened from, it is not opened.
    const others = files.filter((file) => !missing.has(file) && !beside.some((other) => chunks[other].includes(file)));
    const own = others.filter((file) => file === `split_${chunk}`);
    expect(own).toHaveLength(1);
    for (const file of [...own, ...others.filter((file) => file !== own[0])].slice(0, MISSING)) {
      missing.add(file);
      let isMissing = true;
      const requests = new RegExp(`/${file}\\.wasm$`);
      // Without a route, requests that are under way at that moment may stay unanswered.
      await page.route(requests, (route) => (isMissing ? route.abort() : route.continue()));
      await openPage(page, `/c/${id}`);
      await open(page);
      await expect(place(page).getByText(FAILED), file).toBeVisible();
      isMissing = false;
      await place(page).getByRole("button", { name: "Try again" }).click();
      await expect(shown(place(page)), file).toBeVisible();
      await page.unroute(requests);
    }
  }
});

test("without the chunk of the live page it says so, and sends what was written when the chunk comes", async ({
  ada,
  grace,
  expectedErrors,
}) => {
  expectedErrors.push(...NOT_LOADED);
  const id = await history(ada, grace);
  const { page } = ada;
  const file = /\/split_live\.wasm$/;
  await page.route(file, (route) => route.abort());
  await openPage(page, `/c/${id}`);
  await row(page, "Thanks").locator(".bubble").hover();
  const actions = row(page, "Thanks").getByRole("group", { name: "Message actions" });
  await expect(actions.getByRole("alert")).toContainText(FAILED);
  await write(page, "Meanwhile");
  await expect(row(page, "Meanwhile")).toBeVisible();
  await page.unroute(file);
  await actions.getByRole("button", { name: "Try again" }).click();
  // The note was above the message.
  await row(page, "Thanks").locator(".bubble").hover();
  await expect(actions.getByRole("button", { name: "Reply", exact: true })).toBeVisible();
  await expectTick(page, "Meanwhile", "Sent");
});

test("without the chunk of the boxes they are plain, and have their bar after the next connect", async ({
  ada,
  grace,
  expectedErrors,
}) => {
  expectedErrors.push(...NOT_LOADED);
  const id = await history(ada, grace);
  const { page } = ada;
  const file = /\/split_compose\.wasm$/;
  await page.route(file, (route) => route.abort());
  const failed = page.waitForEvent("requestfailed", (request) => file.test(request.url()));
  await openPage(page, `/c/${id}`);
  await failed;
  await write(page, "Plain");
  await expectTick(page, "Plain", "Sent");
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toHaveCount(0);
  await page.unroute(file);
  await ada.context.setOffline(true);
  await ada.context.setOffline(false);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible({ timeout: 30_000 });
});

test("without the chunk of what comes later drafts stay here, and go on after the next connect", async ({
  ada,
  grace,
  expectedErrors,
}) => {
  expectedErrors.push(...NOT_LOADED);
  const id = await history(ada, grace);
  const { page } = ada;
  const file = /\/split_later\.wasm$/;
  await page.route(file, (route) => route.abort());
  const failed = page.waitForEvent("requestfailed", (request) => file.test(request.url()));
  await openPage(page, `/c/${id}`);
  await failed;
  await composer(page).fill("Kept here");
  await row(page, "Thanks").locator(".bubble").hover();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Remind me…" }).click();
  await expect(page.getByRole("dialog", { name: "That did not work" })).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();
  await page.unroute(file);
  await ada.context.setOffline(true);
  await ada.context.setOffline(false);
  await expect(page.getByRole("button", { name: "Send later" })).toBeVisible({ timeout: 30_000 });
  const drafts = async () => (await (await ada.api.get("/api/v1/me/drafts")).json()).items;
  await expect.poll(drafts).toMatchObject([{ body: "Kept here" }]);
});

test("what was fetched ahead opens offline", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await history(ada, grace);
  const { page } = ada;
  const transfers = await recordTransfers(page);
  await openPage(page, `/c/${id}`);
  await untilFetchedAhead(page, transfers);
  await ada.context.setOffline(true);
  for (const { name, open, place, shown } of OPENINGS.filter(({ name }) => name !== "earlier wordings")) {
    await open(page);
    await expect(shown(place(page)), name).toBeVisible();
    await page.keyboard.press("Escape");
  }
});

test("what was not fetched ahead says so offline, and comes with the network", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(...NOT_LOADED);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Everything" });
  const { page } = ada;
  await neverAhead(page);
  await openPage(page, `/c/${id}`);
  await ada.context.setOffline(true);
  await openShortcuts(page);
  const shortcuts = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(shortcuts.getByText(FAILED)).toBeVisible();
  await expect(shortcuts.getByRole("button", { name: "Try again" })).toBeFocused();
  await ada.context.setOffline(false);
  await page.keyboard.press("Enter");
  await expect(shortcuts.getByText("Send the message")).toBeVisible();
});

test("a page that is a part of a chunk says that the chunk is missing, and works otherwise", async ({ ada, expectedErrors }) => {
  expectedErrors.push(...NOT_LOADED);
  const { page } = ada;
  const file = /\/split_start\.wasm$/;
  await page.route(file, (route) => route.abort());
  await openPage(page, "/new");
  const note = page.locator("#main").getByRole("alert");
  await expect(note).toContainText(FAILED);
  await page.unroute(file);
  await note.getByRole("button", { name: "Try again" }).click();
  await expect(page.locator("#main").getByRole("combobox", { name: "People" })).toBeVisible();
  await expect(page.getByText("was started anew")).toBeHidden();
});
