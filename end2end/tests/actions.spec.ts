import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { row, say, startConversation, untilListening } from "../conversation";
import { browserOf, expect, openPage, test } from "../people";

const CODE = "```\nlet answer = 42;\n```";

async function rectangle(locator: Locator) {
  const { x, y, width, height } = (await locator.boundingBox())!;
  return { left: x, right: x + width, top: y, bottom: y + height };
}

async function expectApart(one: Locator, other: Locator, why: string): Promise<void> {
  const [a, b] = [await rectangle(one), await rectangle(other)];
  const meet = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  expect(meet, `${why}: ${JSON.stringify([a, b])}`).toBe(false);
}

async function choose(page: Page, layout: string): Promise<void> {
  await openPage(page, "/settings");
  if (await page.getByRole("radio", { name: layout, exact: true }).isChecked()) return;
  const taken = page.waitForResponse((answer) => answer.url().includes("/form/"));
  await page.getByRole("radio", { name: layout, exact: true }).check();
  await taken;
}

for (const [colorScheme, width] of [["light", 1440], ["dark", 390]] as const) {
  test(`the bar of a message leaves the button of its code free, ${colorScheme} at ${width} px`, async ({ ada, grace }, testInfo) => {
    test.setTimeout(120_000);
    const group = await startConversation(ada, [grace], { kind: "group", title: "Code" });
    const direct = await startConversation(ada, [grace]);
    for (const id of [group, direct]) {
      // Of both, first in a group of rows and after another.
      for (const person of [ada, grace]) {
        await say(person, id, "Look:");
        await say(person, id, CODE);
        await say(person, id, `And this:\n${CODE}`);
      }
      for (const person of [ada, grace]) await say(person, id, CODE);
    }
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    for (const layout of ["Automatic", "Rows", "Compact"]) {
      await choose(page, layout);
      for (const id of [group, direct]) {
        await openPage(page, `/c/${id}`);
        const messages = page.locator("li.message");
        await expect(messages).toHaveCount(8);
        for (let at = 0; at < 8; at++) {
          const message = messages.nth(at);
          // Away from the bar of the message before.
          await page.mouse.move(1, 1);
          await message.locator(".body").hover();
          const bar = message.getByRole("group", { name: "Message actions" });
          await expect(bar.getByRole("button", { name: "Reply", exact: true })).toBeVisible();
          const copy = message.locator(".code-tools button");
          if (!(await copy.count())) continue;
          await copy.hover();
          await expectApart(bar, copy, `${layout}, message ${at}`);
          await copy.click();
          await expect(copy).toHaveText("Copied");
        }
      }
    }
    await testInfo.attach(`bar-${colorScheme}-${width}`, { body: await page.screenshot(), contentType: "image/png" });
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`with fingers, the actions of a message cover no message, ${colorScheme}`, async ({ ada, grace, consoleErrors }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Fingers" });
    for (const text of ["One", "Two", "Three"]) await say(grace, id, text);
    for (const text of ["Four", "Five"]) await say(ada, id, text);
    const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme };
    const context = await browserOf({ browser: ada.context.browser()!, consoleErrors }, ada, options);
    const page = await context.newPage();
    for (const layout of ["Automatic", "Rows", "Compact"]) {
      await choose(page, layout);
      await openPage(page, `/c/${id}`);
      for (const text of ["Two", "Five", "One"]) {
        await row(page, text).locator(".body").tap();
        const bar = row(page, text).getByRole("group", { name: "Message actions" });
        await expect(bar.getByRole("button", { name: "Reply", exact: true })).toBeVisible();
        for (const other of ["One", "Two", "Three", "Four", "Five"]) {
          await expectApart(bar, row(page, other).locator(".bubble"), `${layout}, ${text} and ${other}`);
        }
        await testInfo.attach(`touch-${layout}-${text}`, { body: await page.screenshot(), contentType: "image/png" });
      }
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    }
    await row(page, "One").getByRole("button", { name: "Reply", exact: true }).tap();
    await expect(page.locator(".reply-preview")).toContainText("One");
    await context.close();
  });
}

