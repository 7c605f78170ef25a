// Voice messages: one records, the other hears. Chromium's microphone is a tone that comes and goes.
import type { Locator, Page } from "@playwright/test";
import { composer, startConversation, timeline, untilListening } from "../conversation";
import { sentFiles, tray } from "../files";
import { sockets } from "../network";
import config from "../playwright.config";
import { NO_NETWORK, type Person, expect, openPage, reload, test } from "../people";

const FAILED = /Failed to load resource/;

const browser = config.use?.launchOptions;
test.use({
  launchOptions: {
    ...browser,
    args: [...(browser?.args ?? []), "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
  },
});

const microphone = (page: Page) => page.getByRole("button", { name: "Record a voice message" }).first();
const bar = (page: Page) => page.getByRole("group", { name: "Voice message" }).and(page.locator(".voice-bar"));
const send = (page: Page) => page.getByRole("button", { name: "Send the voice message" });
const players = (page: Page) => timeline(page).locator(".player");

/** Opens a conversation, in which the box has its tools. */
async function open(person: Person, id: string): Promise<Page> {
  await openPage(person.page, `/c/${id}`);
  await untilListening(person.page);
  await composer(person.page).focus();
  await expect(microphone(person.page)).toBeVisible();
  return person.page;
}

/** Waits until at least so many seconds are recorded. */
async function recorded(page: Page, seconds: number): Promise<void> {
  const shown = async () => Number((await bar(page).getByRole("timer").textContent())!.split(":")[1]);
  await expect.poll(shown).toBeGreaterThanOrEqual(seconds);
}

async function record(page: Page, seconds = 2): Promise<void> {
  await microphone(page).click();
  await recorded(page, seconds);
}

const position = async (player: Locator) => Number(await player.getByRole("slider").getAttribute("aria-valuenow"));
const currentTime = (page: Page) => page.evaluate(() => document.querySelector<HTMLAudioElement>("body > audio")?.currentTime ?? 0);

for (const width of [1440, 390]) {
  test(`one records and the other hears, ${width} px wide`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace]);
    for (const { page } of [ada, grace]) await page.setViewportSize({ width, height: 800 });
    const hers = await open(grace, id);
    const page = await open(ada, id);
    await record(page, 3);
    await send(page).click();
    await expect(bar(page)).toHaveCount(0);
    await expect(players(page)).toHaveCount(1);
    await expect(composer(page)).toBeFocused();

    const player = players(hers);
    await expect(player).toHaveCount(1);
    await expect(player.getByRole("slider")).toHaveAttribute("aria-valuetext", /^0:00 of 0:0[3-9]$/);
    // A tone that comes and goes is no flat line.
    const [[file]] = (await sentFiles(grace, id)) as unknown as [[{ waveform: string; duration: number; kind: string }]];
    expect(file.kind).toBe("audio");
    const amplitudes = Buffer.from(file.waveform, "base64");
    expect(amplitudes.length).toBeLessThanOrEqual(100);
    expect(Math.max(...amplitudes)).toBe(255);
    expect(Math.min(...amplitudes)).toBeLessThan(128);

    await player.getByRole("button", { name: "Play" }).click();
    await expect(player.getByRole("button", { name: "Pause" })).toBeVisible();
    await expect.poll(() => currentTime(hers)).toBeGreaterThan(0.3);
    await expect.poll(() => position(player)).toBeGreaterThan(0);
    await player.getByRole("button", { name: "Pause" }).click();
    // A click in the middle goes there.
    await player.getByRole("slider").click();
    await expect.poll(() => currentTime(hers)).toBeGreaterThan(1);
    await player.getByRole("button", { name: "Speed: 1" }).click();
    await expect(player.getByRole("button", { name: "Speed: 1.5" })).toBeVisible();
    expect(await hers.evaluate(() => document.querySelector<HTMLAudioElement>("body > audio")!.playbackRate)).toBe(1.5);
    // It goes back to its beginning at its end.
    await player.getByRole("button", { name: "Play" }).click();
    await expect(player.getByRole("button", { name: "Play" })).toBeVisible();
    await expect(player.getByRole("slider")).toHaveAttribute("aria-valuenow", "0");
  });
}

