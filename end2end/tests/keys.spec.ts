// Keys: those of input methods, of other layouts, of text boxes, and of phones.
import AxeBuilder from "@axe-core/playwright";
import type { CDPSession, Page } from "@playwright/test";
import { bodies, clickAction, composer, messageBodies, row, say, sidebarRow, startConversation, timeline } from "../conversation";
import { type Person, expect, openPage, test } from "../people";

/** Composes a text with an input method, as Chromium's own interface to them does. It is not committed. */
async function compose(cdp: CDPSession, text: string) {
  await cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
}

const editBox = (page: Page) => page.getByRole("textbox", { name: "Edit message" });
const palette = (page: Page) => page.getByRole("dialog", { name: "Go to" }).getByRole("combobox");

test("keys of a composition in the composer do nothing but compose", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  await startConversation(ada, [linus]);
  await say(grace, id, "今日は");
  await say(ada, id, "mine");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await clickAction(page, "今日は", "Reply");
  const cdp = await ada.context.newCDPSession(page);
  await page.evaluate(() => {
    const pressed: string[] = ((window as unknown as { pressed: string[] }).pressed = []);
    window.addEventListener("keydown", (event) => pressed.push(`${event.key} ${event.isComposing}`), true);
  });
  await compose(cdp, "に");
  for (const key of ["Enter", "Escape", "ArrowUp", "ArrowDown", "Alt+ArrowUp", "Alt+ArrowDown", "Control+k", "?"]) {
    await page.keyboard.press(key);
    const pressed = await page.evaluate(() => (window as unknown as { pressed: string[] }).pressed.splice(0));
    expect(pressed, "the page has seen it, as a part of the composition").toContain(`${key.split("+").at(-1)} true`);
    await compose(cdp, "にほ");
  }
  await expect(page).toHaveURL(`/c/${id}`);
  await expect(composer(page)).toBeFocused();
  await expect(page.locator(".reply-preview")).toContainText("今日は");
  await expect(editBox(page)).toHaveCount(0);
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeHidden();

  await composer(page).fill("");
  await compose(cdp, "日本");
  await cdp.send("Input.insertText", { text: "日本" });
  await page.keyboard.press("Enter");
  await expect(bodies(page)).toHaveText(["今日は", "mine", "日本"]);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["今日は", "mine", "日本"]);
});

test("keys of a composition in pickers and forms do nothing but compose", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "mine");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const cdp = await ada.context.newCDPSession(page);

  await test.step("an edit is neither saved nor cancelled", async () => {
    await clickAction(page, "mine", "Edit");
    await editBox(page).press("End");
    await compose(cdp, "ㅎ");
    await page.keyboard.press("Escape");
    await compose(cdp, "한");
    await page.keyboard.press("Enter");
    await expect(editBox(page)).toBeFocused();
    await cdp.send("Input.insertText", { text: "한" });
    await editBox(page).press("Enter");
    await expect(row(page, "mine한")).toBeVisible();
  });

  await test.step("nobody is picked, and nobody removed", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "New conversation" }).click();
    const dialog = page.getByRole("dialog", { name: "New conversation" });
    const people = dialog.getByRole("combobox", { name: "People" });
    await people.focus();
    await compose(cdp, grace.username);
    await expect(dialog.getByRole("option", { name: grace.name })).toBeVisible();
    for (const key of ["ArrowDown", "Enter", "Escape"]) await page.keyboard.press(key);
    await expect(dialog).toBeVisible();
    await expect(dialog.getByRole("option", { name: grace.name })).toBeVisible();
    await expect(dialog.getByRole("button", { name: `Remove ${grace.name}` })).toHaveCount(0);
    await cdp.send("Input.insertText", { text: grace.username });
    await expect(dialog.getByRole("option", { name: grace.name })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("button", { name: `Remove ${grace.name}` })).toBeVisible();
    await page.keyboard.press("Escape");
  });

  await test.step("the palette chooses and opens nothing", async () => {
    await page.keyboard.press("Control+k");
    await expect(palette(page)).toBeFocused();
    await compose(cdp, grace.name);
    const chosen = page.getByRole("dialog", { name: "Go to" }).getByRole("option", { selected: true });
    await expect(chosen).toContainText(grace.name);
    for (const key of ["ArrowDown", "Enter"]) {
      await page.keyboard.press(key);
      await expect(chosen).toContainText(grace.name);
    }
    await cdp.send("Input.insertText", { text: grace.name });
    await page.keyboard.press("ArrowDown");
    await expect(chosen).not.toContainText(`@${grace.username}`);
    await page.keyboard.press("Escape");
    await expect(palette(page)).toBeHidden();
  });
});

/** A key as another layout reports it. */
function press(page: Page, key: string, code: string, modifiers: { ctrlKey?: boolean; altKey?: boolean; keyCode?: number } = {}) {
  return page.evaluate(
    ([key, code, modifiers]) => {
      const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true, ...modifiers });
      document.activeElement!.dispatchEvent(event);
      return event.defaultPrevented;
    },
    [key, code, modifiers] as const,
  );
}

