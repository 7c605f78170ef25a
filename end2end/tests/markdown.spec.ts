import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { bodies, composer, say, sidebarRow, startConversation, timeline, untilListening, write } from "../conversation";
import { type Person, expect, openPage, test } from "../people";

const LIST = "**Release** on _Friday_:\n\n- [x] tests\n- [ ] notes\n\n1. build\n2. ship ~~today~~";
const CODE = "```rust\nfn main() {\n    let x = 42; // the answer\n}\n```";
const TABLE = `| ${"A long heading | ".repeat(8)}\n|${"---|".repeat(8)}\n| ${"value | ".repeat(8)}`;

/** The newest body in the timeline. */
function newest(page: Page) {
  return bodies(page).last();
}

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html)])).toEqual([]);
}

/** What is in the clipboard, by pasting it into the composer. */
async function pasted(person: Person): Promise<string> {
  await composer(person.page).fill("");
  await composer(person.page).press("ControlOrMeta+v");
  const text = await composer(person.page).inputValue();
  await composer(person.page).fill("");
  return text;
}

for (const [scheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`both see what Markdown means, ${scheme} at ${width} px`, async ({ ada, grace }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Markdown" });
    for (const { page } of [ada, grace]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await openPage(page, `/c/${id}`);
    }
    await write(ada.page, LIST);
    for (const { page } of [ada, grace]) {
      await expect(newest(page).locator("strong")).toHaveText("Release");
      await expect(newest(page).locator("em")).toHaveText("Friday");
      await expect(newest(page).locator("ul > li")).toHaveText(["tests", "notes"]);
      await expect(newest(page).locator("ol > li")).toHaveCount(2);
      await expect(newest(page).locator("del")).toHaveText("today");
      await expect(newest(page).getByRole("img", { name: "Done" })).toHaveCount(1);
      await expect(newest(page).getByRole("img", { name: "To do" })).toHaveCount(1);
    }
    await write(ada.page, CODE);
    await expect(newest(grace.page).locator("figure")).toHaveAttribute("data-language", "rust");
    const colour = (token: string) => newest(grace.page).locator(token).first().evaluate((it) => getComputedStyle(it).color);
    const colours = [await colour(".hl-keyword"), await colour(".hl-number"), await colour(".hl-comment"), await colour("code")];
    expect(new Set(colours).size).toBe(4);
    await write(ada.page, "> quoted\n\n# A title\n\nand `code`, ||a secret||, https://a.example/_x_y.");
    await write(ada.page, TABLE);
    for (const { page } of [ada, grace]) {
      const table = newest(page).locator(".table");
      await expect(table.locator("th")).toHaveCount(8);
      const { inner, outer, page: whole } = await table.evaluate((it) => ({
        inner: it.scrollWidth,
        outer: it.clientWidth,
        page: document.documentElement.scrollWidth,
      }));
      if (width === 390) expect(inner, "it scrolls in its own box").toBeGreaterThan(outer);
      expect(whole).toBeLessThanOrEqual(width);
    }
    await testInfo.attach(`markdown-${scheme}-${width}`, { body: await grace.page.screenshot(), contentType: "image/png" });
    await expectNoViolations(grace.page);
    // A reload shows the same, from the server.
    const before = await timeline(grace.page).locator(".body").evaluateAll((all) => all.map((it) => it.innerHTML.replaceAll("<!---->", "")));
    await grace.page.reload();
    await expect(bodies(grace.page)).toHaveCount(before.length);
    const after = await timeline(grace.page).locator(".body").evaluateAll((all) => all.map((it) => it.innerHTML.replaceAll("<!---->", "")));
    expect(after).toEqual(before);
  });
}

test("code is copied as it was typed, and folded when it is long", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const code = Array.from({ length: 30 }, (_, line) => `line ${line + 1} <b>`).join("\n");
  await say(ada, id, `\`\`\`\n${code}\n\`\`\``);
  await openPage(grace.page, `/c/${id}`);
  const figure = newest(grace.page).locator("figure");
  await figure.hover();
  await figure.getByRole("button", { name: "Copy" }).click();
  await expect(figure.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await pasted(grace)).toBe(code);
  const height = () => figure.evaluate((it) => it.getBoundingClientRect().height);
  const folded = await height();
  const fold = figure.getByRole("button", { name: "Show all" });
  await expect(fold).toHaveAttribute("aria-expanded", "false");
  await fold.focus();
  await grace.page.keyboard.press("Enter");
  await expect(figure.getByRole("button", { name: "Show less" })).toHaveAttribute("aria-expanded", "true");
  expect(await height()).toBeGreaterThan(folded + 50);
});

test("a spoiler that is clicked before anything listens is shown once something does", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Early" });
  await say(ada, id, "the end: ||the butler||");
  const { page } = grace;
  let start = () => {};
  const started = new Promise<void>((resolve) => (start = resolve));
  await page.route(/\.wasm$/, async (route) => (await started, route.continue()));
  await page.goto(`/c/${id}`, { waitUntil: "commit" });
  const spoiler = page.getByRole("button", { name: "Spoiler: show" });
  await spoiler.click();
  await expect(spoiler).toHaveCount(1);
  start();
  await expect(spoiler).toHaveCount(0);
});

test("a spoiler is hidden until one asks for it, with a finger or a key", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Endings" });
  await openPage(grace.page, `/c/${id}`);
  await untilListening(grace.page);
  await say(ada, id, "The end: ||it was https://a.example|| and ||the butler||");
  const spoilers = newest(grace.page).getByRole("button", { name: "Spoiler: show" });
  await expect(spoilers).toHaveCount(2);
  await expect(newest(grace.page).getByRole("link")).toHaveCount(0);
  await spoilers.first().click();
  await expect(newest(grace.page).getByRole("link", { name: "https://a.example" })).toBeVisible();
  await spoilers.first().focus();
  await grace.page.keyboard.press("Enter");
  await expect(spoilers).toHaveCount(0);
  await expect(newest(grace.page).getByText("the butler")).toBeVisible();
});

