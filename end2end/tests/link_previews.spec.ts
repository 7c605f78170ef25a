// Previews of links: cards below a message, which its sender removes. The server asks no host of this machine, so the
// cards are put into what it tells; that it fetches and tells them is in the tests of the server.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { row, say, startConversation } from "../conversation";
import { NO_NETWORK, type Person, browserOf, expect, openPage, test } from "../people";

const LINK = "https://parlance.test/article";
const TITLE = "How engines weave <b>patterns</b>";
// As `crates/chat/src/text/link_cards.rs` writes it.
const CARD = `<div class="link-card"><a href="${LINK}" target="_blank" rel="noopener noreferrer nofollow">`
  + `<img src="/link-pictures/AAAAAAAAAAAAAAAAAAAAAA" width="256" height="128" alt="" loading="lazy" decoding="async">`
  + `<span class="link-card-text"><span class="link-card-site"><bdi class="link-card-host">parlance.test</bdi> · `
  + `<bdi class="link-card-name">The Weaver</bdi></span><bdi class="link-card-title">How engines weave &lt;b&gt;patterns&lt;/b&gt;</bdi>`
  + `<bdi class="link-card-description">${"A long description of what is said there. ".repeat(6).trim()}</bdi></span></a>`
  + `<button type="button" class="link-card-remove" data-act="unpreview" data-preview="7" aria-label="Remove the preview of parlance.test" title="Remove preview">×</button></div>`;
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const card = (page: Page) => page.locator(".link-card");
const remove = (page: Page) => card(page).getByRole("button", { name: "Remove the preview of parlance.test" });

/** What the server tells of a message with the link has its card. */
function withCard(frame: string | Buffer): string | Buffer {
  if (typeof frame !== "string" || !frame.startsWith('42["message:created"')) return frame;
  const [name, payload] = JSON.parse(frame.slice(2));
  if (payload.message.body.includes(LINK)) payload.message.linkPreviewsHtml = CARD;
  return `42${JSON.stringify([name, payload])}`;
}

async function tellCards(page: Page): Promise<void> {
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => socket.send(withCard(message)));
  });
  await page.route(/\/link-pictures\//, (route) => route.fulfill({ contentType: "image/png", body: PIXEL }));
}

