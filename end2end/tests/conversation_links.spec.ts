// Links to conversations: offered after a `#`, and shown within the page.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { bodies, composer, messageBodies, say, startConversation, untilListening } from "../conversation";
import { expect, openPage, test } from "../people";

const list = (page: Page) => page.getByRole("listbox", { name: "Conversations" });
const options = (page: Page) => list(page).getByRole("option");

for (const [scheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a conversation is linked from the list, and opened without a reload, ${scheme} at ${width} px`, async ({ ada, grace, linus, expectedErrors }, testInfo) => {
    expectedErrors.push(/status of 404 .*\/conversations\/\d+\)/);
    const place = await startConversation(ada, [grace, linus], { kind: "group", title: "Planning" });
    const other = await startConversation(ada, [grace], { kind: "channel", title: "Release [2] *notes*", private: true });
    const { page } = ada;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await openPage(page, `/c/${place}`);
    await untilListening(page);
    const box = composer(page);
    await box.focus();
    await page.keyboard.type("See #");
    // Those that match as well are in the order of their last activity.
    await expect(options(page)).toHaveText([/Release \[2\]/, /Planning/]);
    await page.keyboard.type("rel");
    await expect(options(page)).toHaveText([/Release \[2\] \*notes\*.*Private channel/]);
    const active = await box.getAttribute("aria-activedescendant");
    await expect(page.locator(`[id="${active}"]`)).toHaveAttribute("aria-selected", "true");
    const found = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await testInfo.attach("list", { body: await page.screenshot({ path: testInfo.outputPath("list.png") }), contentType: "image/png" });
    await page.keyboard.press("Enter");
    await expect(box).toHaveValue(`See [#Release \\[2\\] \\*notes\\*](/c/${other}) `);
    await page.keyboard.press("Enter");

    // Grace is in it, and goes there.
    await grace.page.emulateMedia({ colorScheme: scheme });
    await grace.page.setViewportSize({ width, height });
    await openPage(grace.page, `/c/${place}`);
    const link = bodies(grace.page).last().getByRole("link");
    await expect(link).toHaveText("#Release [2] *notes*");
    await expect(link).not.toHaveAttribute("target", /./);
    const seen = await new AxeBuilder({ page: grace.page }).include(".timeline").analyze();
    expect(seen.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await grace.page.evaluate(() => Object.assign(window, { isSame: true }));
    await link.click();
    await expect(grace.page).toHaveURL(`/c/${other}`);
    await expect(grace.page.getByRole("heading", { name: "Release [2] *notes*" })).toBeVisible();
    expect(await grace.page.evaluate(() => "isSame" in window), "the page was not loaded again").toBe(true);

    // Linus is not: to him it is a text that leads nowhere.
    await openPage(linus.page, `/c/${place}`);
    await bodies(linus.page).last().getByRole("link").click();
    await expect(linus.page.getByText("This conversation can't be found")).toBeVisible();
    await expect(linus.page).toHaveURL(`/c/${other}`);
  });
}

test("nothing is offered in code and for a heading, nor of what is not one's own", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Ours" });
  await startConversation(linus, [grace], { kind: "group", title: "Ours not" });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  const box = composer(page);
  await box.focus();
  await page.keyboard.type("#our");
  await expect(options(page)).toHaveText([/Ours.*Group/]);
  await page.keyboard.press("Escape");
  await expect(list(page)).toHaveCount(0);
  for (const text of ["`#our", "```\n#our", "C#", "https://a.example/#our"]) {
    await box.fill(text);
    await expect(list(page), text).toHaveCount(0);
  }
  await box.fill("");
  await page.keyboard.type("#");
  await expect(list(page)).toBeVisible();
  await page.keyboard.type(" Our plan");
  await expect(list(page)).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(bodies(page).last().locator(".heading-1")).toHaveText("Our plan");
});

test("a label that reads as another place says where it leads", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Labels" });
  await say(grace, id, `[#Labels](https://b.example/c/${id}) [https://bank.example](/c/${id}) [#Labels](/settings) [#Labels](/c/${id})`);
  await openPage(ada.page, `/c/${id}`);
  const body = bodies(ada.page).last();
  await expect(body).toHaveText(`#Labels (b.example) https://bank.example (/c/${id}) [#Labels](/settings) #Labels`);
  await expect(body.getByRole("link")).toHaveCount(3);
  expect(await messageBodies(grace, id)).toHaveLength(1);
});

test("a title of Hebrew is linked from the list", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "שלום עולם" });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  await composer(page).focus();
  await page.keyboard.type("#שלום");
  await expect(options(page)).toHaveCount(1);
  await page.keyboard.press("Tab");
  await expect(composer(page)).toHaveValue(`[#שלום עולם](/c/${id}) `);
  await page.keyboard.press("Enter");
  const link = bodies(page).last().getByRole("link");
  await expect(link).toHaveText("#שלום עולם");
  expect(await link.evaluate((it) => getComputedStyle(it).unicodeBidi)).toBe("plaintext");
});
