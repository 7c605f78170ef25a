// Pictures of people and of conversations: chosen, cut and seen by everybody at once, with initials where there is none.
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { row, say, sidebarRow, startConversation, untilListening } from "../conversation";
import { type TestFile, picture, png } from "../files";
import { type Person, browserOf, expect, openPage, test } from "../people";

/** The left half is red, the right one blue. */
function halves(width: number, height: number): TestFile {
  const pixel = (x: number) => (x < width / 2 ? [220, 30, 30] : [30, 30, 220]);
  const line = Buffer.from(Array.from({ length: width }, (_, x) => pixel(x)).flat());
  return png("halves.png", width, height, () => line);
}

/** What Chromium says of a test that looks at the pixels of a canvas. */
const READBACK = /willReadFrequently/;

const cropper = (page: Page) => page.getByRole("dialog", { name: "Choose the part that is shown" });
const stage = (page: Page) => cropper(page).getByRole("img", { name: "The part that is shown" });
const face = (within: Locator) => within.locator(".avatar img");

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Opens the settings, and chooses a file there, once the cropper listens. */
async function choose(page: Page, file: TestFile): Promise<void> {
  await openPage(page, "/settings");
  await page.getByLabel("Choose a picture").setInputFiles(file);
  await expect(cropper(page)).toBeVisible();
}

/** The colour of a pixel of the square, by the parts of its side from the left. */
function colours(page: Page, at: number[]): Promise<string[]> {
  return stage(page).evaluate((canvas, at) => {
    const context = (canvas as HTMLCanvasElement).getContext("2d")!;
    return at.map((part) => {
      const [red, , blue] = context.getImageData(Math.floor(part * 512), 256, 1, 1).data;
      return red > blue ? "red" : "blue";
    });
  }, at);
}

/** Has the picture that is shown come? */
async function expectLoaded(image: Locator): Promise<void> {
  await expect.poll(() => image.evaluate((it) => (it as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
}

async function set(person: Person, path: string): Promise<string> {
  const data = picture("p.png", 300, 300).buffer;
  const headers = { "content-type": "application/octet-stream" };
  const answer = await person.api.put(`/api/v1${path}`, { data, headers });
  expect(answer.status(), await answer.text()).toBe(200);
  return (await answer.json()).url;
}

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`a picture is cut, and another sees it at once, ${colorScheme} at ${width} px`, async ({ ada, grace, expectedErrors }, testInfo) => {
    expectedErrors.push(READBACK);
    const title = `Faces ${ada.username}`;
    const id = await startConversation(ada, [grace], { kind: "channel", title });
    await say(ada, id, "Who is this?");
    for (const { page } of [ada, grace]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
    }
    await openPage(grace.page, `/c/${id}`);
    await untilListening(grace.page);
    const byline = row(grace.page, "Who is this?").locator(".sender-face");
    await expect(byline).toContainText("A");
    await expect(face(byline)).toHaveCount(0);

    const { page } = ada;
    await choose(page, halves(600, 300));
    await expect.poll(() => colours(page, [0.1, 0.9])).toEqual(["red", "blue"]);
    await expectNoViolations(page);
    await page.screenshot({ path: testInfo.outputPath(`cropper-${colorScheme}.png`) });

    await test.step("by keyboard", async () => {
      await stage(page).focus();
      for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowRight");
      await expect.poll(() => colours(page, [0.1, 0.9])).toEqual(["blue", "blue"]);
      for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowLeft");
      await expect.poll(() => colours(page, [0.1, 0.9])).toEqual(["red", "red"]);
      await page.keyboard.press("+");
      await expect(cropper(page).getByRole("slider", { name: "Zoom" })).toHaveValue("1.1");
    });
    await test.step("by pointer", async () => {
      const box = (await stage(page).boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x - box.width, y, { steps: 5 });
      await page.mouse.up();
      await expect.poll(() => colours(page, [0.9])).toEqual(["blue"]);
      await page.mouse.move(x, y);
      await page.mouse.wheel(0, -500);
      await expect.poll(async () => Number(await cropper(page).getByRole("slider", { name: "Zoom" }).inputValue())).toBeGreaterThan(2);
    });
    await cropper(page).getByRole("button", { name: "Save the picture" }).click();
    await expect(cropper(page)).toBeHidden();
    await expectLoaded(face(page.locator("[data-picture]")));
    await expect(page.getByRole("button", { name: "Remove the picture" })).toBeVisible();
    await page.screenshot({ path: testInfo.outputPath(`settings-${colorScheme}.png`) });

    await test.step("without a reload", async () => {
      await expectLoaded(face(byline));
      await expect(face(byline)).toHaveAttribute("alt", "");
      expect(await face(byline).getAttribute("src")).toMatch(/^\/pictures\/[\w-]{22}\/96\.webp$/);
      await expectNoViolations(grace.page);
      await grace.page.screenshot({ path: testInfo.outputPath(`seen-${colorScheme}.png`) });
    });
    await test.step("removed", async () => {
      await page.getByRole("button", { name: "Remove the picture" }).click();
      await expect(face(byline)).toHaveCount(0);
      await expect(page.getByRole("button", { name: "Remove the picture" })).toBeHidden();
      await expect(face(page.locator("[data-picture]"))).toHaveCount(0);
    });
  });

  test(`a channel has a picture, which its members see at once, ${colorScheme} at ${width} px`, async ({ ada, grace, expectedErrors }, testInfo) => {
    expectedErrors.push(READBACK);
    const title = `Faces ${ada.username}`;
    const id = await startConversation(ada, [grace], { kind: "channel", title });
    for (const { page } of [ada, grace]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
    }
    await openPage(grace.page, width < 768 ? "/" : `/c/${id}`);
    const { page } = ada;
    await openPage(page, `/c/${id}`);
    await untilListening(page);
    await page.getByLabel("More", { exact: true }).click();
    await page.getByRole("menuitem", { name: "Name and description" }).click();
    const details = page.getByRole("dialog", { name: "Name and description" });
    await details.getByLabel("Choose a picture").setInputFiles(halves(300, 300));
    await expect(cropper(page)).toBeVisible();
    await expect.poll(() => colours(page, [0.1, 0.9])).toEqual(["red", "blue"]);
    await cropper(page).getByRole("button", { name: "Save the picture" }).click();
    await expect(cropper(page)).toBeHidden();
    await expectLoaded(face(details));
    await expectNoViolations(page);
    await page.screenshot({ path: testInfo.outputPath(`details-${colorScheme}.png`) });
    await expectLoaded(face(sidebarRow(grace.page, title)));
    if (width >= 768) await expectLoaded(face(grace.page.locator(".pane-header")));
    await grace.page.screenshot({ path: testInfo.outputPath(`channel-${colorScheme}.png`) });
    await details.getByRole("button", { name: "Remove the picture" }).click();
    await expect(face(sidebarRow(grace.page, title))).toHaveCount(0);
  });
}

test("a picture is dropped or pasted, and one that is none is refused", async ({ ada, expectedErrors }) => {
  expectedErrors.push(READBACK);
  const { page } = ada;
  await choose(page, { name: "none.png", mimeType: "image/png", buffer: Buffer.from("none") });
  await expect(cropper(page).getByRole("alert")).toContainText("no picture");
  await expect(cropper(page).getByRole("button", { name: "Save the picture" })).toBeDisabled();
  await cropper(page).getByRole("button", { name: "Cancel" }).click();
  for (const kind of ["drop", "paste"]) {
    const base64 = halves(300, 300).buffer.toString("base64");
    await page.locator("[data-picture]").evaluate((place, [kind, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "halves.png", { type: "image/png" }));
      const options = { bubbles: true, cancelable: true };
      const event = kind === "drop"
        ? new DragEvent("drop", { ...options, dataTransfer: data })
        : new ClipboardEvent("paste", { ...options, clipboardData: data });
      place.dispatchEvent(event);
    }, [kind, base64]);
    await expect.poll(() => colours(page, [0.1, 0.9]), kind).toEqual(["red", "blue"]);
    await cropper(page).getByRole("button", { name: "Cancel" }).click();
    await expect(cropper(page)).toBeHidden();
  }
  expect((await (await ada.api.get("/api/v1/me")).json()).avatarUrl).toBeNull();
});

