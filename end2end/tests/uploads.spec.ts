// Uploads of the page over networks that fail: each goes on where it stopped, and its message is sent once.
import { composer, startConversation, timeline } from "../conversation";
import { addFiles, bytes, download, expectUploaded, picture, sentFiles, sha256, tray } from "../files";
import { sockets } from "../network";
import { NO_NETWORK, type Person, expect, openPage, reload, test } from "../people";

const FAILED = /Failed to load resource/;

/** Expects one message with this one file, as it was. */
async function expectSentOnce(person: Person, id: string, buffer: Buffer): Promise<void> {
  await expect.poll(async () => (await sentFiles(person, id)).map((files) => files.length)).toEqual([1]);
  const [[file]] = (await sentFiles(person, id)) as [[{ id: string; name: string; url: string }]];
  expect(sha256(await download(person, file))).toBe(sha256(buffer));
}

test("an upload that the network breaks goes on, and its message waits for it", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, FAILED);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await expect(page.getByRole("button", { name: "Add files" })).toBeVisible();
  // Pieces of 4 MiB: the second one is lost.
  let pieces = 0;
  let isCut = false;
  const offsets: string[] = [];
  await page.route(/\/api\/v1\/uploads\//, async (route) => {
    const request = route.request();
    if (request.method() === "PATCH") {
      offsets.push(request.headers()["upload-offset"]!);
      if (++pieces === 2) {
        await network.offline(true);
        await route.abort();
        isCut = true;
        return;
      }
    }
    return route.continue();
  });
  const file = bytes("long.bin", 10_000_000);
  await addFiles(page, [file]);
  await composer(page).fill("with a file");
  await composer(page).press("Enter");
  await expect(timeline(page).getByRole("list", { name: "Files that are being sent" })).toBeVisible();
  await expect(timeline(page).getByText("with a file")).toBeVisible();
  await expect.poll(() => isCut).toBe(true);
  expect(await sentFiles(grace, id)).toEqual([]);
  await network.offline(false);
  await expectSentOnce(grace, id, file.buffer);
  // The first piece was not sent again.
  expect(offsets.filter((offset) => offset === "0")).toHaveLength(1);
  await expect(timeline(page).getByRole("link", { name: /long\.bin/ })).toBeVisible();
});

test("an upload goes on after a reload, from where it was", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, FAILED);
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await expect(page.getByRole("button", { name: "Add files" })).toBeVisible();
  let pieces = 0;
  let isStuck = true;
  const offsets: string[] = [];
  await page.route(/\/api\/v1\/uploads\//, async (route) => {
    const request = route.request();
    if (request.method() === "PATCH") {
      pieces++;
      offsets.push(request.headers()["upload-offset"]!);
      if (pieces > 1 && isStuck) return route.abort();
    }
    return route.continue();
  });
  const file = bytes("reloaded.bin", 9_000_000);
  await addFiles(page, [file]);
  await composer(page).fill("after a reload");
  await composer(page).press("Enter");
  await expect.poll(() => pieces).toBeGreaterThan(1);
  await reload(page);
  await expect(timeline(page).getByText("after a reload")).toBeVisible();
  expect(await sentFiles(grace, id)).toEqual([]);
  isStuck = false;
  await expectSentOnce(grace, id, file.buffer);
  expect(offsets.filter((offset) => offset === "0")).toHaveLength(1);
  await reload(page);
  await expect(timeline(page).getByRole("link", { name: /reloaded\.bin/ })).toHaveCount(1);
});

test("what is chosen offline waits, and a cancelled upload leaves nothing", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, FAILED);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await addFiles(page, [bytes("before.bin", 1)]);
  await expectUploaded(page, 1);
  await network.offline(true);
  await addFiles(page, [bytes("offline.bin", 100), bytes("dropped.bin", 100)]);
  await expect(tray(page).getByRole("listitem").nth(1)).toContainText("waiting");
  await page.getByRole("button", { name: "Remove dropped.bin" }).click();
  await composer(page).press("Enter");
  await expect(tray(page)).toHaveCount(0);
  await network.offline(false);
  await expect.poll(async () => (await sentFiles(grace, id)).flat().map((file) => file.name)).toEqual(["before.bin", "offline.bin"]);
});

test("a file that is refused says so, and can be tried again or removed", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(FAILED);
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await expect(page.getByRole("button", { name: "Add files" })).toBeVisible();
  const problem = { type: "about:blank", title: "Too large", status: 413, code: "too_large", detail: "A file has at most 1 byte." };
  await page.route(/\/api\/v1\/uploads$/, (route) =>
    route.fulfill({ status: 413, contentType: "application/problem+json", body: JSON.stringify(problem) }),
  );
  await addFiles(page, [picture("refused.png", 20, 20)]);
  await expect(tray(page).getByRole("alert")).not.toBeEmpty();
  await page.unroute(/\/api\/v1\/uploads$/);
  await tray(page).getByRole("button", { name: "Try again" }).click();
  await expectUploaded(page, 1);
  await composer(page).press("Enter");
  await expect(timeline(page).getByRole("img", { name: "refused.png" })).toBeVisible();
});

test("no message is sent without files that its tray does not have yet", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route(/\/split_files\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await openPage(page, `/c/${id}`);
  await addFiles(page, [bytes("late.bin", 100)]);
  await composer(page).fill("with it");
  await composer(page).press("Enter");
  await expect(page.locator(".composer").getByText("The files are not loaded yet. Try again in a moment.")).toBeVisible();
  await expect(composer(page)).toHaveValue("with it");
  await page.getByRole("button", { name: "Send later" }).press("Enter");
  const times = page.getByRole("dialog", { name: "Send later", exact: true });
  await times.getByRole("button", { name: "In 1 hour" }).click();
  await expect(times.getByRole("alert")).toHaveText("Not all files are uploaded yet. Try again when they are.");
  await page.keyboard.press("Escape");
  await expect(composer(page)).toHaveValue("with it");
  release();
  await expectUploaded(page, 1);
  await composer(page).press("Enter");
  await expect.poll(async () => (await sentFiles(grace, id)).map((them) => them.map((file) => file.name))).toEqual([["late.bin"]]);
});
