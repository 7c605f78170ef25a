// Files of drafts that two devices, or two tabs, have at once: none is lost, sent twice or uploaded twice.
import type { Page } from "@playwright/test";
import { composer, startConversation, timeline } from "../conversation";
import { addFiles, bytes, download, draftFiles, expectUploaded, sentFiles, sha256, tray, uploadFiles } from "../files";
import { type Person, browserOf, expect, openPage, test } from "../people";

const files = (page: Page) => tray(page).getByRole("listitem");
const names = (page: Page) => files(page).locator(".tray-name").allTextContents();
const sentNames = async (person: Person, id: string) => (await sentFiles(person, id)).map((them) => them.map((it) => it.name));

/** The texts of a person's drafts, as the server has them. */
async function draftTexts(person: Person): Promise<string[]> {
  const { items } = (await (await person.api.get("/api/v1/me/drafts")).json()) as { items: { body: string }[] };
  return items.map((draft) => draft.body);
}

/** Holds the requests of a page's uploads that have this method. They go on, or fail, when the answer is called. */
async function hold(page: Page, method: string, then: "continue" | "abort" = "continue"): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route(/\/api\/v1\/uploads/, async (route) => {
    const isHeld = route.request().method() === method;
    if (isHeld) await held;
    // The page may be closed by now.
    await (isHeld && then === "abort" ? route.abort() : route.continue()).catch(() => {});
  });
  return () => release();
}

test("a file that one device removes leaves the other one that has written last", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace]);
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  const { page } = ada;
  for (const it of [page, other]) await openPage(it, `/c/${id}`);
  await addFiles(page, [bytes("gone.bin", 100), bytes("kept.bin", 100)]);
  await expectUploaded(other, 2);
  await composer(other).fill("written last");
  await expect(composer(page)).toHaveValue("written last");
  await page.getByRole("button", { name: "Remove gone.bin" }).click();
  await expect.poll(() => names(other)).toEqual(["kept.bin"]);
  // And that one goes on writing.
  await composer(other).fill("written last, and more");
  await expect.poll(() => draftTexts(ada)).toEqual(["written last, and more"]);
  expect(await draftFiles(ada)).toEqual([["kept.bin"]]);
  await expect(composer(page)).toHaveValue("written last, and more");
  await expect.poll(() => names(page)).toEqual(["kept.bin"]);
  expect(await draftFiles(grace)).toEqual([]);
  await device.close();
});

test("a message waits for a file that another device uploads, which goes on", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace]);
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  const { page } = ada;
  for (const it of [page, other]) await openPage(it, `/c/${id}`);
  const release = await hold(other, "PATCH");
  const file = bytes("slow.bin", 100_000);
  await addFiles(other, [file]);
  await expect.poll(() => names(page)).toEqual(["slow.bin"]);
  await composer(page).fill("with it");
  await composer(page).press("Enter");
  await expect(timeline(page).getByRole("list", { name: "Files that are being sent" })).toBeVisible();
  // Longer than it takes a page to tell the server what it has written.
  await page.waitForTimeout(2_000);
  expect(await draftFiles(ada)).toEqual([["slow.bin"]]);
  expect(await names(other)).toEqual(["slow.bin"]);
  expect(await sentFiles(grace, id)).toEqual([]);
  release();
  await expect.poll(() => sentNames(grace, id), { timeout: 60_000 }).toEqual([["slow.bin"]]);
  const [[sent]] = (await sentFiles(grace, id)) as [[{ id: string; name: string; url: string }]];
  expect(sha256(await download(grace, sent))).toBe(sha256(file.buffer));
  for (const it of [page, other]) await expect(files(it)).toHaveCount(0);
  await expect.poll(() => draftFiles(ada)).toEqual([]);
  await device.close();
});

test("a draft is sent from the list with a file whose upload has not begun", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const release = await hold(page, "POST");
  await composer(page).fill("all of it");
  await addFiles(page, [bytes("new.bin", 100)]);
  await expect(files(page)).toHaveCount(1);
  await expect.poll(() => draftTexts(ada)).toEqual(["all of it"]);
  await openPage(page, "/later");
  await page.getByRole("tabpanel").getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByText("No drafts")).toBeVisible();
  release();
  await expect.poll(() => sentNames(grace, id)).toEqual([["new.bin"]]);
  await expect.poll(() => draftFiles(ada)).toEqual([]);
});