test("the first tap presses what it is on, and moves nothing away from it", async ({ ada, grace, consoleErrors }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Taps" });
  const root = await say(grace, id, "Lunch?");
  await ada.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "At noon", threadId: root.id } });
  await say(grace, id, "the end: ||the butler||");
  const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const context = await browserOf({ browser: ada.context.browser()!, consoleErrors }, ada, options);
  const page = await context.newPage();
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  await page.getByRole("button", { name: "Spoiler: show" }).tap();
  await expect(page.getByText("the butler")).toBeVisible();
  // A finger is broad: Chromium presses the name above the message that it is on.
  const [name, text] = [row(page, "Lunch?").locator(".by button"), row(page, "Lunch?").locator(".body")];
  const [above, below] = [await rectangle(name), await rectangle(text)];
  const client = await context.newCDPSession(page);
  const tapAt = async (x: number, y: number) => {
    const touchPoints = [{ x, y, radiusX: 20, radiusY: 20 }];
    await client.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
    await client.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  const card = page.getByRole("dialog").filter({ hasText: `@${grace.username}` });
  await tapAt(above.left + 20, below.top + 4);
  await expect(row(page, "Lunch?").getByRole("button", { name: "Reply", exact: true })).toBeVisible();
  await expect(card).toHaveCount(0);
  await tapAt(above.left + 20, (above.top + above.bottom) / 2);
  await expect(card).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(card).toBeHidden();
  await row(page, "Lunch?").getByRole("button", { name: /^1 reply/ }).tap();
  await expect(page.getByRole("complementary", { name: "Thread" })).toBeVisible();
  await context.close();
});

test("the bar of a message leaves its first line free where lines are as long as the page", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Narrow" });
  await say(grace, id, "One");
  const long = "A line that is as long as the page is wide ".repeat(12).trim();
  await say(grace, id, long);
  const { page } = ada;
  await page.setViewportSize({ width: 900, height: 800 });
  await openPage(page, `/c/${id}`);
  await row(page, long).locator(".body").hover();
  const bar = row(page, long).getByRole("group", { name: "Message actions" });
  await expect(bar.getByRole("button", { name: "Reply", exact: true })).toBeVisible();
  await expectApart(bar, row(page, long).locator(".body"), "the text");
});

test("compact rows have their times and ticks on the line of the text", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Lines" });
  await say(ada, id, "First");
  await say(ada, id, "Second");
  await say(ada, id, CODE);
  const { page } = ada;
  await choose(page, "Compact");
  await openPage(page, `/c/${id}`);
  /** Where a text stands: below an empty box in its line. */
  const baseline = (of: Locator) =>
    of.evaluate((it) => {
      const mark = document.createElement("span");
      mark.style.display = "inline-block";
      it.append(mark);
      const { bottom } = mark.getBoundingClientRect();
      mark.remove();
      return bottom;
    });
  for (const text of ["First", "Second"]) {
    const [time, body] = [await baseline(row(page, text).locator(".meta time")), await baseline(row(page, text).locator(".body"))];
    expect(Math.abs(time - body), text).toBeLessThan(1.2);
  }
  const last = page.locator("li.message").last();
  const [code, ticks] = [await rectangle(last.locator("figure")), await rectangle(last.locator(".ticks"))];
  expect(ticks.left).toBeGreaterThanOrEqual(code.right);
  expect(ticks.bottom).toBeLessThanOrEqual(code.bottom + 4);
});

test("on a wide page, texts, tints and the composer have one right edge", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Wide" });
  await say(ada, id, "Mine");
  const { page } = ada;
  await page.setViewportSize({ width: 1920, height: 900 });
  await openPage(page, `/c/${id}`);
  const text = (await rectangle(row(page, "Mine").locator(".bubble"))).right;
  expect((await rectangle(page.locator(".composer-box"))).right).toBeCloseTo(text, 0);
  expect((await rectangle(page.getByRole("button", { name: "More", exact: true }))).right).toBeCloseTo(text, 0);
  const tint = (await rectangle(row(page, "Mine"))).right;
  expect(tint - text).toBeLessThan(24);
});