test("what was opened stays so, whatever happens to the message, until its text is another", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Opened" });
  const code = Array.from({ length: 30 }, (_, line) => `line ${line + 1}`).join("\n");
  const text = `The end: ||it was|| and ||the butler||\n\`\`\`\n${code}\n\`\`\``;
  const said = await say(ada, id, text);
  const { page } = grace;
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  const first = bodies(page).first();
  const spoilers = first.getByRole("button", { name: "Spoiler: show" });
  await spoilers.last().click();
  await first.getByRole("button", { name: "Show all" }).click();
  const expectOpened = async () => {
    await expect(spoilers).toHaveCount(1);
    await expect(first.getByText("the butler")).toBeVisible();
    await expect(first.getByText("it was")).toBeHidden();
    await expect(first.getByRole("button", { name: "Show less" })).toHaveAttribute("aria-expanded", "true");
  };
  await expectOpened();
  await ada.api.put(`/api/v1/messages/${said.id}/reactions/${encodeURIComponent("👍")}`);
  await expect(page.getByRole("group", { name: "Reactions" })).toHaveText("👍1");
  await expectOpened();

  // Out of the window, and back.
  for (let at = 1; at <= 120; at++) await say(ada, id, `Message ${at}`);
  await timeline(page).hover();
  await expect(async () => {
    await page.mouse.wheel(0, 9_000);
    await expect(page.locator(`#m-${said.id}`)).toHaveCount(0, { timeout: 200 });
  }).toPass();
  await expect(bodies(page).last()).toHaveText("Message 120");
  while (!(await page.locator(`#m-${said.id}`).count())) {
    await page.mouse.wheel(0, -900);
    await page.waitForTimeout(50);
  }
  await expectOpened();
  await first.getByRole("button", { name: "Show less" }).click();
  await ada.api.delete(`/api/v1/messages/${said.id}/reactions/${encodeURIComponent("👍")}`);
  await expect(page.getByRole("group", { name: "Reactions" })).toHaveCount(0);
  await expect(first.getByRole("button", { name: "Show all" })).toBeVisible();
  await expect(spoilers).toHaveCount(1);

  await ada.api.patch(`/api/v1/messages/${said.id}`, { data: { body: `${text}\nAnd more` } });
  await expect(first).toContainText("And more");
  await expect(spoilers).toHaveCount(2);
});

test("an edit opens no spoiler that its reader has not opened", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Hidden" });
  const said = await say(ada, id, "a ||alpha|| then ||beta|| end");
  const { page } = grace;
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  const body = bodies(page).first();
  await body.getByRole("button", { name: "Spoiler: show" }).first().click();
  await expect(body.getByText("alpha")).toBeVisible();
  await ada.api.patch(`/api/v1/messages/${said.id}`, { data: { body: "a alpha then ||beta|| end" } });
  await expect(body.locator(".spoiler")).toHaveCount(1);
  await expect(body.getByText("beta")).toBeHidden();
});

test("previews have no signs, and an edit has what was typed", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Previews" });
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  await write(ada.page, "**Lunch** at `noon`, @" + grace.username + "? ||soup||");
  await expect(newest(grace.page).locator(".mention-me")).toHaveText(`@${grace.username}`);
  const shown = `Lunch at noon, @${grace.username}? [spoiler]`;
  for (const { page } of [ada, grace]) await expect(sidebarRow(page, "Previews")).toContainText(shown);
  await newest(grace.page).locator("strong").hover();
  await grace.page.getByRole("button", { name: "Reply", exact: true }).click();
  await expect(grace.page.locator(".reply-preview")).toContainText(shown);
  await write(grace.page, "Yes");
  await expect(ada.page.locator(".quote-text")).toHaveText(shown);

  await newest(ada.page).hover();
  await bodies(ada.page).first().locator("strong").hover();
  await ada.page.getByRole("button", { name: "More actions" }).click();
  await ada.page.getByRole("menuitem", { name: "Edit", exact: true }).click();
  const box = ada.page.getByRole("textbox", { name: "Edit message" });
  await expect(box).toHaveValue("**Lunch** at `noon`, @" + grace.username + "? ||soup||");
  await box.fill("*Dinner*");
  await box.press("Enter");
  await expect(bodies(grace.page).first().locator("em")).toHaveText("Dinner");
  await expect(ada.page.locator(".quote-text")).toHaveText("Dinner");

  await bodies(grace.page).first().hover();
  await write(ada.page, `hello @${grace.username}`);
  await newest(ada.page).locator(".mention").click();
  await expect(ada.page.getByRole("dialog").filter({ hasText: grace.name })).toBeVisible();
});

test("HTML and scripts that are typed are text", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(grace.page, `/c/${id}`);
  for (const text of [
    "<img src=x onerror=alert(1)> **x**",
    "[x](javascript:alert(1)) *y*",
    "```\"><script>alert(1)</script>\n</code></pre><svg onload=alert(1)>\n```",
    "|<script>|</td><img src=x>|\n|-|-|\n|a|b|",
    "||</span></div></main><form action=//a.example>||",
  ]) {
    await say(ada, id, text);
  }
  await expect(bodies(grace.page)).toHaveCount(5);
  await expect(timeline(grace.page).locator(".body :is(img, script, svg, form, [onerror], [onload], [style], a)")).toHaveCount(0);
  await expect(bodies(grace.page).first()).toHaveText("<img src=x onerror=alert(1)> x");
});
