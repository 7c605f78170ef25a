// Files of drafts and of scheduled messages: on every device, and sent once.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { composer, say, startConversation } from "../conversation";
import { addFiles, bytes, download, draftFiles, expectUploaded, picture, sentFiles, sha256, tray } from "../files";
import { browserOf, expect, openPage, reload, test } from "../people";
import { replyBox } from "../threads";

const items = (page: Page) => page.getByRole("tabpanel").getByRole("listitem").filter({ has: page.getByRole("link") });
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name, exact: true });
const names = (page: Page) => tray(page).getByRole("listitem").locator(".tray-name").allTextContents();

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

test("files above a box are on the other device, after a reload too, and one of the two sends them", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace]);
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  const { page } = ada;
  for (const it of [page, other]) await openPage(it, `/c/${id}`);
  const file = bytes("notes.bin", 30_000);
  await addFiles(page, [picture("house.png", 400, 300), file]);
  await expectUploaded(page, 2);
  await expect.poll(() => draftFiles(ada)).toEqual([["house.png", "notes.bin"]]);
  expect(await draftFiles(grace)).toEqual([]);
  await expectUploaded(other, 2);
  expect(await names(other)).toEqual(["house.png", "notes.bin"]);
  // It has a picture, which this browser has never had.
  await expect(tray(other).getByRole("listitem").first().locator("img")).toHaveJSProperty("complete", true);
  await expectNoViolations(other);

  // Removed and moved there, and here.
  await addFiles(other, [bytes("third.bin", 10)]);
  await expectUploaded(page, 3);
  await other.getByRole("button", { name: "Remove house.png" }).click();
  await expect.poll(() => names(page)).toEqual(["notes.bin", "third.bin"]);
  await other.getByRole("button", { name: "Move third.bin to the front" }).click();
  await expect.poll(() => names(page)).toEqual(["third.bin", "notes.bin"]);
  for (const it of [page, other]) {
    await reload(it);
    await expectUploaded(it, 2);
  }
  // The device that sends has never had the bytes of one of them.
  await composer(other).fill("both");
  await composer(other).press("Enter");
  await expect.poll(async () => (await sentFiles(grace, id)).flat().map((it) => it.name)).toEqual(["third.bin", "notes.bin"]);
  for (const it of [page, other]) await expect(tray(it).getByRole("listitem")).toHaveCount(0);
  await expect.poll(() => draftFiles(ada)).toEqual([]);
  const [[, notes]] = (await sentFiles(grace, id)) as [[unknown, { id: string; name: string; url: string }]];
  expect(sha256(await download(grace, notes))).toBe(sha256(file.buffer));
  await device.close();
});

test("files in the box of a thread are on the other device", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace]);
  const root = await say(grace, id, "A question");
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  for (const it of [ada.page, other]) await openPage(it, `/c/${id}/t/${root.id}`);
  await addFiles(ada.page, [bytes("answer.bin", 100)], ada.page.locator(".thread-composer"));
  await expect.poll(() => draftFiles(ada)).toEqual([["answer.bin"]]);
  await expectUploaded(other, 1);
  await replyBox(other).press("Enter");
  await expect(tray(other)).toHaveCount(0);
  await expect(tray(ada.page).getByRole("listitem")).toHaveCount(0);
  await expect.poll(() => draftFiles(ada)).toEqual([]);
  await device.close();
});

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`files are sent later, ${colorScheme} at ${width} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await openPage(page, `/c/${id}`);
    // A piece that is on its way: nothing is scheduled without its files.
    let release = () => {};
    const held = new Promise<void>((done) => (release = done));
    await page.route(/\/api\/v1\/uploads\/\d+$/, async (route) => {
      if (route.request().method() === "PATCH") await held;
      await route.continue();
    });
    await addFiles(page, [picture("house.png", 400, 300), bytes("notes.bin", 100)]);
    await page.getByRole("button", { name: "Send later" }).press("Enter");
    const times = dialog(page, "Send later");
    await times.getByRole("button", { name: "In 1 hour" }).click();
    await expect(times.getByRole("alert")).toHaveText("Not all files are uploaded yet. Try again when they are.");
    release();
    await page.keyboard.press("Escape");
    await expectUploaded(page, 2);
    await page.getByRole("button", { name: "Send later" }).press("Enter");
    await times.getByRole("button", { name: "In 1 hour" }).click();
    await expect(times).toBeHidden();
    await expect(tray(page).getByRole("listitem")).toHaveCount(0);
    await expect.poll(() => draftFiles(ada)).toEqual([]);
    expect(await sentFiles(grace, id)).toEqual([]);

    await openPage(page, "/later?tab=scheduled");
    const files = items(page).getByRole("list", { name: "Files" });
    await expect(files.getByRole("listitem")).toHaveText([/house\.png/, /notes\.bin/]);
    await expectNoViolations(page);
    await items(page).getByRole("button", { name: "Edit", exact: true }).click();
    const edit = dialog(page, "Change the message");
    await edit.getByRole("button", { name: "Remove house.png" }).click();
    await expectNoViolations(page);
    await edit.getByRole("button", { name: "Save" }).click();
    await expect(files.getByRole("listitem")).toHaveText([/notes\.bin/]);
    await items(page).getByRole("button", { name: "Send now", exact: true }).click();
    await expect(page.getByText("Nothing scheduled")).toBeVisible();
    await expect.poll(async () => (await sentFiles(grace, id)).map((it) => it.map((file) => file.name))).toEqual([["notes.bin"]]);
  });
}

test("a draft of files alone is in the list, and is sent from there", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await addFiles(page, [bytes("alone.bin", 100)]);
  await expect.poll(() => draftFiles(ada)).toEqual([["alone.bin"]]);
  await openPage(page, "/later");
  await expect(items(page).getByRole("list", { name: "Files" })).toContainText("alone.bin");
  await items(page).getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByText("No drafts")).toBeVisible();
  await expect.poll(async () => (await sentFiles(grace, id)).flat().map((it) => it.name)).toEqual(["alone.bin"]);
  await expect.poll(() => draftFiles(ada)).toEqual([]);
});