test("letters mean the same with Caps Lock and on other layouts", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "mine");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  for (const [key, code] of [["k", "KeyK"], ["K", "KeyK"], ["л", "KeyK"], ["ל", "KeyK"], ["k", "KeyV"]]) {
    await composer(page).focus();
    expect(await press(page, key, code, { ctrlKey: true }), key).toBe(true);
    await expect(palette(page)).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(composer(page)).toBeFocused();
  }
  expect(await press(page, "t", "KeyK", { ctrlKey: true }), "the T of Dvorak").toBe(false);
  expect(await press(page, "k", "KeyK", { ctrlKey: true, altKey: true }), "AltGr").toBe(false);
  expect(await press(page, "k", "KeyK", { ctrlKey: true, keyCode: 229 }), "Safari ends a composition").toBe(false);
  await expect(composer(page)).toBeFocused();
  for (const [key, code] of [["R", "KeyR"], ["к", "KeyR"]]) {
    await row(page, "mine").focus();
    await press(page, key, code);
    await expect(page.locator(".reply-preview")).toContainText("mine");
    await page.getByRole("button", { name: "Do not reply" }).click();
  }
  await row(page, "mine").focus();
  await press(page, "у", "KeyE");
  await expect(editBox(page)).toBeFocused();
  await editBox(page).press("Escape");
  await timeline(page).focus();
  await press(page, "؟", "Slash");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
});

test("text boxes keep their own keys", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await page.keyboard.press("Control+k");
  await palette(page).fill(grace.name);
  const chosen = page.getByRole("option", { selected: true });
  await expect(chosen).toContainText(grace.name);
  for (const key of ["Shift+ArrowDown", "Shift+ArrowUp", "Control+ArrowDown", "Home"]) {
    await page.keyboard.press(key);
    await expect(chosen, key).toContainText(`@${grace.username}`);
  }
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).selectionStart), "to its start").toBe(0);
  await page.keyboard.press("Escape");
  await composer(page).fill("one");
  await composer(page).press("Alt+Enter");
  await composer(page).press("Shift+Enter");
  await expect(composer(page)).toHaveValue(/^one\n/);
  await composer(page).press("?");
  await expect(composer(page)).toHaveValue(/\?$/);
  await expect(bodies(page)).toHaveCount(0);
});

test("Enter that ends a composition submits no form", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Before" });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const cdp = await ada.context.newCDPSession(page);
  let changes = 0;
  page.on("request", (request) => (changes += request.method() === "GET" ? 0 : 1));
  await page.getByLabel("More", { exact: true }).click();
  await page.getByRole("menuitem", { name: "Name and description" }).click();
  const dialog = page.getByRole("dialog", { name: "Name and description" });
  await dialog.getByLabel("Name", { exact: true }).fill("");
  await compose(cdp, "なま");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(500);
  await expect(dialog).toBeVisible();
  expect(changes).toBe(0);
  await cdp.send("Input.insertText", { text: "名前" });
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("heading", { name: "名前" })).toBeVisible();

  await openPage(page, "/settings");
  changes = 0;
  await page.getByLabel("Name", { exact: true }).focus();
  await compose(cdp, "に");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(500);
  expect(changes).toBe(0);
});

test("a letter with an accent is no other letter", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "mine");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await row(page, "mine").focus();
  for (const [key, code] of [["ğ", "KeyE"], ["ı", "KeyR"], ["é", "KeyE"]]) {
    expect(await press(page, key, code), key).toBe(false);
  }
  await expect(editBox(page)).toHaveCount(0);
  await expect(page.locator(".reply-preview")).toHaveCount(0);
});

test.describe("on a Mac", () => {
  async function open(ada: Person, grace: Person) {
    await ada.page.addInitScript(() => Object.defineProperty(navigator, "platform", { value: "MacIntel" }));
    const id = await startConversation(ada, [grace]);
    await openPage(ada.page, `/c/${id}`);
  }

  test("Control with K and Option with arrows belong to text boxes, and Cmd with K does not", async ({ ada, grace, linus }) => {
    await startConversation(ada, [linus]);
    await open(ada, grace);
    const { page } = ada;
    await composer(page).fill("two words");
    expect(await press(page, "k", "KeyK", { ctrlKey: true })).toBe(false);
    for (const key of ["ArrowUp", "ArrowDown"]) expect(await press(page, key, key, { altKey: true }), key).toBe(false);
    await expect(composer(page)).toHaveValue("two words");
    await timeline(page).focus();
    expect(await press(page, "ArrowDown", "ArrowDown", { altKey: true }), "outside of a text box").toBe(true);
    await expect(page.getByRole("heading", { name: linus.name })).toBeVisible();
    await page.keyboard.press("Meta+k");
    await expect(palette(page)).toBeFocused();
  });
});

