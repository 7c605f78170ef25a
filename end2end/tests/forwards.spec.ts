// Forwarding messages, and what those who read them learn of where they come from.
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { messageBodies, row, say, startConversation, timeline } from "../conversation";
import { NO_NETWORK, browserOf, expect, openPage, test } from "../people";

const dialog = (page: Page) => page.getByRole("dialog", { name: "Forward", exact: true });
const target = (page: Page) => dialog(page).getByRole("combobox", { name: "Forward to" });
const bar = (page: Page) => page.getByRole("group", { name: "Selected messages" });
const line = (page: Page, text: string) => row(page, text).locator(".forwarded");

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Opens the menu of a message, beside its button or as a sheet, and chooses an entry. */
async function choose(page: Page, text: string, entry: string, hasTouch = false): Promise<void> {
  const message = row(page, text);
  if (hasTouch) await message.locator(".body").tap();
  else await message.locator(".bubble").hover();
  await message.getByRole("button", { name: "More actions" }).click();
  const place = hasTouch ? page.getByRole("dialog", { name: "Message actions" }) : page;
  await place.getByRole(hasTouch ? "button" : "menuitem", { name: entry, exact: true }).click();
}

async function pick(page: Page, name: string): Promise<void> {
  await target(page).fill(name);
  await dialog(page).getByRole("option", { name }).first().click();
}

const button = (place: Locator, name: string) => place.getByRole("button", { name, exact: true });

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`messages are forwarded with a comment, and lead back who may go there, ${colorScheme} at ${width} px`, async ({ ada, grace, linus, browser, consoleErrors }, testInfo) => {
    test.setTimeout(120_000);
    const hasTouch = width < 500;
    const source = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
    const there = await startConversation(ada, [grace, linus], { kind: "group", title: "Engines" });
    for (const text of ["Unseen", "The *first* step", "The second step"]) await say(grace, source, text);
    const options = { viewport: { width, height }, colorScheme, ...(hasTouch && { hasTouch, isMobile: true }) };
    const context = await browserOf({ browser, consoleErrors }, ada, options);
    const page = await context.newPage();
    await openPage(page, `/c/${source}`);
    await openPage(linus.page, `/c/${there}`);
    await openPage(grace.page, `/c/${there}`);

    await choose(page, "The second step", "Select", hasTouch);
    await expect(bar(page)).toContainText("1 selected");
    // Anywhere in the row.
    await row(page, "The first step").locator(".body").click({ force: true });
    await expect(bar(page)).toContainText("2 selected");
    await expect(page.getByRole("checkbox", { name: /The first step/ })).toBeChecked();
    await testInfo.attach("selection", { body: await page.screenshot(), contentType: "image/png" });
    await expectNoViolations(page);

    await button(bar(page), "Forward").click();
    await expect(dialog(page)).toContainText("and 1 more message");
    await expect(button(dialog(page), "Forward")).toBeDisabled();
    await pick(page, "Engines");
    await pick(page, linus.name);
    await dialog(page).getByRole("textbox", { name: "Comment (optional)" }).fill("See what was said");
    await testInfo.attach("dialog", { body: await page.screenshot(), contentType: "image/png" });
    await expectNoViolations(page);
    await button(dialog(page), "Forward").click();
    await expect(dialog(page).getByRole("status")).toContainText("2 messages were forwarded to:");
    await expect(bar(page)).toBeHidden();
    await expectNoViolations(page);

    // Both see who and when; only who is in the other conversation sees where, and gets there.
    for (const person of [linus, grace]) {
      await expect(timeline(person.page).locator(".body")).toHaveText(["See what was said", "The first step", "The second step"]);
      await expect(line(person.page, "The first step")).toContainText(`Forwarded · ${grace.name} · `);
      await expect(row(person.page, "The first step").locator("em")).toHaveText("first");
    }
    const link = (page: Page) => line(page, "The first step").getByRole("link", { name: "Show original" });
    await expect(link(grace.page)).toBeVisible();
    await expect(link(linus.page)).toHaveCount(0);
    expect(await linus.page.content()).not.toContain("Plans");
    await link(grace.page).click();
    await expect(grace.page).toHaveURL(new RegExp(`/c/${source}/m/`));
    await expect(row(grace.page, "The first step")).toBeVisible();

    // A way to where they are now; the direct conversation was begun for it.
    await dialog(page).getByRole("link", { name: "Engines" }).click();
    await expect(dialog(page)).toBeHidden();
    await expect(line(page, "The second step")).toBeVisible();
    await expect(link(page)).toBeVisible();
    await testInfo.attach("forwarded", { body: await page.screenshot(), contentType: "image/png" });
    await expectNoViolations(page);
    const direct = await startConversation(ada, [linus]);
    expect(await messageBodies(linus, direct)).toEqual(["See what was said", "The *first* step", "The second step"]);
    await context.close();
  });
}

