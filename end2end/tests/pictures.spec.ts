// What everybody sees of files: pictures without a jump, one at a time and large, what a list says of them, and nothing
// for those outside.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { composer, row, say, sidebarRow, startConversation, timeline, untilListening } from "../conversation";
import { type TestFile, bytes, picture, sendFiles, sentFiles, transferFiles, untilOpening } from "../files";
import { type Person, expect, openPage, reload, test, watch } from "../people";

const COLOURS = [[200, 80, 60], [60, 120, 200], [70, 150, 90], [180, 140, 40]] as const;

function pictures(count: number): TestFile[] {
  return COLOURS.slice(0, count).map((colour, at) => picture(`p${at + 1}.png`, 1200, 800 - 150 * at, [...colour]));
}

/** The top and the height of what a message has, in CSS pixels. */
async function place(page: Page, text: string): Promise<number[]> {
  const box = await row(page, text).boundingBox();
  return [Math.round(box!.y), Math.round(box!.height)];
}

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`pictures open large, by pointer and by keyboard, ${colorScheme} at ${width} px`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "channel", title: `pictures ${ada.username}` });
    await sendFiles(ada, id, "Three of them", pictures(3));
    const { page } = grace;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await openPage(page, `/c/${id}`);
    await untilListening(page);
    const links = row(page, "Three of them").locator("a.picture");
    await expect(links).toHaveCount(3);
    await untilOpening(page);
    const viewer = page.getByRole("dialog", { name: "Pictures" });
    await links.nth(1).click();
    await expect(viewer.getByRole("img", { name: "p2.png" })).toBeVisible();
    await expect(viewer.getByRole("status")).toContainText("2 of 3");
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.map((it) => it.html)])).toEqual([]);
    await page.keyboard.press("ArrowRight");
    await expect(viewer.getByRole("img", { name: "p3.png" })).toBeVisible();
    await expect(viewer.getByRole("button", { name: "Next picture" })).toBeDisabled();
    await viewer.getByRole("button", { name: "Previous picture" }).click();
    await expect(viewer.getByRole("img", { name: "p2.png" })).toBeVisible();
    const image = viewer.getByRole("img");
    const fitted = (await image.boundingBox())!.width;
    expect(fitted).toBeLessThanOrEqual(width);
    await viewer.getByRole("button", { name: "Original size" }).click();
    await expect.poll(async () => (await image.boundingBox())!.width).toBe(1200);
    const download = page.waitForEvent("download");
    await viewer.getByRole("link", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toBe("p2.png");
    await page.keyboard.press("Escape");
    await expect(viewer).toBeHidden();
    await links.first().focus();
    await page.keyboard.press("Enter");
    await expect(viewer.getByRole("img", { name: "p1.png" })).toBeVisible();
    await viewer.getByRole("button", { name: "Close" }).click();
    await expect(viewer).toBeHidden();
    expect(page.url()).toContain(`/c/${id}`);
  });
}

test("nothing moves when pictures come, and none is loaded again for a reaction", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Still" });
  await sendFiles(ada, id, "One", pictures(1));
  await sendFiles(ada, id, "Four", pictures(4));
  const last = await say(ada, id, "Below");
  const { page } = grace;
  let requests = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/uploads\//, async (route) => {
    requests++;
    await released;
    await route.continue();
  });
  await openPage(page, `/c/${id}`);
  const before = [await place(page, "One"), await place(page, "Four"), await place(page, "Below")];
  expect(before[1]![1]).toBeGreaterThan(150);
  release();
  const images = timeline(page).getByRole("img", { name: /^p\d\.png$/ });
  await expect(images).toHaveCount(5);
  const isLoaded = (index: number) => images.nth(index).evaluate((it: HTMLImageElement) => it.complete && it.naturalWidth > 0);
  await expect.poll(() => Promise.all([0, 1, 4].map(isLoaded))).toEqual([true, true, true]);
  expect([await place(page, "One"), await place(page, "Four"), await place(page, "Below")]).toEqual(before);

  // The row is built anew around them.
  await images.first().evaluate((it) => (it.dataset["kept"] = "yes"));
  const [one] = (await (await ada.api.get(`/api/v1/conversations/${id}/messages?limit=100`)).json()).items.filter(
    (message: { body: string }) => message.body === "One",
  );
  const loaded = requests;
  await ada.api.put(`/api/v1/messages/${one.id}/reactions/${encodeURIComponent("👍")}`);
  await ada.api.put(`/api/v1/messages/${last.id}/reactions/${encodeURIComponent("👍")}`);
  await expect(row(page, "One").getByRole("button", { name: /👍/ })).toBeVisible();
  await expect(images.first()).toHaveAttribute("data-kept", "yes");
  expect(requests).toBe(loaded);

  // So are those that have come since, once their chunk is there.
  const hasChunk = () => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/split_files.wasm"));
  await expect.poll(() => page.evaluate(hasChunk)).toBe(true);
  const late = await sendFiles(ada, id, "Late", pictures(2));
  await expect.poll(() => Promise.all([5, 6].map(isLoaded))).toEqual([true, true]);
  await images.last().evaluate((it) => (it.dataset["kept"] = "yes"));
  await ada.api.put(`/api/v1/messages/${late}/reactions/${encodeURIComponent("👍")}`);
  await expect(row(page, "Late").getByRole("button", { name: /👍/ })).toBeVisible();
  await expect(images.last()).toHaveAttribute("data-kept", "yes");
});

