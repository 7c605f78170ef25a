// What the boxes do that messages are written in, beyond taking text: the bar, its keys, lists, code, and how long a
// text may be.
import AxeBuilder from "@axe-core/playwright";
import { type Locator, type Page } from "@playwright/test";
import { bodies, boxNote, clickAction, composer, messageBodies, row, say, startConversation, write } from "../conversation";
import { NO_NETWORK, expect, openPage, test } from "../people";

const BUTTONS = ["Add files", "Record a voice message", "Bold", "Italic", "Strikethrough", "Code", "Link", "Bulleted list", "Numbered list", "Quote", "Preview", "Mention somebody", "New poll", "Emoji"];

const toolbar = (around: Page | Locator) => around.getByRole("toolbar", { name: "Formatting" });
const tool = (around: Page | Locator, name: string) => toolbar(around).getByRole("button", { name, exact: true });

/** Opens a conversation, and waits until the composer has its bar. */
async function openComposer(page: Page, id: string): Promise<Locator> {
  await openPage(page, `/c/${id}`);
  await expect(tool(page, "Bold")).toBeVisible();
  await composer(page).focus();
  return composer(page);
}

/** Selects a part of the text of a box. */
async function select(box: Locator, text: string): Promise<void> {
  await box.evaluate((box: HTMLTextAreaElement, text) => {
    const start = box.value.indexOf(text);
    box.focus();
    box.setSelectionRange(start, start + text.length);
  }, text);
}

const selected = (box: Locator) =>
  box.evaluate((box: HTMLTextAreaElement) => box.value.slice(box.selectionStart, box.selectionEnd));

for (const [scheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`the bar of the composer, ${scheme} at ${width} px`, async ({ ada, grace }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "channel", title: "A channel with a name that is rather long for a phone" });
    await say(grace, id, "Hello");
    const { page } = ada;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.addInitScript(() => {
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          (window as any).shift = ((window as any).shift ?? 0) + (entry as any).value;
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    const box = await openComposer(page, id);
    await expect(box).toHaveAttribute("placeholder", "Message #A channel with a name that is rather long for a phone");
    expect(await page.evaluate(() => (window as any).shift ?? 0), "nothing moves when the bar comes").toBeLessThan(0.001);
    await expect(toolbar(page).getByRole("button")).toHaveCount(BUTTONS.length);
    const { violations } = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const [area, bar] = [await box.boundingBox(), await toolbar(page).boundingBox()];
    expect(area!.height, "the placeholder is one line").toBeLessThan(45);
    expect(bar!.y).toBeGreaterThanOrEqual(area!.y + area!.height);
    // Emoji have no other way: they are within the bar, however narrow it is.
    const [tools, emoji] = [await toolbar(page).boundingBox(), await tool(page, "Emoji").boundingBox()];
    expect(emoji!.x).toBeGreaterThanOrEqual(tools!.x);
    expect(emoji!.x + emoji!.width).toBeLessThanOrEqual(tools!.x + tools!.width + 0.5);
    await box.fill("A **text** of some words");
    await testInfo.attach("composer", { body: await page.screenshot({ path: testInfo.outputPath("composer.png") }), contentType: "image/png" });
  });
}

