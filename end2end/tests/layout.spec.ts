import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { bodies, clickAction, composer, expectTick, history, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { type Person, browserOf, expect, openPage, reload, test } from "../people";

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}

async function box(locator: Locator) {
  const found = await locator.boundingBox();
  expect(found, `${locator} is on the page`).not.toBeNull();
  return found!;
}

/** Chooses an option of the settings page, and waits until the server has taken it. */
async function choose(page: Page, name: string): Promise<void> {
  await openPage(page, "/settings");
  if (await page.getByRole("radio", { name, exact: true }).isChecked()) return;
  const taken = page.waitForResponse((answer) => answer.url().includes("/form/"));
  await page.getByRole("radio", { name, exact: true }).check();
  await taken;
}

const section = (page: Page, name: string) => page.getByRole("list", { name, exact: true });

/** Opens the menu of a conversation by the button that its row has under the pointer. */
async function openMenu(page: Page, name: string): Promise<void> {
  await sidebarRow(page, name).hover();
  await page.getByRole("button", { name: "Options of the conversation" }).click();
  await expect(page.getByRole("menu", { name: "Options of the conversation" })).toBeVisible();
}

async function choice(page: Page, name: string, entry: string): Promise<void> {
  await openMenu(page, name);
  await page.getByRole("menuitem", { name: entry }).click();
  await expect(page.getByRole("menu")).toHaveCount(0);
}