for (const [width, height, deviceScaleFactor, chosen] of [
  [1440, 900, 1, 800],
  [390, 844, 3, 800],
] as const) {
  test(`a row loads a thumbnail and the viewer the picture, at ${width} px and ${deviceScaleFactor}x`, async ({ browser, ada, grace, consoleErrors }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Thumbnails" });
    const large = picture("large.png", 2400, 1600);
    await sendFiles(ada, id, "First", [large]);
    const file = (await sentFiles(grace, id))[0]![0]!;
    const context = await browser.newContext({
      storageState: await grace.context.storageState(),
      viewport: { width, height },
      deviceScaleFactor,
    });
    watch(context, "grace", consoleErrors);
    const page = await context.newPage();
    const requests: string[] = [];
    let release = () => {};
    const hold = () => new Promise<void>((resolve) => (release = resolve));
    let released = hold();
    await page.route(/\/uploads\/\d/, async (route) => {
      requests.push(new URL(route.request().url()).pathname);
      await released;
      await route.continue();
    });
    await openPage(page, `/c/${id}`);
    await untilListening(page);
    await untilOpening(page);
    const message = row(page, "First");
    const [placeholder, image] = [message.locator("a.picture img").first(), message.getByRole("img", { name: "large.png" })];
    await expect(placeholder).toHaveAttribute("src", /^data:image\/webp;base64,/);
    await expect(placeholder).toHaveJSProperty("naturalWidth", 20);
    await expect.poll(() => requests.length).toBe(1);
    const box = await image.boundingBox();
    expect(await placeholder.boundingBox()).toEqual(box);
    expect(box!.width / box!.height).toBeCloseTo(1.5, 1);
    expect(await image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(0);
    await page.evaluate(() => {
      const shifts = ((window as unknown as { shifts: number[] }).shifts = []) as number[];
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      });
      observer.observe({ type: "layout-shift" });
    });
    release();
    await expect.poll(() => image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
    // One frame later, what has moved is told.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    expect(await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)).toEqual([]);
    expect(await image.boundingBox()).toEqual(box);
    const thumbnail = file.url.replace("large.png", `thumbnails/${chosen}.webp`);
    expect(requests).toEqual([thumbnail]);

    // The picture itself is loaded when it is opened; the thumbnail is in its place until then.
    released = hold();
    await image.click();
    const shown = page.getByRole("dialog", { name: "Pictures" }).getByRole("img");
    await expect.poll(() => requests).toContain(file.url);
    const background = () => shown.evaluate((it) => getComputedStyle(it).backgroundImage);
    expect(await background()).toContain(thumbnail);
    const sides = () => shown.evaluate((it: HTMLImageElement) => [it.offsetWidth, it.offsetHeight]);
    const before = await sides();
    expect(before[0]).toBeGreaterThan(width / 2);
    release();
    await expect.poll(background).toBe("none");
    expect(await shown.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(2400);
    expect(await sides()).toEqual(before);
    await page.keyboard.press("Escape");

    // What comes later is shown in the same way.
    await sendFiles(ada, id, "Second", [large]);
    const second = row(page, "Second").locator("a.picture img");
    await expect(second).toHaveCount(2);
    await expect(second.first()).toHaveAttribute("src", /^data:image/);
    await expect.poll(() => second.last().evaluate((it: HTMLImageElement) => it.currentSrc)).toContain(`/thumbnails/${chosen}.webp`);
    await context.close();
  });
}

test("sound, video and other files have their players and cards", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const pdf = { name: "plan.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n%\xe2\xe3\n1 0 obj\n", "latin1") };
  await sendFiles(ada, id, "Mixed", [wave("note.wav"), pdf, { name: "page.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>") }]);
  const { page } = grace;
  await openPage(page, `/c/${id}`);
  const message = row(page, "Mixed");
  const player = message.getByRole("group", { name: "note.wav" });
  await expect(player.getByRole("slider")).toHaveAttribute("aria-valuetext", "0:00 of 0:01");
  await expect(message.getByText("0:01 · ")).toBeVisible();
  await expect(message.getByRole("link", { name: /plan\.pdf/ })).toContainText("PDF");
  // An SVG may have scripts: it is saved, and never shown.
  await expect(message.getByRole("img", { name: "page.svg" })).toHaveCount(0);
  const download = page.waitForEvent("download");
  await message.getByRole("link", { name: /page\.svg/ }).click();
  expect((await download).suggestedFilename()).toBe("page.svg");
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.map((it) => it.html)])).toEqual([]);
});