test("buttons and keys mark what is selected, and take the mark away", async ({ ada, grace }) => {
  const box = await openComposer(ada.page, await startConversation(ada, [grace]));
  const { page } = ada;
  for (const [name, key, marked] of [
    ["Bold", "Control+b", "a **word** b"],
    ["Italic", "Control+i", "a _word_ b"],
    ["Strikethrough", "Control+Shift+x", "a ~~word~~ b"],
    ["Code", "Control+Shift+c", "a `word` b"],
    ["Bulleted list", "Control+Shift+Digit8", "- a word b"],
    ["Numbered list", "Control+Shift+Digit7", "1. a word b"],
    ["Quote", "Control+Shift+Digit9", "> a word b"],
  ]) {
    await box.fill("a word b");
    await select(box, "word");
    await page.keyboard.press(key);
    await expect(box, name).toHaveValue(marked);
    await page.keyboard.press(key);
    await expect(box, name).toHaveValue("a word b");
    await select(box, "word");
    await tool(page, name).click();
    await expect(box, name).toHaveValue(marked);
    await expect(box).toBeFocused();
    await tool(page, name).click();
    await expect(box, name).toHaveValue("a word b");
    await expect(tool(page, name)).toHaveAttribute("title", new RegExp(`^${name} \\(Ctrl\\+`));
  }
  await box.fill("see the docs");
  await select(box, "the docs");
  await page.keyboard.press("Control+Shift+u");
  await expect(box).toHaveValue("see [the docs](https://)");
  expect(await selected(box)).toBe("https://");
});

test("what was changed is undone as what was typed, and is a draft", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const box = await openComposer(ada.page, id);
  const { page } = ada;
  await box.pressSequentially("one two");
  await select(box, "two");
  await page.keyboard.press("Control+b");
  await expect(box).toHaveValue("one **two**");
  expect(await selected(box)).toBe("two");
  await page.keyboard.press("Control+z");
  await expect(box).toHaveValue("one two");
  await page.keyboard.press("Control+Shift+z");
  await expect(box).toHaveValue("one **two**");
  await page.reload();
  await expect(tool(page, "Bold")).toBeVisible();
  await expect(box).toHaveValue("one **two**");
  await box.press("Enter");
  await expect(bodies(page).locator("strong")).toHaveText("two");
});

