import { clickAction, composer, readAll, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { NO_NETWORK, type Person, browserOf, expect, openPage, reload, test } from "../people";
import { recordTransfers } from "../transfers";
import { choose as chooseAction, reply, replyBox, threadPane, writeReply } from "../threads";
import type { Page } from "@playwright/test";

/** Chooses an option of the settings page, and waits until the server has taken it. */
async function setting(page: Page, name: string): Promise<void> {
  await openPage(page, "/settings");
  if (await page.getByRole("radio", { name, exact: true }).isChecked()) return;
  const taken = page.waitForResponse((answer) => answer.url().includes("/form/"));
  await page.getByRole("radio", { name, exact: true }).check();
  await taken;
}

async function option(page: Page, name: string, entry: string): Promise<void> {
  await sidebarRow(page, name).hover();
  await page.getByRole("button", { name: "Options of the conversation" }).click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
  await expect(page.getByRole("menu")).toHaveCount(0);
}

const favorites = (page: Page) => page.getByRole("list", { name: "Favorites", exact: true }).locator(".conversation-name");

/** The time of a follow-up has its half of the day, in view and over no text. */
async function expectWholeTime(page: Page, text: string): Promise<void> {
  await row(page, text).hover();
  const time = row(page, text).locator(".meta time");
  await expect(time).toHaveText(/^\d{1,2}:\d\d\s[ap]m$/);
  await expect(time.locator(".half-day")).toBeVisible();
  const [half, whole, pane, body] = await Promise.all(
    [time.locator(".half-day"), time, page.locator(".pane"), row(page, text).locator(".body")].map((it) => it.boundingBox()),
  );
  expect(half!.width).toBeGreaterThan(5);
  expect(whole!.x).toBeGreaterThanOrEqual(pane!.x);
  expect(whole!.height, "it is one line").toBeLessThan(24);
  const isBeside = whole!.x + whole!.width <= body!.x || whole!.x >= body!.x + body!.width - 1 || whole!.y >= body!.y + body!.height - 1;
  expect(isBeside, "it covers no text").toBe(true);
}

test("the clock is that of the language, or the one that the person chooses", async ({ ada, grace, browser, consoleErrors }) => {
  test.setTimeout(120_000);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Clock" });
  await say(grace, id, "At what time?");
  await say(grace, id, "And this?");
  const { page } = ada;
  const time = (of: Page) => row(of, "At what time?").locator(".by time");
  await openPage(page, `/c/${id}`);
  await expect(time(page)).toHaveText(/^\d\d:\d\d$/);
  await setting(page, "12 hours (2:05 PM)");
  await openPage(page, `/c/${id}`);
  await expect(time(page)).toHaveText(/^\d{1,2}:\d\d\s[ap]m$/);
  await expect(time(page)).toHaveAttribute("title", /\d{4} at \d{1,2}:\d\d\s[ap]m$/);
  for (const [layout, width] of [["Automatic", 1440], ["Automatic", 390], ["Rows", 390], ["Compact", 1440], ["Compact", 390]] as const) {
    await page.setViewportSize({ width, height: 800 });
    await setting(page, layout);
    await openPage(page, `/c/${id}`);
    await expectWholeTime(page, "And this?");
  }
  await setting(page, "Automatic");
  await page.setViewportSize({ width: 1280, height: 720 });
  await setting(page, "24 hours (14:05)");
  await openPage(page, `/c/${id}`);
  await expect(time(page)).toHaveText(/^\d\d:\d\d$/);
  const american = await browserOf({ browser, consoleErrors }, ada, { locale: "en-US" });
  const other = await american.newPage();
  await openPage(other, `/c/${id}`);
  await expect(time(other)).toHaveText(/[AP]M$/);
  await american.close();
});

test("favorites are put into an order, in every browser of the person", async ({ ada, grace, browser, consoleErrors }) => {
  for (const title of ["First", "Second", "Third"]) {
    const id = await startConversation(ada, [grace], { kind: "group", title });
    await ada.api.put(`/api/v1/me/favorites/${id}`);
  }
  const { page } = ada;
  const elsewhere = await browserOf({ browser, consoleErrors }, ada);
  const other = await elsewhere.newPage();
  await openPage(page, "/");
  await openPage(other, "/");
  await expect(favorites(page)).toHaveText(["First", "Second", "Third"]);
  await option(page, "Third", "Move up");
  await expect(favorites(page)).toHaveText(["First", "Third", "Second"]);
  await expect(favorites(other)).toHaveText(["First", "Third", "Second"]);
  await option(page, "First", "Move down");
  await expect(favorites(page)).toHaveText(["Third", "First", "Second"]);
  await reload(page);
  await expect(favorites(page)).toHaveText(["Third", "First", "Second"]);
  // The first one moves down only.
  await sidebarRow(page, "Third").hover();
  await page.getByRole("button", { name: "Options of the conversation" }).click();
  await expect(page.getByRole("menuitem", { name: "Move down" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Move up" })).toHaveCount(0);
  await elsewhere.close();
});

for (const [colorScheme, width] of [["light", 1440], ["dark", 800]] as const) {
  test(`a favorite is dragged to its place, ${colorScheme} at ${width} px`, async ({ ada, grace, browser, consoleErrors }, testInfo) => {
    const ids: string[] = [];
    for (const title of ["First", "Second", "Third"]) {
      ids.push(await startConversation(ada, [grace], { kind: "group", title }));
      await ada.api.put(`/api/v1/me/favorites/${ids.at(-1)}`);
    }
    await startConversation(ada, [grace], { kind: "group", title: "No favorite" });
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const elsewhere = await browserOf({ browser, consoleErrors }, ada);
    const other = await elsewhere.newPage();
    await openPage(other, "/");
    const transfers = await recordTransfers(page);
    await openPage(page, "/");
    await expect.poll(() => transfers().some(({ path, bytes }) => path.endsWith("/split_start.wasm") && bytes > 0)).toBe(true);
    await expect(favorites(page)).toHaveText(["First", "Second", "Third"]);
    const middle = async (name: string) => {
      const { x, y, width, height } = (await sidebarRow(page, name).boundingBox())!;
      return { x: x + width / 2, y: y + height / 2, height };
    };
    /** Takes a row, and holds it so many rows further down. */
    const drag = async (name: string, rows: number) => {
      const { x, y, height } = await middle(name);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x, y + (rows * height) / 2);
      await page.mouse.move(x, y + (rows + Math.sign(rows) * 0.25) * height);
    };
    const line = page.locator("[data-drop]");
    await drag("Third", -2);
    await expect(line).toContainText("First");
    await testInfo.attach("drag", { body: await page.screenshot(), contentType: "image/png" });
    await page.mouse.up();
    for (const it of [page, other]) await expect(favorites(it)).toHaveText(["Third", "First", "Second"]);
    await expect(line).toHaveCount(0);
    expect(new URL(page.url()).pathname, "it was no click").toBe("/");
    await drag("Third", 2);
    await expect(line).toContainText("Second");
    await page.mouse.up();
    for (const it of [page, other]) await expect(favorites(it)).toHaveText(["First", "Second", "Third"]);
    // Let go where it was, or with Escape, it stays; and so does what is no favorite.
    await drag("First", 1);
    await page.keyboard.press("Escape");
    await expect(line).toHaveCount(0);
    await page.mouse.up();
    await drag("Second", 0);
    await expect(line).toHaveCount(0);
    await page.mouse.up();
    await drag("No favorite", -2);
    await expect(line).toHaveCount(0);
    await page.mouse.up();
    await expect(favorites(page)).toHaveText(["First", "Second", "Third"]);
    await openPage(page, "/");
    await sidebarRow(page, "Second").click();
    await expect(page).toHaveURL(new RegExp(`/c/${ids[1]}$`));
    await elsewhere.close();
  });
}

test("what is muted counts in the title only where it mentions the person", async ({ ada, grace }) => {
  const loud = await startConversation(ada, [grace], { kind: "group", title: "Loud" });
  const quiet = await startConversation(ada, [grace], { kind: "group", title: "Quiet" });
  for (const id of [loud, quiet]) await readAll(ada, id);
  await openPage(ada.page, "/");
  await option(ada.page, "Quiet", "Mute");
  await say(grace, loud, "one");
  await expect(ada.page).toHaveTitle("(1) Parlance");
  await say(grace, quiet, "nothing to look at");
  await say(grace, loud, "two");
  await expect(ada.page).toHaveTitle("(2) Parlance");
  await say(grace, quiet, `but this, @${ada.username}`);
  await expect(ada.page).toHaveTitle("(3) Parlance");
  await option(ada.page, "Quiet", "Unmute");
  await expect(ada.page).toHaveTitle("(4) Parlance");
});

test("the card of a person names what one has in common", async ({ ada, grace, linus }) => {
  const group = await startConversation(ada, [grace], { kind: "group", title: "In common" });
  await startConversation(ada, [linus], { kind: "group", title: "Without her" });
  await startConversation(grace, [linus], { kind: "group", title: "Of others" });
  await say(grace, group, "here I am");
  await openPage(ada.page, `/c/${group}`);
  await row(ada.page, "here I am").locator(".sender").click();
  const card = ada.page.getByRole("dialog", { name: "Profile" });
  const shared = card.getByRole("region", { name: "In common" });
  await expect(shared.getByRole("button")).toHaveText(["In common"]);
  await expect(card.getByRole("button", { name: "Message", exact: true })).toBeVisible();
  await shared.getByRole("button").click();
  await expect(card).toBeHidden();
  await expect(ada.page).toHaveURL(new RegExp(`/c/${group}$`));
});

test("channels and people are found from the headings of the list", async ({ ada, grace }) => {
  await startConversation(ada, [grace], { kind: "channel", title: "headings" });
  await startConversation(ada, [grace]);
  await openPage(ada.page, "/");
  for (const [button, dialog] of [["Browse channels", "Channels"], ["Find people", "People"]] as const) {
    await ada.page.getByRole("button", { name: button }).click();
    await expect(ada.page.getByRole("dialog", { name: dialog }).getByRole("searchbox")).toBeFocused();
    await ada.page.keyboard.press("Escape");
    await expect(ada.page.getByRole("button", { name: button })).toBeFocused();
  }
});

test("what cannot be done says so, and where the focus was it is again", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Refused" });
  await say(grace, id, "keep this");
  await openPage(ada.page, `/c/${id}`);
  await ada.page.route("**/api/v1/messages/*/pin", (route) => route.abort());
  await chooseAction(ada.page, "keep this", "Pin");
  const dialog = ada.page.getByRole("dialog", { name: "That did not work" });
  await expect(dialog.getByRole("paragraph")).toHaveText(/server|connection|reached/i);
  await ada.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await ada.page.unroute("**/api/v1/messages/*/pin");
  await chooseAction(ada.page, "keep this", "Pin");
  await expect(ada.page.getByRole("button", { name: "Pinned messages, 1" })).toBeVisible();
});

async function threadOf(ada: Person, grace: Person): Promise<string> {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Threaded" });
  const root = await say(grace, id, "the root");
  await reply(grace, id, root.id, "from Grace");
  await reply(ada, id, root.id, "from Ada");
  return `/c/${id}/t/${root.id}`;
}

test("in a thread, the up key edits one's newest reply", async ({ ada, grace }) => {
  const path = await threadOf(ada, grace);
  await openPage(ada.page, path);
  await expect(threadPane(ada.page).getByText("from Ada")).toBeVisible();
  await expect(replyBox(ada.page)).toBeFocused();
  await ada.page.keyboard.press("ArrowUp");
  const box = threadPane(ada.page).getByRole("textbox", { name: "Edit message" });
  await expect(box).toBeFocused();
  await expect(box).toHaveValue("from Ada");
  await box.fill("from Ada, better");
  await ada.page.keyboard.press("Enter");
  await expect(threadPane(ada.page).locator(".body").last()).toHaveText("from Ada, better");
  await expect(replyBox(ada.page)).toBeFocused();
  // In a box with a text, the key moves in the text.
  await ada.page.keyboard.type("text");
  await ada.page.keyboard.press("ArrowUp");
  await expect(replyBox(ada.page)).toBeFocused();
});

test("a thread is begun from the actions of a message, by mouse", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Begun" });
  await say(grace, id, "what do you think?");
  await openPage(ada.page, `/c/${id}`);
  await row(ada.page, "what do you think?").locator(".body").hover();
  await ada.page.getByRole("button", { name: "Reply in a thread" }).click();
  await expect(threadPane(ada.page).getByText("Begun")).toBeVisible();
  await writeReply(ada.page, "good");
  await expect(threadPane(ada.page).locator(".body").last()).toHaveText("good");
  // The day of the root is not said again.
  await expect(threadPane(ada.page).locator(".day")).toHaveCount(0);
  await row(ada.page, "good").locator(".body").hover();
  await expect(threadPane(ada.page).getByRole("button", { name: "Reply in a thread" })).toHaveCount(0);
});

test("a long press and a swipe work in a thread, too", async ({ ada, grace, browser, consoleErrors }) => {
  const path = await threadOf(ada, grace);
  const context = await browserOf({ browser, consoleErrors }, ada, {
    viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true,
  });
  const page = await context.newPage();
  await openPage(page, path);
  const theirs = threadPane(page).locator(".message", { hasText: "from Grace" }).locator(".bubble");
  const sheet = page.getByRole("dialog", { name: "Reply actions" });
  await expect(async () => {
    await touch(page, theirs, 0, 700);
    await expect(sheet).toBeVisible({ timeout: 500 });
  }).toPass();
  await sheet.getByRole("button", { name: "React with 👍" }).tap();
  await expect(sheet).toBeHidden();
  await expect(threadPane(page).getByRole("group", { name: "Reactions" })).toHaveText("👍1");
  await touch(page, theirs, 130, 50);
  await expect(threadPane(page).locator(".reply-preview")).toContainText("from Grace");
  await context.close();
});

/** Puts a finger on the middle of an element, moves it to the right, holds it, and lifts it. */
async function touch(page: Page, target: ReturnType<Page["locator"]>, across: number, hold: number): Promise<void> {
  const box = (await target.boundingBox())!;
  const client = await page.context().newCDPSession(page);
  const at = (x: number) => [{ x: box.x + Math.min(box.width / 2, 60) + x, y: box.y + box.height / 2 }];
  const send = (type: "touchStart" | "touchMove" | "touchEnd", touchPoints: { x: number; y: number }[]) =>
    client.send("Input.dispatchTouchEvent", { type, touchPoints });
  await send("touchStart", at(0));
  for (const part of across ? [0.25, 0.5, 0.75, 1] : []) await send("touchMove", at(across * part));
  await page.waitForTimeout(hold);
  await send("touchEnd", []);
  await client.detach();
}

test("at 400 % nothing is lost: one reads, writes, and opens what there is", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "A name that is longer than the header of this page" });
  await say(grace, id, `https://example.org/${"long".repeat(40)}`);
  await say(grace, id, "short");
  // A page of 1280 by 1024 pixels.
  await ada.page.setViewportSize({ width: 320, height: 256 });
  await openPage(ada.page, `/c/${id}`);
  const fits = async () => expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await fits();
  await write(ada.page, "written at 400 %");
  await expect(row(ada.page, "written at 400 %")).toBeInViewport();
  await expect(composer(ada.page)).toBeInViewport();
  expect((await timeline(ada.page).boundingBox())!.height).toBeGreaterThan(60);
  const title = ada.page.locator("#conversation-title");
  expect((await title.boundingBox())!.width, "the name has room").toBeGreaterThan(90);
  await ada.page.getByRole("button", { name: "Members" }).click();
  await expect(ada.page.getByRole("complementary", { name: "Members" }).getByText(grace.name)).toBeVisible();
  await fits();
  await ada.page.keyboard.press("Escape");
  await clickAction(ada.page, "written at 400 %", "Delete");
  const button = ada.page.getByRole("dialog").getByRole("button", { name: "Delete" });
  await button.scrollIntoViewIfNeeded();
  await expect(button).toBeInViewport();
  await fits();
});