test("lists, quotes and threads say what a message without a text has, and a search finds it", async ({ ada, grace }) => {
  const title = `words ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "channel", title });
  const { page } = grace;
  await openPage(page, `/c/${id}`);
  await sendFiles(ada, id, "", pictures(1));
  await expect(sidebarRow(page, title)).toContainText("Photo");
  await sendFiles(ada, id, "", [bytes("a.bin", 1), bytes("b.bin", 2)]);
  await expect(sidebarRow(page, title)).toContainText("2 files");
  await sendFiles(ada, id, "", [bytes("c.bin", 1)]);
  await expect(sidebarRow(page, title)).toContainText("c.bin");
  const message = page.locator("li.message", { has: page.getByRole("img", { name: "p1.png" }) });
  await message.locator(".bubble").hover();
  await message.getByRole("button", { name: "Reply", exact: true }).click();
  await expect(page.locator("form.composer")).toContainText("Photo");
  await composer(page).fill("Nice");
  await composer(page).press("Enter");
  await expect(row(page, "Nice").locator(".quote")).toContainText("Photo");
  await reload(page);
  await expect(row(page, "Nice").locator(".quote")).toContainText("Photo");

  await sidebarRow(page, title).hover();
  await page.getByRole("button", { name: "Options of the conversation" }).first().click();
  await page.getByRole("menuitem", { name: "Files" }).click();
  const search = page.getByRole("complementary", { name: "Search" });
  await expect(search.getByRole("listitem")).toHaveCount(3);
  await expect(search).toContainText("a.bin");
  await expect(search).toContainText("p1.png");
  await expect(search.locator(".search-file img")).toHaveAttribute("src", /\/thumbnails\/320\.webp$/);
  await search.getByRole("combobox").fill("has:image ");
  await search.getByRole("combobox").press("Enter");
  await expect(search.getByRole("listitem")).toHaveCount(1);
});

test("who is not in the conversation, or has left it, gets nothing", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Within" });
  const message = await sendFiles(ada, id, "Within", pictures(1));
  const file = (await sentFiles(grace, id))[0]![0]!;
  const status = async (person: Person) => (await person.context.request.get(file.url)).status();
  expect(await status(grace)).toBe(200);
  expect(await status(linus)).toBe(404);
  await openPage(grace.page, `/c/${id}`);
  const left = await grace.api.post(`/api/v1/conversations/${id}/leave`);
  expect(left.ok(), await left.text()).toBe(true);
  expect(await status(grace)).toBe(404);
  expect(await status(ada)).toBe(200);
  await ada.api.delete(`/api/v1/messages/${message}`);
  expect(await status(ada)).toBe(404);
});

test("a drop beside the boxes, and on a page without one, never takes the place of the page", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  for (const place of [page.getByRole("navigation", { name: "Conversations" }), page.locator("body")]) {
    expect(await transferFiles(place, "dragover", [bytes("a.bin", 1)])).toBe(false);
    expect(await transferFiles(place, "drop", [bytes("a.bin", 1)])).toBe(false);
  }
  await openPage(page, "/settings");
  await expect.poll(() => transferFiles(page.locator("body"), "drop", [bytes("a.bin", 1)])).toBe(false);
});

/** A second of silence. */
function wave(name: string): TestFile {
  const rate = 8000;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + rate, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(rate, 40);
  return { name, mimeType: "audio/wav", buffer: Buffer.concat([header, Buffer.alloc(rate, 128)]) };
}