test("the bar by the keyboard alone is one stop of the Tab key", async ({ ada, grace }) => {
  const box = await openComposer(ada.page, await startConversation(ada, [grace]));
  const { page } = ada;
  await expect(page.getByRole("button", { name: "Send later" })).toBeVisible();
  await box.fill("word");
  await box.press("ControlOrMeta+a");
  await page.keyboard.press("Tab");
  await expect(tool(page, "Add files")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(tool(page, "Record a voice message")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(tool(page, "Bold")).toBeFocused();
  await page.keyboard.press("End");
  await expect(tool(page, "Emoji")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(tool(page, "Add files")).toBeFocused();
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("_word_");
  await expect(box).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(tool(page, "Italic")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Send later" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Send", exact: true })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Escape");
  await expect(box).toBeFocused();
});

test("lists and quotes go on at a new line, and end with an empty item", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const box = await openComposer(ada.page, id);
  const { page } = ada;
  await box.pressSequentially("1. one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("within");
  await expect(box).toHaveValue("1. one\n2. two\n   3. within");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("after");
  await expect(box).toHaveValue("1. one\n2. two\n3. within\n\nafter");
  await page.keyboard.press("Tab");
  await expect(box, "Tab leaves a paragraph").not.toBeFocused();
  await box.fill("- item");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(box, "after Escape it leaves a list").not.toBeFocused();
  await expect(box).toHaveValue("- item");
});

test("in a block of code Enter is a new line, and Ctrl with it sends", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const box = await openComposer(ada.page, id);
  const { page } = ada;
  await box.pressSequentially("```rust");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("let x = 1;");
  await page.keyboard.press("Enter");
  await page.keyboard.type("x");
  await expect(box).toHaveValue("```rust\n    let x = 1;\n    x");
  await page.keyboard.press("Control+Enter");
  await expect(box).toHaveValue("");
  await expect.poll(() => messageBodies(ada, id)).toEqual(["```rust\n    let x = 1;\n    x"]);
  await box.fill("```\nx\n```");
  await page.keyboard.press("Enter");
  await expect(box, "behind the end of the block it sends").toHaveValue("");
});

test("nothing acts on the keys of an input method", async ({ ada, grace }) => {
  const box = await openComposer(ada.page, await startConversation(ada, [grace]));
  await box.fill("- にほん");
  await box.evaluate((box) => {
    for (const key of ["Enter", "Tab", "b"]) {
      const init = { key, code: key, ctrlKey: key === "b", shiftKey: key === "Enter", bubbles: true, cancelable: true };
      box.dispatchEvent(new KeyboardEvent("keydown", { ...init, isComposing: true }));
    }
  });
  await expect(box).toHaveValue("- にほん");
});

test("a text that is too long says so from 9,000 characters on, and stays", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const box = await openComposer(ada.page, id);
  const { page } = ada;
  const count = page.locator(".composer .compose-count");
  await box.fill("é".repeat(8_999));
  await expect(count).toHaveText("");
  await box.fill("🦀".repeat(9_000));
  await expect(count).toHaveText("1000");
  await box.fill("é".repeat(10_001));
  await expect(count).toHaveText("−1");
  await expect(count).toHaveClass(/compose-too-long/);
  await expect(boxNote(page.locator(".composer"))).toHaveText(/Too long to send/);
  await box.press("Enter");
  await expect(boxNote(page.locator(".composer"))).toHaveText("This is too long to send.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(box).toHaveValue("é".repeat(10_001));
  await box.press("End");
  await box.press("Backspace");
  await expect(count).toHaveText("0");
  await box.press("Enter");
  await expect(box).toHaveValue("");
  await expect(count).toHaveText("");
  await expect.poll(() => messageBodies(ada, id)).toEqual(["é".repeat(10_000)]);
});

test("Escape asks before it throws away a changed edit, and not before an unchanged one", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "as it was");
  const { page } = ada;
  await openComposer(page, id);
  const box = page.getByRole("textbox", { name: "Edit message" });
  const question = page.getByRole("group", { name: "Throw away what you have changed?" });
  await clickAction(page, "as it was", "Edit");
  await box.press("Escape");
  await expect(box).toHaveCount(0);
  await clickAction(page, "as it was", "Edit");
  await box.fill("changed");
  await box.press("Escape");
  await expect(question.getByRole("button", { name: "Edit on" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(question).toHaveCount(0);
  await expect(box).toBeFocused();
  await expect(box).toHaveValue("changed");
  await box.press("Escape");
  await question.getByRole("button", { name: "Throw away" }).click();
  await expect(box).toHaveCount(0);
  await expect(bodies(page)).toHaveText(["as it was"]);
});

test("an edit and a reply in a thread have the same bar and keys", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Boxes" });
  const mine = await say(ada, id, "some words");
  await grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "In a thread", threadId: mine.id } });
  const { page } = ada;
  await openComposer(page, id);
  await clickAction(page, "some words", "Edit");
  const edit = page.getByRole("textbox", { name: "Edit message" });
  await select(edit, "words");
  await tool(page.locator(".edit"), "Italic").click();
  await expect(edit).toHaveValue("some _words_");
  await edit.press("Enter");
  await expect(bodies(page).locator("em")).toHaveText("words");
  await row(page, "some words").locator(".thread-link").click();
  const reply = page.getByRole("textbox", { name: "Reply in the thread" });
  await expect(reply).toBeFocused();
  await reply.pressSequentially("- a");
  await reply.press("Shift+Enter");
  await expect(reply).toHaveValue("- a\n- ");
  await select(reply, "a");
  await tool(page.locator(".thread-composer"), "Bold").click();
  await expect(reply).toHaveValue("- **a**\n- ");
  await write(page, "beside it");
});

test("keys of the page are its own in an edit, too", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "as it was");
  const { page } = ada;
  await openComposer(page, id);
  await clickAction(page, "as it was", "Edit");
  const box = page.getByRole("textbox", { name: "Edit message" });
  await expect(box).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("gen");
  await expect(page.getByRole("dialog", { name: "Go to" }).getByRole("combobox")).toHaveValue("gen");
  await expect(box).toHaveValue("as it was");
});