test.describe("at 1440 px", () => {
  test.use({ viewport: WIDE });

  test("a group has rows with one left edge, whoever wrote them", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Rows" });
    await say(grace, id, "from Grace");
    await say(grace, id, "and more of it");
    await say(ada, id, "from Ada");
    const { page } = ada;
    await openPage(page, `/c/${id}`);
    const faces = timeline(page).locator(".message > .sender-face > .avatar");
    await expect(faces).toHaveCount(2);
    const [first, second] = [await box(faces.nth(0)), await box(faces.nth(1))];
    expect(first.width).toBe(36);
    expect(second.x).toBe(first.x);
    const texts = [await box(row(page, "from Grace").locator(".body")), await box(row(page, "from Ada").locator(".body"))];
    expect(texts[1]!.x).toBe(texts[0]!.x);
    expect((await box(page.locator(".pane-header .avatar"))).x).toBe(first.x);
    expect((await box(page.locator(".composer-box"))).x).toBe(first.x);
    // Own messages are marked by name and tint.
    await expect(row(page, "from Ada").locator(".sender")).toHaveText(ada.name);
    const tint = (text: string) => row(page, text).evaluate((element) => getComputedStyle(element).backgroundColor);
    await page.mouse.move(0, 0);
    expect(await tint("from Ada")).not.toBe(await tint("from Grace"));
    // The time stands once, and on further rows in the gutter under the pointer.
    const time = row(page, "and more of it").locator(".meta time");
    await expect(time).toHaveCSS("opacity", "0");
    await row(page, "and more of it").hover();
    await expect(time).toHaveCSS("opacity", "1");
    expect((await box(time)).x).toBeGreaterThanOrEqual(first.x);
    // Names have the hue of the avatar, and not the accent of what acts.
    const colour = (locator: Locator) => locator.evaluate((element) => getComputedStyle(element).color);
    const accent = await colour(page.locator(".skip-link")).then(() => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent")));
    expect(accent).not.toBe("");
    expect(await colour(row(page, "from Grace").locator(".sender"))).not.toBe("rgb(52, 82, 209)");
    // The actions are inside of the row's right edge.
    const line = await box(row(page, "and more of it"));
    const bar = await box(page.getByRole("group", { name: "Message actions" }));
    expect(bar.x + bar.width).toBeLessThanOrEqual(line.x + line.width);
    expect(bar.x).toBeGreaterThan(line.x + 200);
  });

  test("a direct conversation has bubbles on two sides", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    await say(grace, id, "left");
    await say(ada, id, "right");
    await openPage(ada.page, `/c/${id}`);
    const left = await box(row(ada.page, "left").locator(".bubble"));
    const right = await box(row(ada.page, "right").locator(".bubble"));
    expect(right.x).toBeGreaterThan(left.x + 200);
    await expect(timeline(ada.page).locator(".message > .sender-face > .avatar").first()).toBeHidden();
  });

  test("the layout is a choice of the person, in the first paint too", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    await say(grace, id, "left");
    await say(ada, id, "right");
    const { page } = ada;
    const html = page.locator("html");
    await choose(page, "Rows");
    await expect(html, "at once").toHaveAttribute("data-layout", "rows");
    await page.evaluate((path) => (document.location.href = path), `/c/${id}`);
    await expect(bodies(page)).toHaveText(["left", "right"]);
    expect((await box(row(page, "left").locator(".body"))).x).toBe((await box(row(page, "right").locator(".body"))).x);
    expect(await violations(page)).toEqual([]);
    expect(await (await page.request.get(`/c/${id}`)).text(), "the server renders it").toContain('data-layout="rows"');

    await choose(page, "Compact");
    await openPage(page, `/c/${id}`);
    await expect(html).toHaveAttribute("data-layout", "compact");
    await expect(timeline(page).locator(".message > .sender-face > .avatar").first()).toBeHidden();
    const name = await box(row(page, "left").locator(".sender"));
    const text = await box(row(page, "left").locator(".body"));
    expect(Math.abs(name.y + name.height / 2 - text.y - text.height / 2), "in one line").toBeLessThan(6);
    await expect(row(page, "left").locator(".meta time")).toHaveCSS("opacity", "1");
    expect(await violations(page)).toEqual([]);

    await choose(page, "Names and the newest message");
    await openPage(page, `/c/${id}`);
    await expect(sidebarRow(page, grace.name).locator(".conversation-last")).toBeVisible();
    await choose(page, "Names only");
    await openPage(page, `/c/${id}`);
    await expect(sidebarRow(page, grace.name).locator(".conversation-last")).toBeHidden();
    expect((await box(sidebarRow(page, grace.name))).height).toBeLessThanOrEqual(36);
  });

  test("the menu of a message, by pointer and by keyboard", async ({ ada, grace }) => {
    await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const id = await startConversation(ada, [grace], { kind: "group", title: "Menus" });
    const said = await say(ada, id, "Look at this");
    await say(grace, id, "I do");
    const { page } = ada;
    await openPage(page, `/c/${id}`);
    const more = page.getByRole("button", { name: "More actions" });
    const menu = page.getByRole("menu", { name: "Message actions" });
    const entry = (name: string) => page.getByRole("menuitem", { name, exact: true });
    const open = async (text: string) => {
      await row(page, text).locator(".body").hover();
      await more.click();
      await expect(menu).toBeVisible();
    };
    await open("Look at this");
    await expect(menu.getByRole("menuitem").first()).toBeFocused();
    expect(await violations(page)).toEqual([]);
    await entry("Copy link").click();
    await expect(menu).toHaveCount(0);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(new RegExp(`^http.*/c/${id}/m/${said.id}$`));
    await open("Look at this");
    await entry("Copy text").click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("Look at this");

    await open("I do");
    await expect(entry("Edit"), "of somebody else").toHaveCount(0);
    await page.mouse.click(5, 5);
    await expect(menu, "a press elsewhere closes it").toHaveCount(0);

    await test.step("by keyboard", async () => {
      await row(page, "Look at this").focus();
      await expect(more).toBeVisible();
      await more.focus();
      await page.keyboard.press("Enter");
      await expect(menu.getByRole("menuitem").first()).toBeFocused();
      await page.keyboard.press("ArrowUp");
      await expect(entry("Delete")).toBeFocused();
      await page.keyboard.press("Escape");
      await expect(menu).toHaveCount(0);
      await expect(more).toBeFocused();
      // Keys follow one another faster than frames.
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
      await expect(menu).toHaveCount(0);
      await expect(more).toBeFocused();
      await page.keyboard.press("Enter");
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowUp");
      await expect(entry("Edit")).toBeFocused();
      await page.keyboard.press("Enter");
      await expect(page.getByRole("textbox", { name: "Edit message" })).toBeFocused();
      await page.keyboard.press("Escape");
    });
  });

  test("three quick reactions, the most used of this browser", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Quick" });
    await say(grace, id, "What do you say?");
    await say(grace, id, "And now?");
    const { page } = ada;
    await openPage(page, `/c/${id}`);
    const quick = page.getByRole("group", { name: "Message actions" }).getByRole("button", { name: /^React with/ });
    await row(page, "What do you say?").hover();
    await expect(quick).toHaveText(["👍", "❤️", "😂"]);
    await quick.nth(2).click();
    await expect(row(page, "What do you say?").getByRole("group", { name: "Reactions" })).toHaveText("😂1");
    await row(page, "And now?").hover();
    await expect(quick).toHaveText(["😂", "👍", "❤️"]);
  });

  test("ticks stand on the last message that they hold for", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    await openPage(ada.page, `/c/${id}`);
    for (const text of ["one", "two", "three"]) await write(ada.page, text);
    await expectTick(ada.page, "three", "Sent");
    const ticks = timeline(ada.page).locator(".ticks");
    await expect(ticks).toHaveCount(1);
    const read = await grace.api.post(`/api/v1/conversations/${id}/read`, { data: { position: 2 } });
    expect(read.ok()).toBe(true);
    await expectTick(ada.page, "two", "Read");
    await expect(ticks).toHaveCount(2);
    await expectTick(ada.page, "three", "Sent");
  });

  test("the sidebar has sections that stay folded, and marks", async ({ ada, grace, linus }) => {
    await startConversation(ada, [grace]);
    const channel = await startConversation(ada, [grace], { kind: "channel", title: "news", private: true });
    const group = await startConversation(ada, [grace, linus], { kind: "group", title: "Three" });
    const { page } = ada;
    await openPage(page, `/c/${group}`);
    await expect(section(page, "Channels").getByRole("link")).toHaveText(/news/);
    await expect(section(page, "Groups").getByRole("link")).toHaveText(/Three/);
    await expect(section(page, "People").getByRole("link")).toHaveText(new RegExp(grace.name));
    await expect(section(page, "Unread")).toBeHidden();

    await test.step("what is unread comes first, and goes back when another is opened", async () => {
      await say(grace, channel, "news!");
      await expect(section(page, "Unread").getByRole("link")).toHaveText(/news/);
      await expect(sidebarRow(page, "news").locator(".conversation-name")).toHaveCSS("font-weight", "650");
      await sidebarRow(page, "news").click();
      await expect(bodies(page)).toHaveText(["news!"]);
      await expect(section(page, "Unread").getByRole("link"), "the open one stays").toHaveText(/news/);
      await sidebarRow(page, "Three").click();
      await expect(section(page, "Channels").getByRole("link")).toHaveText(/news/);
    });

    await test.step("a draft", async () => {
      // What is typed before the other conversation is shown belongs to the one that is left.
      await expect(bodies(page)).toHaveCount(0);
      await composer(page).fill("begun");
      await sidebarRow(page, "news").click();
      await expect(sidebarRow(page, "Three").locator(".row-mark")).toHaveAttribute("title", "Draft");
      await sidebarRow(page, "Three").click();
      await expect(composer(page)).toHaveValue("begun");
      await composer(page).fill("");
      await expect(sidebarRow(page, "Three").locator(".row-mark")).toHaveCount(0);
    });

    await test.step("favorites, on all devices", async () => {
      const other = await browserOf({ browser: ada.context.browser()!, consoleErrors: [] }, ada, { viewport: WIDE });
      const second = await other.newPage();
      await openPage(second, "/");
      await choice(page, "Three", "Add to favorites");
      await expect(section(page, "Favorites").getByRole("link")).toHaveText(/Three/);
      await expect(section(second, "Favorites").getByRole("link")).toHaveText(/Three/);
      await openPage(second, "/");
      await expect(section(second, "Favorites").getByRole("link"), "rendered by the server").toHaveText(/Three/);
      await choice(page, "Three", "Remove from favorites");
      await expect(section(second, "Groups").getByRole("link")).toHaveText(/Three/);
      await other.close();
    });

    await test.step("muted, read, hidden", async () => {
      await choice(page, "news", "Mute");
      await say(grace, channel, "more news");
      await expect(sidebarRow(page, "news")).toContainText("1 unread");
      await expect(section(page, "Channels").getByRole("link"), "is no reason to look").toHaveText(/news/);
      await choice(page, "news", "Mark as read");
      await expect(sidebarRow(page, "news")).not.toContainText("unread");
      await choice(page, grace.name, "Hide until something new comes");
      await expect(sidebarRow(page, grace.name)).toHaveCount(0);
      await reload(page);
      await expect(sidebarRow(page, "Three")).toBeVisible();
      await expect(sidebarRow(page, grace.name)).toHaveCount(0);
      const direct = await startConversation(grace, [ada]);
      await say(grace, direct, "Here I am");
      await expect(section(page, "Unread").getByRole("link")).toHaveText(new RegExp(grace.name));
    });

    await test.step("folded sections stay so", async () => {
      const channels = page.getByRole("button", { name: /^Channels/ });
      await expect(channels).toHaveAttribute("aria-expanded", "true");
      await channels.click();
      await expect(sidebarRow(page, "news")).toHaveCount(0);
      await reload(page);
      await expect(channels).toHaveAttribute("aria-expanded", "false");
      await expect(sidebarRow(page, "news")).toHaveCount(0);
      expect(await violations(page)).toEqual([]);
      await channels.click();
      await expect(sidebarRow(page, "news")).toBeVisible();
    });

    await test.step("the menu by keyboard, and by the other button of the mouse", async () => {
      await sidebarRow(page, "Three").focus();
      await page.keyboard.press("Tab");
      const button = page.getByRole("button", { name: "Options of the conversation" });
      await expect(button).toBeFocused();
      await page.keyboard.press("Enter");
      const menu = page.getByRole("menu");
      await expect(menu.getByRole("menuitem").first()).toBeFocused();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await expect(menu).toHaveCount(0);
      await expect(button).toBeFocused();
      await sidebarRow(page, "Three").click({ button: "right" });
      await expect(menu).toBeVisible();
      await menu.getByRole("menuitem", { name: "Leave" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await expect(sidebarRow(page, "Three")).toBeVisible();
    });
  });

  test("a long list has few rows on the page, and all of them are reached", async ({ ada, grace }) => {
    test.setTimeout(120_000);
    const title = (index: number) => `Room ${String(index).padStart(3, "0")}`;
    for (let index = 0; index < 240; index++) {
      await startConversation(ada, [grace], { kind: "group", title: title(index) });
    }
    const { page } = ada;
    await openPage(page, "/");
    await expect(sidebarRow(page, title(239))).toBeVisible();
    const rows = page.locator(".section-rows > li");
    expect(await rows.count()).toBeLessThanOrEqual(100);
    const list = page.locator(".conversations");
    const scrollHeight = () => list.evaluate((element) => element.scrollHeight);
    // The page knows 200 at first, and the others a moment later.
    await expect.poll(scrollHeight, "as high as all of them").toBeGreaterThan(240 * 32);
    const height = await scrollHeight();
    await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect(sidebarRow(page, title(0))).toBeInViewport();
    expect(await rows.count()).toBeLessThanOrEqual(100);
    expect(await scrollHeight()).toBe(height);
    await list.evaluate((element) => element.scrollTo(0, 0));
    await expect(sidebarRow(page, title(239))).toBeInViewport();
    // Without scripts the others that the page knows at first, 200 in all, follow as plain links.
    expect(await (await page.request.get("/")).text()).toContain(title(60));
  });

  test("menus close by a press elsewhere", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Elsewhere" });
    await openPage(ada.page, `/c/${id}`);
    const { page } = ada;
    await page.getByLabel("More", { exact: true }).click();
    await expect(page.getByRole("menuitem", { name: "Leave" })).toBeVisible();
    await timeline(page).click({ position: { x: 300, y: 300 } });
    await expect(page.getByRole("menuitem", { name: "Leave" })).toBeHidden();
  });
});

