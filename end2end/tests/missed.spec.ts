// What was missed while there was no connection is marked where the reader was, and told once.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { composer, expectTick, readAll, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { sockets } from "../network";
import { NO_NETWORK, expect, openPage, test } from "../people";

const missedLine = (page: Page) => timeline(page).locator(".missed-line");
const unreadLine = (page: Page) => timeline(page).locator(".unread-line");
const announced = (page: Page) => page.locator("p.sr-only[aria-live=polite]");

for (const [way, colorScheme, width] of [
  ["the network was away", "light", 1440],
  ["the socket was cut", "dark", 390],
] as const) {
  test(`after ${way}, what was missed is marked until the conversation is opened anew, ${colorScheme} at ${width} px`, async ({
    ada,
    grace,
    expectedErrors,
  }, testInfo) => {
    expectedErrors.push(NO_NETWORK);
    const id = await startConversation(ada, [grace], { kind: "group", title: `Missed ${ada.username}` });
    const other = await startConversation(ada, [grace], { kind: "group", title: `Other ${ada.username}` });
    await say(grace, id, "Before");
    await readAll(ada, id);
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 844 });
    const network = await sockets(page);
    await openPage(page, `/c/${id}`);
    await say(grace, id, "In time");
    await expect(row(page, "In time")).toBeVisible();
    await expect(missedLine(page), "the first connect heals nothing").toHaveCount(0);

    if (way === "the network was away") await network.offline(true);
    else await network.cut();
    await expect(page.locator(".banner-shown")).toBeVisible();
    await write(page, "Mine, meanwhile");
    await say(grace, id, "Late one");
    await say(grace, id, "Late two");
    if (way === "the network was away") await network.offline(false);
    else network.open = true;

    await expect(row(page, "Late two")).toBeVisible({ timeout: 30_000 });
    await expect(missedLine(page)).toHaveText("Came while offline");
    await expect(page.locator(".missed-line + li .body")).toHaveText("Late one");
    await expect(unreadLine(page), "one line says it").toHaveCount(0);
    await expect(announced(page).filter({ hasText: "2 messages came while offline." })).toContainText("Late two");
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.map((it) => it.html)])).toEqual([]);
    await testInfo.attach("missed", { body: await page.screenshot(), contentType: "image/png" });

    // What comes now is in time, and the line stays where it is until the conversation is opened anew.
    await expectTick(page, "Mine, meanwhile", "Sent");
    await say(grace, id, "Afterwards");
    await expect(row(page, "Afterwards")).toBeVisible();
    await expect(page.locator(".missed-line + li .body")).toHaveText("Late one");
    await expect(announced(page).filter({ hasText: "Afterwards" })).not.toContainText("offline");
    if (width > 800) {
      await sidebarRow(page, `Other ${ada.username}`).click();
      await expect(page).toHaveURL(new RegExp(`/c/${other}$`));
      await sidebarRow(page, `Missed ${ada.username}`).click();
      await expect(composer(page)).toBeVisible();
      await expect(missedLine(page)).toHaveCount(0);
    }
  });
}

for (const count of [30, 130]) {
  test(`${count} messages that were missed are unread from the first on, and nothing else says the same`, async ({
    ada,
    grace,
    expectedErrors,
  }) => {
    expectedErrors.push(NO_NETWORK);
    const id = await startConversation(ada, [grace], { kind: "group", title: "Both" });
    await say(grace, id, "Before");
    await readAll(ada, id);
    const { page } = ada;
    const network = await sockets(page);
    await openPage(page, `/c/${id}`);
    await expect(row(page, "Before")).toBeVisible();
    await network.offline(true);
    for (let at = 1; at <= count; at++) await say(grace, id, `Late ${at}.`);
    await network.offline(false);
    await expect(page.locator(".unread-line + li .body")).toHaveText("Late 1.", { timeout: 30_000 });
    await expect(missedLine(page)).toHaveCount(0);
    // What is not seen stays unread.
    await expect(row(page, "Late 1.")).toBeInViewport();
    await expect(row(page, `Late ${count}.`)).not.toBeInViewport();
    const unread = async () => (await (await ada.api.get(`/api/v1/conversations/${id}`)).json()).unread;
    await expect.poll(unread).toBeGreaterThan(0);
    await page.waitForTimeout(1_000);
    expect(await unread()).toBeGreaterThan(0);
  });
}