test("a text is seen as it will be shown, while it is written", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Writers" });
  const { page } = ada;
  const box = await openComposer(page, id);
  const preview = page.getByRole("region", { name: "Preview" });
  await box.fill(`**bold** @${grace.username}`);
  await tool(page, "Preview").click();
  await expect(tool(page, "Preview")).toHaveAttribute("aria-pressed", "true");
  await expect(preview.locator("strong")).toHaveText("bold");
  await expect(preview.locator(".mention")).toHaveText(`@${grace.username}`);
  await box.fill("`code` <b>as typed</b>");
  await expect(preview.locator("code")).toHaveText("code");
  await expect(preview).toContainText("<b>as typed</b>");
  const { violations } = await new AxeBuilder({ page }).include(".composer").analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  // It stays open for the next text, and shows nothing of the one that was sent.
  await box.press("Enter");
  await expect(bodies(page).last().locator("code")).toHaveText("code");
  await expect(preview).toHaveText("Nothing to preview");
  await box.fill("x".repeat(10_001));
  await expect(preview).toHaveText("Too long to preview");
  await page.context().setOffline(true);
  await box.fill("_later_");
  await expect(preview).toHaveText("The preview could not be loaded.");
  await page.context().setOffline(false);
  await expect(preview.locator("em")).toHaveText("later");
  // It is live, and not only in pauses.
  await box.fill("");
  const words = "one two three four five six seven eight nine ten";
  const typing = box.pressSequentially(words, { delay: 80 });
  await expect(preview).toContainText("one");
  expect((await box.inputValue()).length).toBeLessThan(words.length);
  await typing;
  await expect(preview).toHaveText(words);
  await tool(page, "Preview").click();
  await expect(preview).toHaveCount(0);
});

for (const [width, height] of [[390, 500], [1280, 600], [740, 360]]) {
  test(`a long text and its preview leave room for the buttons, at ${width} by ${height} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    const { page } = ada;
    await page.setViewportSize({ width, height });
    const box = await openComposer(page, id);
    await box.fill(`${"line **x**\n".repeat(60)}\n_end_`);
    await tool(page, "Preview").click();
    const preview = page.getByRole("region", { name: "Preview" });
    await expect(preview.locator("strong")).toHaveCount(60);
    // Who writes at the end sees the end.
    await expect(preview.locator("em")).toBeInViewport();
    const [text, shown, send] = await Promise.all(
      [box, preview, page.getByRole("button", { name: "Send", exact: true })].map(async (it) => (await it.boundingBox())!),
    );
    expect(send.y + send.height).toBeLessThanOrEqual(height);
    expect(text.y).toBeGreaterThanOrEqual(0);
    expect(shown.x + shown.width).toBeGreaterThanOrEqual(send.x + send.width - 1);
    // In one row with the tools.
    const later = (await page.getByRole("button", { name: "Send later" }).boundingBox())!;
    expect(Math.abs(later.y - send.y)).toBeLessThanOrEqual(8);
  });
}

for (const width of [1440, 390, 360, 320]) {
  test(`the bar has whole buttons, side by side, at ${width} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    const { page } = ada;
    await page.setViewportSize({ width, height: 800 });
    await openComposer(page, id);
    await expect(page.getByRole("button", { name: "Send later" })).toBeAttached();
    const bar = (await toolbar(page).boundingBox())!;
    const boxes = await Promise.all(BUTTONS.map(async (name) => (await tool(page, name).boundingBox())!));
    const emoji = boxes.pop()!;
    const shown = boxes.filter((it) => it.x < emoji.x - 0.5);
    expect(shown.length).toBeGreaterThan(width > 1000 ? 10 : 2);
    for (const it of shown) expect(it.x + it.width).toBeLessThanOrEqual(emoji.x + 0.5);
    expect(emoji.x - (shown.at(-1)!.x + shown.at(-1)!.width), "there is no hole").toBeLessThan(1);
    expect(Math.abs(emoji.x + emoji.width - (bar.x + bar.width))).toBeLessThan(1);
  });
}
