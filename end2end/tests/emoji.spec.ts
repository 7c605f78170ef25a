// The picker of emoji, in the composer and for reactions, and the codes of emoji in a box.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { clickAction, composer, row, say, startConversation } from "../conversation";
import { expect, openPage, test } from "../people";

const picker = (page: Page, name = "Pick an emoji") => page.getByRole("group", { name });
const field = (page: Page) => page.getByRole("searchbox", { name: "Search emoji" });
const emoji = (page: Page, name: string) => page.locator(".emoji-grid").getByRole("button", { name, exact: true });
const options = (page: Page) => page.getByRole("listbox", { name: "Emoji" }).getByRole("option");

async function openComposer(page: Page, id: string) {
  await openPage(page, `/c/${id}`);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  await composer(page).focus();
  return composer(page);
}

const openPicker = (page: Page) => page.getByRole("button", { name: "Emoji", exact: true }).click();

for (const [scheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`the picker of the composer, ${scheme} at ${width} px`, async ({ ada, grace }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Emoji" });
    await say(grace, id, "Hello");
    const { page } = ada;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await openComposer(page, id);
    await openPicker(page);
    await expect(emoji(page, "grinning face")).toBeVisible();
    await expect(field(page)).toBeFocused();
    const place = (await picker(page).boundingBox())!;
    expect(place.x).toBeGreaterThanOrEqual(0);
    expect(place.y).toBeGreaterThanOrEqual(0);
    expect(place.x + place.width).toBeLessThanOrEqual(width);
    expect(place.y + place.height).toBeLessThanOrEqual(height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const { violations } = await new AxeBuilder({ page }).include(".emoji-picker").analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html)])).toEqual([]);
    await testInfo.attach("picker", { body: await page.screenshot({ path: testInfo.outputPath("picker.png") }), contentType: "image/png" });
  });
}

