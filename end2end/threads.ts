import { type Locator, type Page, expect } from "@playwright/test";
import { row } from "./conversation";
import type { Person } from "./people";

/** The pane of the open thread. */
export function threadPane(page: Page): Locator {
  return page.getByRole("complementary", { name: "Thread" });
}

/** The bodies in the pane: of the root, then of the replies. */
export function threadBodies(page: Page): Locator {
  return threadPane(page).locator(".body");
}

export function replyBox(page: Page): Locator {
  return threadPane(page).getByRole("textbox", { name: "Reply in the thread" });
}

/** Types a reply in the open thread, and sends it with Enter. */
export async function writeReply(page: Page, text: string): Promise<void> {
  await replyBox(page).fill(text);
  await replyBox(page).press("Enter");
  await expect(replyBox(page)).toHaveValue("");
}

/** The button below a message that opens its thread. */
export function threadLink(page: Page, text: string): Locator {
  return row(page, text).locator(".thread-link");
}

/** Sends a reply in a thread through the public API. */
export async function reply(person: Person, conversationId: string, root: string, body: string, also = false): Promise<{ id: string }> {
  const answer = await person.api.post(`/api/v1/conversations/${conversationId}/messages`, {
    data: { body, threadId: root, alsoToConversation: also },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return answer.json();
}

/** Chooses an entry of the menu of a message. */
export async function choose(page: Page, text: string, entry: string): Promise<void> {
  const message = row(page, text).first();
  await message.locator(".body").hover();
  await message.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menu", { name: "Message actions" }).getByRole("menuitem", { name: entry, exact: true }).click();
}