test("with fingers, a long press on a conversation opens its sheet, and not the conversation", async ({ ada, grace, browser, consoleErrors }) => {
  await startConversation(ada, [grace], { kind: "group", title: "Pressed" });
  const phone = await browserOf({ browser, consoleErrors }, ada, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await phone.newPage();
  const transfers = await recordTransfers(page);
  await openPage(page, "/");
  await expect.poll(() => transfers().some(({ path, bytes }) => path.endsWith("/split_start.wasm") && bytes > 0)).toBe(true);
  const { x, y } = (await sidebarRow(page, "Pressed").boundingBox())!;
  const client = await phone.newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", touchPoints: { x: number; y: number }[]) =>
    client.send("Input.dispatchTouchEvent", { type, touchPoints });
  const sheet = page.getByRole("dialog", { name: "Conversation" });
  // A finger that scrolls opens nothing.
  await touch("touchStart", [{ x: x + 90, y: y + 20 }]);
  await touch("touchMove", [{ x: x + 90, y: y + 60 }]);
  await page.waitForTimeout(600);
  await touch("touchEnd", []);
  await expect(sheet).toBeHidden();
  await touch("touchStart", [{ x: x + 90, y: y + 20 }]);
  await expect(sheet.getByRole("button", { name: "Add to favorites" })).toBeVisible();
  await touch("touchEnd", []);
  // The sheet has the focus itself: no button is marked for a key that nobody has.
  await expect(sheet).toBeFocused();
  await expect(sheet).toBeVisible();
  await expect(page).toHaveURL("/");
  await sheet.getByRole("button", { name: "Add to favorites" }).tap();
  await expect(favorites(page)).toHaveText(["Pressed"]);
  await sidebarRow(page, "Pressed").tap();
  await expect(page).toHaveURL(/\/c\/\d+$/);
  await phone.close();
});

test("channels and people are always to be found from the sidebar", async ({ ada, grace }) => {
  const { page } = ada;
  const find = async () => {
    for (const [label, title] of [["Browse channels", "Channels"], ["Find people", "People"]] as const) {
      await page.getByRole("button", { name: label }).click();
      await expect(page.getByRole("dialog", { name: title })).toBeVisible();
      await page.keyboard.press("Escape");
    }
  };
  await openPage(page, "/");
  await find();
  const id = await startConversation(grace, [ada]);
  await say(grace, id, "Unread");
  await expect(page.getByRole("list", { name: "Unread", exact: true }).locator("li")).toHaveCount(1);
  await find();
});

test("the header of a conversation has what its row has", async ({ ada, grace }) => {
  const direct = await startConversation(ada, [grace]);
  const group = await startConversation(ada, [grace], { kind: "group", title: "Headed" });
  const { page } = ada;
  const entries = page.getByRole("menuitem");
  const more = page.getByRole("button", { name: "More", exact: true });
  await openPage(page, `/c/${direct}`);
  await more.click();
  await expect(entries).toHaveText(["Add to favorites", "Files", "Mute", "Hide until something new comes", "Link previews"]);
  await entries.filter({ hasText: "Mute" }).click();
  await expect(more).toBeFocused();
  await more.click();
  await expect(entries.filter({ hasText: "Unmute" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(entries).toHaveCount(0);
  await openPage(page, `/c/${group}`);
  await more.click();
  await expect(entries).toHaveText(["Add to favorites", "Files", "Mute", "Leave", "Name and description", "Webhooks", "Delete"]);
  await entries.filter({ hasText: "Add to favorites" }).click();
  await expect(favorites(page)).toHaveText(["Headed"]);
});