for (const width of [768, 800, 1000, 1440]) {
  test(`what is above the conversations is one line at ${width} px`, async ({ ada, grace }) => {
    await ada.page.setViewportSize({ width, height: 800 });
    const id = await startConversation(ada, [grace]);
    await openPage(ada.page, `/c/${id}`);
    const links = ada.page.locator(".sidebar-view");
    await expect(links).toHaveCount(3);
    const tops = await Promise.all([0, 1, 2].map(async (at) => (await box(links.nth(at))).y));
    expect(new Set(tops).size).toBe(1);
  });
}

for (const width of [768, 1000]) {
  test(`nothing covers the sidebar at ${width} px`, async ({ ada, grace }) => {
    await ada.page.setViewportSize({ width, height: 800 });
    const id = await startConversation(ada, [grace], { kind: "group", title: "Beside" });
    await openPage(ada.page, `/c/${id}`);
    await ada.page.getByRole("button", { name: "Members" }).click();
    const panel = await box(ada.page.getByRole("complementary", { name: "Members" }));
    const sidebar = await box(ada.page.getByRole("navigation", { name: "Conversations" }));
    expect(panel.x).toBeGreaterThanOrEqual(sidebar.x + sidebar.width);
    await sidebarRow(ada.page, "Beside").click({ trial: true });
  });
}