test("with the keyboard alone", async ({ ada, grace }) => {
  const source = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  await startConversation(ada, [grace], { kind: "group", title: "Engines" });
  for (const text of ["One", "Two", "Three"]) await say(grace, source, text);
  const { page } = ada;
  await openPage(page, `/c/${source}`);
  const select = async () => {
    await timeline(page).focus();
    await page.keyboard.press("ArrowUp");
    await expect(row(page, "Three")).toBeFocused();
    await expect(row(page, "Three").getByRole("button", { name: "More actions" })).toBeVisible();
    await page.keyboard.press("Shift+F10");
    for (let at = 0; at < 12; at++) {
      if (await row(page, "Three").getByRole("button", { name: "More actions" }).evaluate((it) => it === document.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    const entry = page.getByRole("menuitem", { name: "Select", exact: true });
    await expect(entry).toBeVisible();
    for (let at = 0; at < 12; at++) {
      if (await entry.evaluate((it) => it === document.activeElement)) break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
    await expect(row(page, "Three").getByRole("checkbox")).toBeFocused();
  };
  await select();
  await page.keyboard.press("ArrowUp");
  await expect(row(page, "Two").getByRole("checkbox")).toBeFocused();
  await page.keyboard.press("Space");
  await expect(bar(page)).toContainText("2 selected");
  await page.keyboard.press("Escape");
  await expect(bar(page)).toBeHidden();
  await expect(page.getByRole("checkbox")).toHaveCount(0);

  await select();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  await expect(bar(page)).toContainText("2 selected");
  for (let at = 0; at < 12; at++) {
    if (await button(bar(page), "Forward").evaluate((it) => it === document.activeElement)) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await expect(target(page)).toBeFocused();
  await page.keyboard.type("engi");
  await expect(dialog(page).getByRole("option")).toHaveText(/Engines/);
  await page.keyboard.press("Enter");
  await expect(button(dialog(page), "Remove Engines")).toBeVisible();
  // Escape closes the dialog alone.
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();
  await expect(bar(page)).toContainText("2 selected");
  await button(bar(page), "Forward").press("Enter");
  await expect(target(page)).toBeFocused();
  await page.keyboard.type("engi");
  await expect(dialog(page).getByRole("option")).toHaveText(/Engines/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(dialog(page).getByRole("textbox", { name: "Comment (optional)" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(dialog(page).getByRole("status")).toContainText("2 messages were forwarded to:");
  await button(dialog(page), "Done").press("Enter");
  await expect(dialog(page)).toBeHidden();
});

test("a forward is sent once, and says what is in the way", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /status of 409/);
  const source = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  const there = await startConversation(ada, [grace], { kind: "group", title: "Engines" });
  const said = await say(grace, source, "A step");
  const { page } = ada;
  await openPage(page, `/c/${source}`);
  await choose(page, "A step", "Forward…");
  await pick(page, "Engines");
  await ada.context.setOffline(true);
  await expect(dialog(page).getByText("You are offline: nothing can be forwarded now.")).toBeVisible();
  await expect(button(dialog(page), "Forward")).toBeDisabled();
  await ada.context.setOffline(false);
  await expect(button(dialog(page), "Forward")).toBeEnabled({ timeout: 30_000 });

  // The answer to the first attempt is lost, the one to the second is not.
  let attempts = 0;
  await page.route("**/forwards", async (route) => {
    if (attempts++ > 0) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await button(dialog(page), "Forward").click();
  await expect(dialog(page).getByRole("alert")).toBeVisible();
  await expect.poll(() => messageBodies(grace, there)).toEqual(["A step"]);
  await button(dialog(page), "Forward").click();
  await expect(dialog(page).getByRole("status")).toContainText("The message was forwarded to:");
  expect(await messageBodies(grace, there)).toEqual(["A step"]);
  await button(dialog(page), "Done").click();

  // What its sender has deleted meanwhile is not forwarded.
  await choose(page, "A step", "Forward…");
  await pick(page, "Engines");
  await page.route("**/forwards", async (route) => {
    await grace.api.delete(`/api/v1/messages/${said.id}`);
    await route.continue();
  });
  await button(dialog(page), "Forward").click();
  await expect(dialog(page).getByRole("alert")).toContainText("The message was deleted.");
  expect(await messageBodies(grace, there)).toEqual(["A step"]);
});

test("nobody edits what somebody else has said", async ({ ada, grace }) => {
  const source = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  const there = await startConversation(ada, [grace], { kind: "group", title: "Engines" });
  const said = await say(grace, source, "A step");
  await say(ada, there, "Mine");
  const forwarded = await ada.api.post(`/api/v1/conversations/${there}/forwards`, { data: { messageIds: [said.id] } });
  expect(forwarded.status()).toBe(201);
  const { page } = ada;
  await openPage(page, `/c/${there}`);
  await row(page, "A step").locator(".bubble").hover();
  await row(page, "A step").getByRole("button", { name: "More actions" }).click();
  await expect(page.getByRole("menuitem", { name: "Forward…" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Edit" })).toHaveCount(0);
  await page.keyboard.press("Escape");
  // The up key passes over it.
  await page.getByRole("textbox", { name: "Message", exact: true }).press("ArrowUp");
  await expect(page.getByRole("textbox", { name: "Edit message" })).toHaveValue("Mine");
});