test("an emoji is found by name, code and tag, and written where the caret is, by keyboard alone", async ({ ada, grace }) => {
  const box = await openComposer(ada.page, await startConversation(ada, [grace]));
  const { page } = ada;
  await page.keyboard.type("Well done!");
  for (let steps = 0; steps < 5; steps++) await page.keyboard.press("ArrowLeft");
  await openPicker(page);
  await expect(emoji(page, "grinning face")).toBeVisible();
  await page.keyboard.type("TADA");
  await expect(emoji(page, "party popper")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("Well 🎉done!");
  await expect(box).toBeFocused();
  await expect(picker(page)).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await expect(box, "the browser can take it back").toHaveValue("Well done!");

  await openPicker(page);
  await expect(emoji(page, "party popper").first(), "what was used is first").toBeVisible();
  await expect(page.locator(".emoji-grid button").first()).toHaveAccessibleName("party popper");
  await page.keyboard.type("thumbs");
  await expect(page.getByText("2 emoji found")).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(emoji(page, "thumbs up")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(emoji(page, "thumbs down")).toBeFocused();
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  await expect(emoji(page, "thumbs down"), "it stays open").toBeFocused();
  await page.keyboard.press("Escape");
  await expect(box).toHaveValue(/👎👎/);
  await expect(box).toBeFocused();
  await expect(picker(page)).toHaveCount(0);

  await openPicker(page);
  await page.keyboard.type("no such thing");
  await expect(page.getByText("No emoji found")).toBeVisible();
});

test("the arrows move by rows, and letters go on in the field", async ({ ada, grace }) => {
  await openComposer(ada.page, await startConversation(ada, [grace]));
  const { page } = ada;
  await openPicker(page);
  await expect(emoji(page, "grinning face")).toBeVisible();
  await page.keyboard.press("ArrowDown");
  const place = () => page.evaluate(() => {
    const { left, top } = document.activeElement!.getBoundingClientRect();
    return { left, top };
  });
  await page.keyboard.press("ArrowRight");
  const first = await place();
  await page.keyboard.press("ArrowDown");
  const second = await place();
  expect(second.left).toBeCloseTo(first.left);
  expect(second.top).toBeGreaterThan(first.top);
  await page.keyboard.press("ArrowUp");
  expect(await place()).toEqual(first);
  await expect(page.locator(".emoji-grid [tabindex='0']"), "one stop of the Tab key").toHaveCount(1);
  await page.keyboard.press("End");
  await expect(page.locator(".emoji-grid button").last()).toBeFocused();
  await page.keyboard.press("h");
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue("h");
});

test("the skin tone is kept in the browser, for the picker and for codes", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const box = await openComposer(ada.page, id);
  const { page } = ada;
  await openPicker(page);
  await page.getByRole("combobox", { name: "Skin tone" }).selectOption({ label: "✋🏽 medium" });
  await field(page).fill("waving hand");
  await emoji(page, "waving hand").click();
  await expect(box).toHaveValue("👋🏽");
  await openComposer(page, id);
  await box.fill("");
  await page.keyboard.type(":+1:");
  await expect(box).toHaveValue("👍🏽");
});

for (const [scheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a code is completed and closed, ${scheme} at ${width} px`, async ({ ada, grace }, testInfo) => {
    const box = await openComposer(ada.page, await startConversation(ada, [grace]));
    const { page } = ada;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.keyboard.type("Nice :t");
    await expect(options(page)).toHaveCount(0);
    await page.keyboard.type("ada");
    await expect(options(page).first()).toContainText("party popper");
    const { violations } = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await testInfo.attach("codes", { body: await page.screenshot({ path: testInfo.outputPath("codes.png") }), contentType: "image/png" });
    await page.keyboard.press("Enter");
    await expect(box).toHaveValue("Nice 🎉 ");
    await page.keyboard.type(":+1:");
    await expect(box).toHaveValue("Nice 🎉 👍");
    await page.keyboard.press("Control+z");
    await expect(box, "undo gives the text back").toHaveValue("Nice 🎉 :+1:");
    await box.fill("");
    await page.keyboard.type("at 10:30: `:+1:` and :nothing_like_it: ");
    await expect(box).toHaveValue("at 10:30: `:+1:` and :nothing_like_it: ");
    await page.keyboard.type(":smil");
    await expect(options(page).first()).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(options(page)).toHaveCount(0);
  });
}

test("what is offered is spelled as the server takes it, in each skin tone", async ({ ada, grace }) => {
  await openComposer(ada.page, await startConversation(ada, [grace]));
  const { page } = ada;
  await openPicker(page);
  await expect(emoji(page, "grinning face")).toBeVisible();
  for (const tone of ["0", "1", "3", "5"]) {
    await page.getByRole("combobox", { name: "Skin tone" }).selectOption(tone);
    if (tone !== "0") await expect(emoji(page, "thumbs up").last()).not.toHaveText("👍");
    const { count, foreign } = await page.locator(".emoji-grid button").evaluateAll((all) => {
      // As the crate that the server asks: the emoji that Unicode recommends.
      const recommended = new RegExp("^\\p{RGI_Emoji}$", "v");
      const texts = all.map((button) => button.textContent!);
      return { count: texts.length, foreign: texts.filter((text) => !recommended.test(text)) };
    });
    expect(count).toBeGreaterThan(1_800);
    expect(foreign).toEqual([]);
  }
});

test("any emoji is a reaction, several with Shift", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "Any news?");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await clickAction(page, "Any news?", "React");
  await expect(emoji(page, "crab")).toBeAttached();
  await field(page).fill("crab");
  await page.keyboard.press("Shift+Enter");
  await field(page).fill("heart red");
  await page.keyboard.press("Enter");
  await expect(picker(page, "Pick a reaction")).toHaveCount(0);
  const reactions = row(page, "Any news?").getByRole("group", { name: "Reactions" });
  await expect(reactions.getByRole("button", { name: /^🦀/, pressed: true })).toBeVisible();
  await expect(reactions.getByRole("button", { name: /^❤️/, pressed: true })).toBeVisible();
});

test("without the emoji the picker says so, tries again, and codes stay as they are typed", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource/);
  const { page } = ada;
  const file = /\/vendor\/emoji-/;
  await page.route(file, (route) => route.abort());
  const box = await openComposer(page, await startConversation(ada, [grace]));
  await page.keyboard.type("a :+1: ");
  await expect(box).toHaveValue("a :+1: ");
  await openPicker(page);
  await expect(picker(page).getByRole("alert")).toContainText("Could not load. Try again.");
  await page.unroute(file);
  await picker(page).getByRole("button", { name: "Try again" }).click();
  await expect(emoji(page, "grinning face")).toBeVisible();
});
