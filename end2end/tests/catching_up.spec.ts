import type { Page } from "@playwright/test";
import { bodies, readAll, row, say, startConversation, timeline } from "../conversation";
import { sockets } from "../network";
import { type Person, NO_NETWORK, expect, openPage, test } from "../people";

/** Messages before the network goes; all of them are read. */
const BEFORE = 200;

/** The numbers of the messages that have a row, in their order. */
async function shown(page: Page): Promise<number[]> {
  const texts = await bodies(page).allTextContents();
  const numbers = texts.map((text) => Number(text.match(/\d+/)?.[0]));
  expect(numbers, "there is no hole").toEqual(numbers.map((_, at) => numbers[0] + at));
  return numbers;
}

/** Where the first row in view is. */
function firstInView(page: Page): Promise<[string, number]> {
  return timeline(page).evaluate((it) => {
    const { top } = it.getBoundingClientRect();
    const rows = [...it.querySelectorAll("li.message")];
    const first = rows.find((row) => row.getBoundingClientRect().top >= top)!;
    return [first.querySelector(".body")!.textContent!, first.getBoundingClientRect().top];
  });
}

async function expectAt(page: Page, [text, top]: [string, number]): Promise<void> {
  const { y } = (await row(page, text).boundingBox())!;
  expect(Math.abs(y - top), text).toBeLessThan(1);
}

/** Opens a conversation of ada's in which all is read, at its end. */
async function openAtEnd(ada: Person, grace: Person) {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Catching up" });
  for (let at = 1; at <= BEFORE; at++) await say(grace, id, `Message ${at}`);
  await readAll(ada, id);
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  await expect(row(ada.page, `Message ${BEFORE}`)).toBeInViewport();
  return { id, network };
}

/** Messages that come while the network of ada is away. */
async function miss(ada: Person, grace: Person, id: string, network: Awaited<ReturnType<typeof sockets>>, count: number): Promise<void> {
  await network.offline(true);
  await expect(ada.page.getByText("You are offline")).toBeVisible();
  for (let at = 1; at <= count; at++) await say(grace, id, `Message ${BEFORE + at}`);
  await network.offline(false);
  await expect(ada.page.getByText("You are offline")).toHaveCount(0);
  await expect(ada.page.getByRole("button", { name: `${count} new, go to the first` })).toBeVisible();
  await expect(ada.page.getByRole("button", { name: `Jump to the newest message, ${count} unread` })).toBeVisible();
}

for (const [missed, width, height] of [[150, 1440, 900], [400, 390, 844]] as const) {
  test.describe(`after ${missed} missed messages, at ${width} px`, () => {
    test("somebody at the end goes on where reading stopped", async ({ ada, grace, expectedErrors }, testInfo) => {
      test.setTimeout(180_000);
      expectedErrors.push(NO_NETWORK);
      const { page } = ada;
      await page.setViewportSize({ width, height });
      const { id, network } = await openAtEnd(ada, grace);
      const place = await firstInView(page);
      await miss(ada, grace, id, network, missed);
      await expectAt(page, place);
      await expect(page.locator(".unread-line + li .body")).toHaveText(`Message ${BEFORE + 1}`);
      await testInfo.attach("after", { body: await page.screenshot(), contentType: "image/png" });

      await page.getByRole("button", { name: `${missed} new, go to the first` }).click();
      await expect(row(page, `Message ${BEFORE + 1}`)).toBeInViewport();
      // Down to the newest, each message is there.
      const seen = new Set<number>();
      await timeline(page).hover();
      for (let times = 0; times < 200 && !seen.has(BEFORE + missed); times++) {
        for (const number of await shown(page)) seen.add(number);
        await page.mouse.wheel(0, 900);
        await page.waitForTimeout(50);
      }
      for (let at = BEFORE + 1; at <= BEFORE + missed; at++) expect(seen.has(at), `Message ${at}`).toBe(true);
      await expect(page.locator("[aria-current=page] .badge")).toHaveCount(0);
    });

    test("somebody far up stays there, and finds the first and the newest", async ({ ada, grace, expectedErrors }) => {
      test.setTimeout(180_000);
      expectedErrors.push(NO_NETWORK);
      const { page } = ada;
      await page.setViewportSize({ width, height });
      const { id, network } = await openAtEnd(ada, grace);
      await timeline(page).hover();
      while (!(await row(page, "Message 100").count())) {
        await page.mouse.wheel(0, -600);
        await page.waitForTimeout(100);
      }
      await page.waitForTimeout(500);
      const place = await firstInView(page);
      const rows = await shown(page);
      await miss(ada, grace, id, network, missed);
      await expectAt(page, place);
      expect(await shown(page)).toEqual(rows);
      await page.getByRole("button", { name: /^Jump to the newest/ }).click();
      await expect(row(page, `Message ${BEFORE + missed}`)).toBeInViewport();
      await shown(page);
      await page.getByRole("button", { name: `${missed} new, go to the first` }).click();
      await expect(page.locator(".unread-line + li .body")).toHaveText(`Message ${BEFORE + 1}`);
      await expect(row(page, `Message ${BEFORE + 1}`)).toBeInViewport();
      await shown(page);
    });
  });
}