test.describe("at 390 px, with fingers", () => {
  test.use({ viewport: NARROW });

  async function phone(ada: Person, consoleErrors: string[]): Promise<Page> {
    const options = { viewport: NARROW, hasTouch: true, isMobile: true };
    const context = await browserOf({ browser: ada.context.browser()!, consoleErrors }, ada, options);
    return context.newPage();
  }

  async function touch(page: Page, locator: Locator, to: { x: number; y: number }, hold: number): Promise<void> {
    const client = await page.context().newCDPSession(page);
    const at = await box(locator);
    const start = { x: at.x + Math.min(20, at.width / 2), y: at.y + at.height / 2 };
    const send = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
      client.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    await send("touchStart", [start]);
    for (let step = 1; step <= 5 && (to.x || to.y); step++) {
      await send("touchMove", [{ x: start.x + (to.x * step) / 5, y: start.y + (to.y * step) / 5 }]);
    }
    await page.waitForTimeout(hold);
    await send("touchEnd", []);
    await client.detach();
  }

  test("bubbles, a long press for the sheet, a swipe to reply", async ({ ada, grace, consoleErrors }) => {
    const id = await history(ada, grace);
    const page = await phone(ada, consoleErrors);
    await openPage(page, `/c/${id}`);
    await expect(row(page, "Thanks")).toBeVisible();
    const mine = await box(row(page, "I have seen it twice").locator(".bubble"));
    const theirs = await box(row(page, "🎉").locator(".bubble"));
    expect(mine.x).toBeGreaterThan(theirs.x);
    const sheet = page.getByRole("dialog", { name: "Message actions" });
    await expect(async () => {
      await touch(page, row(page, "🎉").locator(".bubble"), { x: 0, y: 0 }, 700);
      await expect(sheet).toBeVisible({ timeout: 500 });
    }).toPass();
    await expect(sheet.getByRole("button", { name: /^React with/ })).toHaveCount(6);
    await expect(sheet.getByRole("button", { name: "Copy link" })).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    expect(await violations(page)).toEqual([]);
    await sheet.getByRole("button", { name: "React with 👍" }).tap();
    await expect(sheet).toBeHidden();
    await expect(row(page, "🎉").getByRole("group", { name: "Reactions" })).toHaveText("👍1");

    await touch(page, row(page, "🎉").locator(".bubble"), { x: 130, y: 0 }, 50);
    await expect(page.locator(".reply-preview")).toContainText("🎉");
    await expect(row(page, "🎉")).toHaveCSS("transform", "none");
    await page.context().close();
  });

  test("rows of the sidebar are high enough for a finger", async ({ ada, grace, consoleErrors }) => {
    await startConversation(ada, [grace], { kind: "group", title: "Fingers" });
    const page = await phone(ada, consoleErrors);
    await openPage(page, "/");
    expect((await box(sidebarRow(page, "Fingers"))).height).toBeGreaterThanOrEqual(44);
    await sidebarRow(page, "Fingers").dispatchEvent("contextmenu");
    await expect(page.getByRole("dialog", { name: "Conversation" }).getByRole("button", { name: "Mute" })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});

test("320 px lose nothing", async ({ ada, grace }) => {
  const id = await history(ada, grace);
  await ada.page.setViewportSize({ width: 320, height: 640 });
  for (const layout of ["Automatic", "Rows", "Compact"]) {
    await choose(ada.page, layout);
    await openPage(ada.page, `/c/${id}`);
    await expect(row(ada.page, "Thanks")).toBeVisible();
    const width = await ada.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, layout).toBeLessThanOrEqual(320);
    await clickAction(ada.page, "Thanks", "React");
    const picker = await box(ada.page.locator(".emoji-picker"));
    expect(picker.x, layout).toBeGreaterThanOrEqual(0);
    expect(picker.x + picker.width, layout).toBeLessThanOrEqual(320);
    await ada.page.keyboard.press("Escape");
  }
});
