// What assistive technologies have: roles, names and states, and nothing else of the page.
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { say, startConversation } from "../conversation";
import { expect, openPage, test } from "../people";

const messages = (page: Page) => page.getByRole("log", { name: "Messages" });
const message = (page: Page, text: string) => messages(page).getByRole("listitem").filter({ hasText: text });

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Goes with the arrow keys to the newest message that has the text, and presses one of its buttons. */
async function act(page: Page, text: string, action: string): Promise<void> {
  await messages(page).focus();
  const focused: Locator = message(page, text);
  for (let steps = 0; steps < 10; steps++) {
    await page.keyboard.press("ArrowUp");
    if (await focused.evaluate((it) => it === document.activeElement)) break;
  }
  await expect(focused).toBeFocused();
  await focused.getByRole("group", { name: "Message actions" }).getByRole("button", { name: action, exact: true }).press("Enter");
}

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a conversation by roles and names alone, ${colorScheme} at ${width} px`, async ({ ada, grace }) => {
    const title = `Reading circle ${ada.username}`;
    const id = await startConversation(grace, [ada], { kind: "group", title });
    await say(grace, id, "What shall we read next?");
    await say(grace, id, "Something *short*, please");
    for (const { page } of [ada, grace]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
    }
    await openPage(grace.page, `/c/${id}`);
    const { page } = ada;
    await openPage(page, "/");

    // Find, and open.
    const list = page.getByRole("navigation", { name: "Conversations" });
    await expect(list.getByRole("list", { name: "Unread" }).getByRole("link", { name: title })).toContainText("2 unread");
    await list.getByRole("button", { name: "Find or go to…" }).press("Enter");
    const palette = page.getByRole("dialog", { name: "Go to" });
    await expect(palette.getByRole("combobox")).toBeFocused();
    await palette.getByRole("combobox").fill(title);
    await expect(palette.getByRole("option", { name: title, selected: true })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(palette).toBeHidden();
    await expect(page.getByRole("heading", { level: 2, name: title })).toBeVisible();

    // Read. The time is beside the name in rows, and behind the text in bubbles.
    const time = "- time: /\\d+:\\d+/";
    const [inByline, inBubble] = width < 768 ? ["", `:\n              ${time}`] : [time, ""];
    await expect(messages(page)).toMatchAriaSnapshot(`
      - log "Messages":
        - list:
          - listitem: Today
          - listitem: New messages
          - listitem:
            - paragraph:
              - button "${grace.name}"
              ${inByline}
            - text: What shall we read next?
            - paragraph${inBubble}
          - listitem:
            - paragraph: "${grace.name}:"
            - paragraph:
              - text: Something
              - emphasis: short
              - text: ", please"
            - paragraph:
              - time: /\\d+:\\d+/
    `);
    await expectNoViolations(page);

    // Reply.
    await act(page, "What shall we read next?", "Reply");
    const box = page.getByRole("textbox", { name: "Message", exact: true });
    await expect(box).toBeFocused();
    await page.keyboard.type("A poem");
    await page.keyboard.press("Enter");
    const answer = message(grace.page, "A poem");
    await expect(answer.getByRole("button", { name: /^In reply to .*What shall we read next\?$/ })).toBeVisible();

    // React.
    await act(page, "Something short", "React");
    const picker = page.getByRole("group", { name: "Pick a reaction" });
    await picker.getByRole("button", { name: "party popper", exact: true }).first().press("Enter");
    const own = message(page, "Something short").getByRole("group", { name: "Reactions" });
    await expect(own.getByRole("button", { name: "🎉 You", pressed: true })).toBeVisible();
    const theirs = message(grace.page, "Something short").getByRole("group", { name: "Reactions" });
    await expect(theirs.getByRole("button", { name: `🎉 ${ada.name}`, pressed: false })).toBeVisible();

    // Search, and go to what is found.
    await page.getByRole("button", { name: "Search this conversation" }).press("Enter");
    const search = page.getByRole("complementary", { name: "Search" });
    const query = search.getByRole("combobox", { name: "Search messages" });
    await expect(query).toBeFocused();
    await query.fill("poem");
    await page.keyboard.press("Enter");
    await expect(search.getByRole("status").filter({ hasText: "1 message" })).toBeVisible();
    const result = search.getByRole("list", { name: "Results" }).getByRole("link", { name: /A poem/ });
    await expectNoViolations(page);
    await result.press("Enter");
    await expect(message(page, "A poem")).toBeInViewport();
    await expect(page).toHaveURL(new RegExp(`/c/${id}/m/\\d+$`));
    await expectNoViolations(page);
  });
}

test("with a zoom of 400 %, messages can be read", async ({ ada, grace }, testInfo) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Zoomed" });
  // The clock follows a text: without the dot, "Message 3" at 00:15 were a "Message 30", too.
  for (let at = 1; at <= 30; at++) await say(grace, id, `Message ${at}.`);
  const { page } = ada;
  await page.setViewportSize({ width: 360, height: 225 });
  await openPage(page, `/c/${id}`);
  const box = page.getByRole("textbox", { name: "Message", exact: true });
  const height = async () => (await messages(page).boundingBox())!.height;
  await expect(page.locator(".composer .compose-tools")).toBeAttached();
  await box.blur();
  await expect.poll(height, "most of the page has the messages").toBeGreaterThan(112);
  await box.focus();
  await expect.poll(height).toBeGreaterThan(80);
  await message(page, "Message 30.").focus();
  await page.keyboard.press("r");
  await expect(page.locator(".reply-preview")).toContainText("Message 30.");
  await expect.poll(height, "beside a quote").toBeGreaterThan(60);
  await expect(message(page, "Message 30.").locator(".body")).toBeInViewport({ ratio: 1 });
  await testInfo.attach("quote", { body: await page.screenshot(), contentType: "image/png" });
  await messages(page).evaluate((it) => it.scrollBy(0, -400));
  const jump = page.getByRole("button", { name: /^Jump to the newest/ });
  await expect(jump).toBeVisible();
  expect((await jump.boundingBox())!.height).toBeLessThanOrEqual(33);
  await expectNoViolations(page);
});
