import { type Locator, type Page, expect } from "@playwright/test";
import type { Person } from "./people";

/** Creates a conversation through the public API. Its id. */
export async function startConversation(
  owner: Person,
  others: Person[],
  what: { kind: "direct" | "group" | "channel"; title?: string; private?: boolean } = { kind: "direct" },
): Promise<string> {
  const answer = await owner.api.post("/api/v1/conversations", {
    data: { ...what, memberIds: others.map((other) => other.id) },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()).id;
}

/** Sends a message through the public API. The message. */
export async function say(
  person: Person,
  conversationId: string,
  body: string,
): Promise<{ id: string; position: number }> {
  const answer = await person.api.post(`/api/v1/conversations/${conversationId}/messages`, { data: { body } });
  expect(answer.status(), await answer.text()).toBe(201);
  return answer.json();
}

/** The bodies of a conversation's newest messages, as its members have them. */
export async function messageBodies(person: Person, conversationId: string): Promise<string[]> {
  const answer = await person.api.get(`/api/v1/conversations/${conversationId}/messages?limit=100`);
  const { items } = (await answer.json()) as { items: { kind: string; body: string }[] };
  return items.filter((message) => message.kind === "text").map((message) => message.body);
}

export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

/** What a box says in its bar, below the line of whom it notifies. */
export function boxNote(form: Locator): Locator {
  return form.getByRole("status").nth(1);
}

/** Types a message and sends it with Enter. */
export async function write(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue("");
}

export function timeline(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" });
}

/** The bodies of all messages in the timeline, oldest first. */
export function bodies(page: Page): Locator {
  return timeline(page).locator(".body");
}

/** The row of the message with exactly this body. */
export function row(page: Page, text: string): Locator {
  const pattern = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return page.locator("li.message", { has: page.locator(".body", { hasText: new RegExp(`^\\s*${pattern}\\s*$`) }) });
}

/** Clicks one of the buttons that a message shows under the pointer. */
export async function clickAction(page: Page, text: string, action: "React" | "Reply" | "Edit" | "Delete"): Promise<void> {
  const message = row(page, text);
  await message.locator(".bubble").hover();
  if (action === "Edit" || action === "Delete") {
    await message.getByRole("button", { name: "More actions" }).click();
    await message.getByRole("menuitem", { name: action, exact: true }).click();
  } else {
    await message.getByRole("button", { name: action, exact: true }).click();
  }
}

/** Waits for what listens in texts, which comes before what helps to write. */
export async function untilListening(page: Page): Promise<void> {
  await expect(page.locator(".composer .compose-tools")).toBeAttached();
}

/** Expects the delivery status of an own message. */
export async function expectTick(page: Page, text: string, tick: "Sent" | "Delivered" | "Read"): Promise<void> {
  await expect(row(page, text).locator(".ticks")).toHaveAttribute("title", tick);
}

/** The row of the sidebar with this name. */
export function sidebarRow(page: Page, name: string): Locator {
  return page.getByRole("navigation", { name: "Conversations" }).getByRole("link").filter({ hasText: name });
}

/** Creates a group with every kind of content, and an unread direct message for ada. The group's id. */
export async function history(ada: Person, grace: Person): Promise<string> {
  await say(grace, await startConversation(grace, [ada]), "Unread, and for you alone");
  const id = await startConversation(ada, [grace], { kind: "group", title: "Everything" });
  const first = await say(grace, id, `Look, @${ada.username}: https://example.org/a?b=c`);
  await ada.api.put(`/api/v1/messages/${first.id}/reactions/${encodeURIComponent("👍")}`);
  const mine = await say(ada, id, "I have seen it");
  await ada.api.patch(`/api/v1/messages/${mine.id}`, { data: { body: "I have seen it twice" } });
  await ada.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "Thanks", replyToId: first.id } });
  await ada.api.delete(`/api/v1/messages/${(await say(ada, id, "Oops")).id}`);
  await say(grace, id, "🎉");
  await grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "In a thread", threadId: mine.id } });
  return id;
}

/** Marks all messages of a conversation as read, as if this person had seen them. */
export async function readAll(person: Person, id: string): Promise<void> {
  const { position } = await (await person.api.get(`/api/v1/conversations/${id}`)).json();
  const answer = await person.api.post(`/api/v1/conversations/${id}/read`, { data: { position } });
  expect(answer.ok(), await answer.text()).toBe(true);
}