test.describe("on a phone", () => {
  test("Enter begins a second line where fingers are said to hover", async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    const { page } = ada;
    await page.addInitScript(() => {
      const ask = window.matchMedia.bind(window);
      window.matchMedia = (query) => ask(query.replaceAll("(pointer: fine)", "(pointer: none)"));
    });
    await openPage(page, `/c/${id}`);
    await composer(page).focus();
    await page.keyboard.type("first");
    await page.keyboard.press("Enter");
    await page.keyboard.type("second");
    await expect(composer(page)).toHaveValue("first\nsecond");
  });

  test("Enter begins a second line, and the button sends", async ({ ada, grace, browser }) => {
    const id = await startConversation(ada, [grace]);
    const storageState = await ada.context.storageState();
    const phone = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, storageState });
    const page = await phone.newPage();
    await openPage(page, `/c/${id}`);
    await expect(composer(page)).toHaveAttribute("enterkeyhint", "enter");
    await composer(page).tap();
    await page.keyboard.type("first line");
    await page.keyboard.press("Enter");
    await page.keyboard.type("second line");
    await expect(composer(page)).toHaveValue("first line\nsecond line");
    await page.getByRole("button", { name: "Send", exact: true }).tap();
    await expect(bodies(page)).toHaveText(["first line\nsecond line"], { useInnerText: true });
    // Only what the server has can be edited.
    await expect(page.locator(".ticks")).toHaveAttribute("title", "Sent");
    await page.locator("li.message").tap();
    await page.getByRole("button", { name: "More actions" }).tap();
    await page.getByRole("dialog").getByRole("button", { name: "Edit", exact: true }).tap();
    await page.keyboard.press("Enter");
    await page.keyboard.type("third");
    await page.getByRole("button", { name: "Save" }).tap();
    await expect.poll(() => messageBodies(grace, id)).toEqual(["first line\nsecond line\nthird"]);
    await phone.close();
  });
});

/** Holds the files of a chunk back, until the function that it returns is called. */
async function hold(page: Page, chunk: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(new RegExp(`/split_${chunk}\\.wasm$`), async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

for (const width of [1440, 390]) {
  test(`what is typed before its chunk has come is in the field, at ${width} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Reading room" });
    await say(grace, id, "a needle in hay");
    const { page } = ada;
    await page.setViewportSize({ width, height: 844 });
    const release = await hold(page, "finding");
    await openPage(page, `/c/${id}`);
    const palette = page.getByRole("dialog", { name: "Go to" });
    // Escape closes meanwhile, and nothing of it is left.
    await page.keyboard.press("Control+k");
    await page.keyboard.type("nothing");
    await page.keyboard.press("Escape");
    await expect(palette).toBeHidden();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("reading rooms");
    await page.keyboard.press("Backspace");
    await expect(palette.getByRole("status")).toBeVisible();
    await expect(palette.getByRole("textbox")).toHaveValue("reading room");
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    release();
    const box = palette.getByRole("combobox");
    await expect(box).toHaveValue("reading room");
    await expect(box).toBeFocused();
    await page.keyboard.type("!");
    await expect(box).toHaveValue("reading room!");
    await page.keyboard.press("Backspace");
    await expect(palette.getByRole("option", { name: /Reading room/ }).first()).toBeVisible();
  });

  test(`and so in the search, at ${width} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Reading room" });
    await say(grace, id, "a needle in hay");
    const { page } = ada;
    await page.setViewportSize({ width, height: 844 });
    const release = await hold(page, "finding");
    await openPage(page, `/c/${id}`);
    await page.keyboard.press("Control+Shift+f");
    await page.keyboard.type("needle");
    const panel = page.getByRole("complementary", { name: "Search" });
    await expect(panel.getByRole("textbox")).toHaveValue("needle");
    release();
    await expect(panel.getByRole("combobox")).toHaveValue("needle");
    await expect(panel.getByRole("combobox")).toBeFocused();
    await expect(panel.getByRole("link", { name: /a needle in hay/ })).toBeVisible();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect(panel).toBeHidden();
  });
}

test("a dialog that a menu has opened gives the focus back to where the menu was", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Back" });
  await say(ada, id, "Look at this");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const dialog = page.getByRole("dialog");
  const message = row(page, "Look at this");
  for (const entry of ["Forward…", "Delete", "Remind me…", "Who has read it"]) {
    await message.locator(".body").hover();
    await message.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: entry, exact: true }).click();
    await expect(dialog, entry).toBeVisible();
    await page.mouse.move(2, 2);
    await page.keyboard.press("Escape");
    await expect(dialog, entry).toBeHidden();
    await expect.poll(() => message.evaluate((it) => it.contains(document.activeElement)), entry).toBe(true);
  }
  const more = page.getByRole("button", { name: "More", exact: true });
  for (const open of [() => more.click(), () => more.press("Enter")]) {
    await open();
    await page.getByRole("menuitem", { name: "Name and description" }).press("Enter");
    await expect(dialog).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(more).toBeFocused();
  }
  await sidebarRow(page, "Back").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Leave" }).click();
  await expect(dialog).toBeVisible();
  await page.mouse.move(600, 300);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect.poll(() => page.evaluate(() => !!document.activeElement!.closest("[data-conversation]"))).toBe(true);
});