test("pictures are in lists, and initials where one does not come or is elsewhere", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(/404/);
  const id = await startConversation(ada, [grace, linus], { kind: "group", title: `Lists ${ada.username}` });
  await set(grace, "/me/picture");
  await linus.api.patch("/api/v1/me", { data: { avatarUrl: "https://pictures.invalid/linus.png" } });
  const { page } = ada;
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("pictures.invalid")) foreign.push(request.url());
  });
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  await page.getByRole("button", { name: "Members" }).click();
  const members = page.getByRole("complementary", { name: "Members" });
  await expectLoaded(face(members.getByRole("listitem").filter({ hasText: grace.name })));
  const row = members.getByRole("listitem").filter({ hasText: linus.name });
  await expect(row.locator(".avatar")).toBeVisible();
  await expect(face(row)).toHaveCount(0);
  expect(foreign).toEqual([]);
  // A picture that is gone leaves the initials.
  await page.route(/\/pictures\//, (route) => route.fulfill({ status: 404 }));
  await set(grace, "/me/picture");
  const avatar = members.getByRole("listitem").filter({ hasText: grace.name }).locator(".avatar");
  await expect.poll(() => face(members.getByRole("listitem").filter({ hasText: grace.name })).evaluate((it) => (it as HTMLImageElement).complete)).toBe(true);
  await expect(avatar).toContainText("G");
});

test("without scripts the server takes the middle of what is sent", async ({ browser, consoleErrors, ada }) => {
  const scriptless = await browserOf({ browser, consoleErrors }, ada, { javaScriptEnabled: false });
  const page = await scriptless.newPage();
  await page.goto("/settings");
  await page.getByLabel("Choose a picture").setInputFiles(halves(600, 300));
  await page.getByRole("button", { name: "Upload" }).click();
  await expectLoaded(face(page.locator("[data-picture]")));
  await page.getByLabel("Choose a picture").setInputFiles({ name: "none.png", mimeType: "image/png", buffer: Buffer.from("none") });
  await page.getByRole("button", { name: "Upload" }).click();
  await expect(page.getByRole("alert")).toContainText("must be a PNG, JPEG or WebP picture");
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await expect(face(page.locator("[data-picture]"))).toHaveCount(0);
  await scriptless.close();
});