/** The server has no such preview: another change of the message answers in its place. */
async function letRemove(page: Page, person: Person): Promise<string[]> {
  const removed: string[] = [];
  await page.route(/\/api\/v1\/messages\/\d+\/link-previews\/7$/, async (route) => {
    const [, id] = /messages\/(\d+)/.exec(route.request().url())!;
    removed.push(`${route.request().method()} ${id}`);
    const changed = await person.api.put(`/api/v1/messages/${id}/reactions/${encodeURIComponent("👍")}`);
    await route.fulfill({ json: await changed.json() });
  });
  return removed;
}

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a card says what a link leads to, and its sender removes it, ${colorScheme} at ${width} px`, async ({ ada, grace, browser, consoleErrors }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Engines" });
    const options = { viewport: { width, height }, colorScheme };
    const context = await browserOf({ browser, consoleErrors }, ada, options);
    const [page, tab] = [await context.newPage(), await context.newPage()];
    for (const it of [page, tab, grace.page]) {
      await tellCards(it);
      await openPage(it, `/c/${id}`);
    }
    const removed = await letRemove(page, ada);
    const message = await say(ada, id, LINK);
    for (const it of [page, tab, grace.page]) {
      await expect(card(it)).toHaveCount(1);
      await expect(card(it).locator(".link-card-title")).toHaveText(TITLE);
      await expect(card(it)).toContainText("parlance.test · The Weaver");
      const link = card(it).getByRole("link");
      await expect(link).toHaveAttribute("href", LINK);
      await expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
      await expect(row(it, LINK).locator(".edited")).toHaveCount(0);
    }
    // Folded on a phone, and no wider than it.
    const description = card(page).locator(".link-card-description");
    await expect(description).toBeVisible({ visible: width > 500 });
    const box = (await card(page).boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    // The picture has its place before it is there.
    const picture = (await card(page).locator("img").boundingBox())!;
    expect(Math.round(picture.width)).toBe(width > 500 ? 72 : 44);
    await testInfo.attach("card", { body: await page.screenshot(), contentType: "image/png" });
    for (const it of [page, grace.page]) await expectNoViolations(it);

    // Whose message it is not has no button. The sender's is reached by the keyboard.
    await expect(remove(grace.page)).toBeHidden();
    await expect(remove(page)).toBeVisible();
    await card(page).getByRole("link").focus();
    await page.keyboard.press("Tab");
    await expect(remove(page)).toBeFocused();
    await page.keyboard.press("Enter");
    for (const it of [page, tab, grace.page]) await expect(card(it)).toHaveCount(0);
    expect(removed).toEqual([`DELETE ${message.id}`]);
    await expect(row(page, LINK)).toBeFocused();
    await expect(row(page, LINK).locator(".edited")).toHaveCount(0);
  });
}

test("a preview that cannot be removed says so, and is removed later", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /Failed to fetch/);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Engines" });
  const { page } = ada;
  await tellCards(page);
  await openPage(page, `/c/${id}`);
  await say(ada, id, LINK);
  await expect(card(page)).toHaveCount(1);
  const removed = await letRemove(page, ada);
  await page.route(/\/link-previews\/7$/, (route) => route.abort("internetdisconnected"));
  // What listens for it comes a moment after the page is live.
  await expect(async () => {
    await remove(page).click();
    await expect(card(page).getByRole("alert")).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(card(page)).toHaveCount(1);
  expect(removed).toEqual([]);
  await page.unroute(/\/link-previews\/7$/);
  await remove(page).click();
  await expect(card(page)).toHaveCount(0);
});

test("those who administer a group choose whether links are previewed", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Engines" });
  for (const { page } of [ada, grace]) {
    await openPage(page, `/c/${id}`);
    await page.getByRole("button", { name: "Members" }).click();
    await expect(page.getByRole("region", { name: "About" })).toBeVisible();
  }
  const choice = (page: Page) => page.getByRole("checkbox", { name: "Preview links in messages" });
  await expect(choice(grace.page)).toHaveCount(0);
  await expect(choice(ada.page)).toBeChecked();
  const saved = ada.page.waitForResponse((answer) => answer.url().endsWith(`/conversations/${id}/link-previews`) && answer.request().method() === "PUT");
  await choice(ada.page).focus();
  await ada.page.keyboard.press("Space");
  expect((await saved).ok()).toBe(true);
  await expect(choice(ada.page)).not.toBeChecked();
  const answer = await grace.api.get(`/api/v1/conversations/${id}/link-previews`);
  expect(await answer.json()).toEqual({ enabled: false, available: true });
  await expectNoViolations(ada.page);
  // It stays.
  await ada.page.getByRole("button", { name: "Members" }).click();
  await openPage(ada.page, `/c/${id}`);
  await ada.page.getByRole("button", { name: "Members" }).click();
  await expect(choice(ada.page)).not.toBeChecked();
  await expect(choice(ada.page)).toBeEnabled();
});

test("both people of a direct conversation choose whether links are previewed", async ({ ada, grace }) => {
  // Grace has begun it.
  const id = await startConversation(grace, [ada]);
  const { page } = ada;
  const dialog = page.getByRole("dialog", { name: "Link previews" });
  const choice = dialog.getByRole("checkbox", { name: "Preview links in messages" });
  const open = async () => {
    await openPage(page, `/c/${id}`);
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Link previews" }).click();
    await expect(dialog).toBeVisible();
  };
  await open();
  await expect(choice).toBeChecked();
  const saved = page.waitForResponse((answer) => answer.url().endsWith(`/conversations/${id}/link-previews`) && answer.request().method() === "PUT");
  await choice.uncheck();
  expect((await saved).ok()).toBe(true);
  const answer = await grace.api.get(`/api/v1/conversations/${id}/link-previews`);
  expect(await answer.json()).toEqual({ enabled: false, available: true });
  await expectNoViolations(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await open();
  await expect(choice).not.toBeChecked();
});