test("everything is done with the keyboard", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const page = await open(ada, id);
  // The second one of the toolbar, which is one stop of the Tab key.
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowRight");
  await expect(microphone(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await recorded(page, 1);
  await expect(send(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(bar(page)).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
  await expect(players(page)).toHaveCount(0);

  await page.keyboard.press("Tab");
  await expect(microphone(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await recorded(page, 2);
  await page.keyboard.press("Enter");
  const player = players(page);
  await expect(player).toHaveCount(1);
  const slider = player.getByRole("slider");
  await slider.focus();
  await page.keyboard.press("End");
  const last = await slider.getAttribute("aria-valuenow");
  expect(Number(last)).toBeGreaterThan(0);
  await page.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuenow", "0");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => currentTime(page)).toBeGreaterThan(0.1);
  await page.keyboard.press("Space");
  const before = await currentTime(page);
  await expect.poll(() => currentTime(page)).toBeGreaterThan(before);
});

test("one plays at a time", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const page = await open(ada, id);
  for (const count of [1, 2]) {
    await record(page, 2);
    await send(page).click();
    await expect(players(page)).toHaveCount(count);
  }
  const [first, second] = [players(page).first(), players(page).last()];
  await first.getByRole("button", { name: "Play" }).click();
  await expect(first.getByRole("button", { name: "Pause" })).toBeVisible();
  await second.getByRole("button", { name: "Play" }).click();
  await expect(second.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(first.getByRole("button", { name: "Play" })).toBeVisible();
});

test("a microphone that is refused, or that there is none of, is told with what helps", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await ada.page.addInitScript(() => {
    const names = ["NotAllowedError", "NotFoundError"];
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", names.shift()));
  });
  const page = await open(ada, id);
  for (const advice of [/Allow it in the settings/, /No microphone was found/]) {
    await microphone(page).click();
    await expect(bar(page).getByRole("alert")).toHaveText(advice);
    await page.keyboard.press("Escape");
    await expect(bar(page)).toHaveCount(0);
  }
});

test("without a recorder there is no button", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await ada.page.addInitScript(() => Reflect.deleteProperty(window, "MediaRecorder"));
  await openPage(ada.page, `/c/${id}`);
  await composer(ada.page).focus();
  await expect(ada.page.getByRole("button", { name: "Add files" })).toBeVisible();
  await expect(microphone(ada.page)).toHaveCount(0);
});

test("what is recorded offline is sent when the connection is back, and after a reload", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, FAILED);
  const id = await startConversation(ada, [grace]);
  const network = await sockets(ada.page);
  const page = await open(ada, id);
  // Its chunk is there.
  await record(page, 1);
  await page.keyboard.press("Escape");
  await expect(bar(page)).toHaveCount(0);
  await microphone(page).click();
  await network.offline(true);
  await recorded(page, 2);
  await send(page).click();
  await expect(timeline(page).getByRole("list", { name: "Files that are being sent" })).toBeVisible();
  expect(await sentFiles(grace, id)).toEqual([]);
  await network.offline(false);
  await expect.poll(async () => (await sentFiles(grace, id)).length).toBe(1);
  await reload(page);
  await expect(players(page)).toHaveCount(1);
});

test("another conversation leaves the recording in the tray, from where it is sent", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  const other = await startConversation(ada, [linus]);
  const page = await open(ada, id);
  await record(page, 2);
  await page.locator(`a[href="/c/${other}"]`).first().click();
  await expect(page).toHaveURL(new RegExp(`/c/${other}$`));
  await expect(bar(page)).toHaveCount(0);
  await page.locator(`a[href="/c/${id}"]`).first().click();
  await expect(tray(page).getByText("Voice message.webm")).toBeVisible();
  expect(await sentFiles(grace, id)).toEqual([]);
  await composer(page).fill("what I said");
  await composer(page).press("Enter");
  await expect(players(page)).toHaveCount(1);
  await expect(timeline(page).getByText("what I said")).toBeVisible();
});