test("of two tabs one uploads a file, and the other one goes on when that is closed", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource: net::ERR_FAILED/);
  const id = await startConversation(ada, [grace]);
  const first = ada.page;
  const second = await ada.context.newPage();
  for (const it of [first, second]) await openPage(it, `/c/${id}`);
  const pieces: Page[] = [];
  ada.context.on("request", (request) => {
    if (request.method() === "PATCH" && request.url().includes("/uploads/")) pieces.push(request.frame().page());
  });
  const end = await hold(first, "PATCH", "abort");
  await addFiles(first, [bytes("one.bin", 100), bytes("two.bin", 100)]);
  await expect.poll(() => names(second)).toEqual(["one.bin", "two.bin"]);
  await expect.poll(() => draftFiles(ada)).toEqual([["one.bin", "two.bin"]]);
  for (const text of await files(second).allTextContents()) expect(text).toContain("waiting");
  await expect(tray(second).getByRole("alert")).toHaveCount(0);
  expect(pieces.filter((it) => it === second)).toEqual([]);
  // Removed where it is not uploaded.
  await second.getByRole("button", { name: "Remove one.bin" }).click();
  await expect.poll(() => names(first)).toEqual(["two.bin"]);
  const failed = first.waitForEvent("requestfailed");
  end();
  await failed;
  await first.close();
  await expectUploaded(second, 1);
  expect(pieces.filter((it) => it === second)).toHaveLength(1);
  await composer(second).press("Enter");
  await expect.poll(() => sentNames(grace, id)).toEqual([["two.bin"]]);
});

test("a file that is taken back from a message that failed is in the draft", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource/);
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  const problem = { type: "about:blank", title: "Too large", status: 413, code: "too_large", detail: "A file has at most 1 byte." };
  await page.route(/\/api\/v1\/uploads$/, async (route) => {
    await held;
    const refused = Buffer.from("refused.bin").toString("base64");
    if (!route.request().headers()["upload-metadata"]?.includes(refused)) return route.continue();
    return route.fulfill({ status: 413, contentType: "application/problem+json", body: JSON.stringify(problem) });
  });
  await addFiles(page, [bytes("fine.bin", 100), bytes("refused.bin", 100)]);
  await expect(files(page)).toHaveCount(2);
  await composer(page).fill("both");
  await composer(page).press("Enter");
  await expect(files(page)).toHaveCount(0);
  release();
  await timeline(page).getByRole("button", { name: "Edit", exact: true }).click();
  await expect.poll(() => names(page)).toEqual(["fine.bin", "refused.bin"]);
  await expect.poll(() => draftFiles(ada)).toEqual([["fine.bin"]]);
  await page.getByRole("button", { name: "Remove refused.bin" }).click();
  await composer(page).press("Enter");
  await expect.poll(() => sentNames(grace, id)).toEqual([["fine.bin"]]);
});

test("a scheduled message that has lost a file is changed without it", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const [lost, kept] = await uploadFiles(ada, [bytes("lost.bin", 10), bytes("kept.bin", 10)]);
  const sendAt = new Date(Date.now() + 3_600_000).toISOString();
  const data = { body: "later", sendAt, attachmentIds: [lost, kept] };
  const scheduled = await ada.api.post(`/api/v1/conversations/${id}/scheduled`, { data });
  expect(scheduled.status(), await scheduled.text()).toBe(201);
  const { page } = ada;
  // As the server tells it of a file that is gone at the time of the send.
  const failure = { code: "conflict", detail: "A file of the message is gone. Change the message to send it without." };
  let hasFailed = false;
  await page.route(/\/api\/v1\/me\/scheduled\?/, async (route) => {
    const answer = await route.fetch();
    const json = (await answer.json()) as { items: { uploads: { id: string }[] }[] };
    json.items = json.items.map((it) => ({
      ...it,
      ...(hasFailed ? { state: "failed", failure } : {}),
      uploads: it.uploads.filter((upload) => upload.id !== lost),
    }));
    return route.fulfill({ response: answer, json });
  });
  const changes = () => page.waitForRequest((it) => it.method() === "PATCH" && /\/me\/scheduled\/\d+$/.test(it.url()));
  const items = page.getByRole("tabpanel").getByRole("listitem").filter({ has: page.getByRole("link") });
  await openPage(page, "/later?tab=scheduled");
  await items.getByRole("button", { name: "Edit", exact: true }).click();
  const edit = page.getByRole("dialog", { name: "Change the message" });
  await edit.getByRole("textbox", { name: "Text" }).fill("later, without");
  let change = changes();
  await edit.getByRole("button", { name: "Save" }).click();
  expect((await change).postDataJSON()).toMatchObject({ body: "later, without", attachmentIds: [kept] });
  await expect(edit).toBeHidden();

  hasFailed = true;
  await openPage(page, "/later?tab=scheduled");
  await expect(items).toContainText("A file of the message is gone");
  await items.getByRole("button", { name: "Change time" }).click();
  change = changes();
  await page.getByRole("dialog").getByRole("button", { name: "In 1 hour" }).click();
  expect((await change).postDataJSON()).toMatchObject({ attachmentIds: [kept] });
});
