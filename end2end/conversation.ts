import { type Locator, type Page, expect } from "@playwright/test";
import type { Person } from "./people";

/** A conversation that is there before the test begins, made through the public API. Answers its id. */
export async function start(
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

/** Says something through the public API, and answers the message. */
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
export async function said(person: Person, conversationId: string): Promise<string[]> {
  const answer = await person.api.get(`/api/v1/conversations/${conversationId}/messages?limit=100`);
  const { items } = (await answer.json()) as { items: { kind: string; body: string }[] };
  return items.filter((message) => message.kind === "text").map((message) => message.body);
}

export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

/** Writes and sends as a person would. */
export async function write(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue("");
}

export function timeline(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" });
}

/** The words of all messages in view, from the oldest to the newest. */
export function bodies(page: Page): Locator {
  return timeline(page).locator(".body");
}

/** The row of the message that says just this. */
export function row(page: Page, text: string): Locator {
  const words = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return page.locator("li.message", { has: page.locator(".body", { hasText: new RegExp(`^\\s*${words}\\s*$`) }) });
}

/** One of the buttons that a message shows under the pointer. */
export async function act(page: Page, text: string, action: "React" | "Reply" | "Edit" | "Delete"): Promise<void> {
  const message = row(page, text);
  await message.locator(".bubble").hover();
  await message.getByRole("button", { name: action, exact: true }).click();
}

/** Whether a message of one's own was sent, delivered, read. */
export async function expectTick(page: Page, text: string, tick: "Sent" | "Delivered" | "Read"): Promise<void> {
  await expect(row(page, text).locator(".ticks")).toHaveAttribute("title", tick);
}

/** The line of the sidebar that goes by this name. */
export function line(page: Page, name: string): Locator {
  return page.getByRole("navigation", { name: "Conversations" }).getByRole("link").filter({ hasText: name });
}
