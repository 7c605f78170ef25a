// Files in the page: chosen, dropped and pasted, in a tray with their progress, and in the rows of everybody.
import AxeBuilder from "@axe-core/playwright";
import { composer, row, startConversation, timeline, untilListening } from "../conversation";
import {
  addFiles,
  bytes,
  download,
  expectUploaded,
  picture,
  sentFiles,
  sha256,
  transferFiles,
  tray,
} from "../files";
import { expect, openPage, reload, test } from "../people";

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`files go with a message, ${colorScheme} at ${width} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "channel", title: `files ${ada.username}` });
    for (const { page } of [ada, grace]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await openPage(page, `/c/${id}`);
    }
    const { page } = ada;
    const [red, notes] = [picture("red.png", 1200, 800), bytes("notes <b>.bin", 300_000)];
    await addFiles(page, [red, notes]);
    await expectUploaded(page, 2);
    const items = tray(page).getByRole("listitem");
    await expect(items.first().locator("img")).toBeVisible();
    await expect(items.nth(1)).toContainText("300 kB");
    await expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

    await composer(page).fill("Both of them");
    await composer(page).press("Enter");
    await expect(tray(page)).toHaveCount(0);
    for (const { page } of [ada, grace]) {
      const message = row(page, "Both of them");
      const image = message.getByRole("img", { name: "red.png" });
      await expect(image).toHaveJSProperty("complete", true);
      expect(await image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
      await expect(message.getByRole("link", { name: /notes <b>\.bin/ })).toContainText("300 kB");
      expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.map((it) => it.html)])).toEqual([]);
    }
    const [files] = await sentFiles(grace, id);
    expect(files!.map((file) => file.name)).toEqual(["red.png", "notes <b>.bin"]);
    expect(sha256(await download(grace, files![1]!))).toBe(sha256(notes.buffer));
  });
}

test("a message may be files alone, in the order of the tray, by keyboard alone", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await untilListening(page);
  const chooser = page.waitForEvent("filechooser");
  await composer(page).focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Add files" })).toBeFocused();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles([bytes("one.bin", 10), bytes("two.bin", 20), bytes("three.bin", 0)]);
  await expectUploaded(page, 3);
  await page.getByRole("button", { name: "Move three.bin to the front" }).press("Enter");
  await page.getByRole("button", { name: "Remove one.bin" }).press("Enter");
  await expect(tray(page).getByRole("listitem")).toHaveCount(2);
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(timeline(page).getByRole("link", { name: /two\.bin/ })).toBeVisible();
  await expect.poll(async () => (await sentFiles(grace, id)).map((files) => files.map((file) => file.name))).toEqual([
    ["three.bin", "two.bin"],
  ]);
});

test("files are dropped anywhere on the page, and pasted", async ({ ada, grace }) => {
  const title = `drops ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "channel", title });
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await expect(page.getByRole("button", { name: "Add files" })).toBeVisible();
  const main = page.locator("#main");
  expect(await transferFiles(main, "dragover", [picture("a.png", 4, 4)])).toBe(false);
  await expect(page.getByText(`Drop files to send them to #${title}`)).toBeVisible();
  expect(await transferFiles(main, "drop", [picture("a.png", 4, 4)])).toBe(false);
  await expect(page.getByText("Drop files to send")).toHaveCount(0);
  await expectUploaded(page, 1);
  expect(await transferFiles(composer(page), "paste", [picture("b.png", 4, 4), bytes("c.bin", 3)])).toBe(false);
  await expectUploaded(page, 3);
  expect(page.url()).toContain(`/c/${id}`);
  await composer(page).press("Enter");
  await expect.poll(async () => (await sentFiles(grace, id)).flat().map((file) => file.name)).toEqual(["a.png", "b.png", "c.bin"]);
});

test("the tray stays with its conversation and over a reload", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  const other = await startConversation(ada, [linus]);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  const file = bytes("kept.bin", 5_000_000);
  await addFiles(page, [file]);
  await expectUploaded(page, 1);
  await openPage(page, `/c/${other}`);
  await expect(tray(page)).toHaveCount(0);
  await openPage(page, `/c/${id}`);
  await expectUploaded(page, 1);
  await reload(page);
  await expectUploaded(page, 1);
  await composer(page).press("Enter");
  await expect.poll(async () => (await sentFiles(grace, id)).flat().length).toBe(1);
  const [[sent]] = (await sentFiles(grace, id)) as [[{ id: string; name: string; url: string }]];
  expect(sha256(await download(grace, sent))).toBe(sha256(file.buffer));
  expect(await sentFiles(linus, other)).toEqual([]);
});

test("files go with a reply in a thread", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Threads with files" });
  const root = await grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "root" } });
  await openPage(ada.page, `/c/${id}/t/${(await root.json()).id}`);
  const { page } = ada;
  const thread = page.getByRole("complementary", { name: "Thread" });
  await addFiles(page, [picture("reply.png", 40, 30)], thread.locator("form"));
  await expect(tray(thread)).toBeVisible();
  await expect(tray(thread).getByRole("progressbar")).toHaveCount(0);
  await thread.getByRole("textbox").press("Enter");
  await expect(thread.getByRole("img", { name: "reply.png" })).toBeVisible();
  await expect(tray(page)).toHaveCount(0);
});

test("the ticks of a message with files stand beside its text", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Ticks" });
  const { page } = ada;
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page, `/c/${id}`);
  await addFiles(page, [bytes("notes.bin", 300)]);
  await expectUploaded(page, 1);
  await composer(page).fill("Here they are");
  await composer(page).press("Enter");
  const message = row(page, "Here they are");
  await expect(message.locator(".ticks")).toHaveAttribute("title", /Sent|Delivered/);
  const end = await message.locator(".body").evaluate((it) => {
    const text = document.createRange();
    text.selectNodeContents(it);
    return text.getBoundingClientRect().right;
  });
  const ticks = (await message.locator(".ticks").boundingBox())!;
  expect(ticks.x - end).toBeGreaterThanOrEqual(0);
  expect(ticks.x - end).toBeLessThan(24);
});
