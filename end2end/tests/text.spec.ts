import { bodies, row, say, sidebarRow, startConversation, write } from "../conversation";
import { type Person, expect, openPage, test } from "../people";

/** Reacts through the public API. */
async function react(person: Person, messageId: string, emoji: string): Promise<number> {
  const answer = await person.api.put(`/api/v1/messages/${messageId}/reactions/${encodeURIComponent(emoji)}`);
  return answer.status();
}

test("two spellings of an emoji are one reaction", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/status of 422/);
  const id = await startConversation(ada, [grace]);
  const { id: message } = await say(ada, id, "What do you say?");
  for (const [person, emoji] of [[ada, "❤"], [grace, "❤\u{fe0f}"], [ada, "ℹ"], [grace, "🅰"], [ada, "👍🏽"], [grace, "1⃣"]] as const) {
    expect(await react(person, message, emoji), emoji).toBe(200);
  }
  for (const refused of ["\u{202e}", "\u{200b}", "a\u{20e3}"]) expect(await react(ada, message, refused)).toBe(422);
  await openPage(ada.page, `/c/${id}`);
  const chips = row(ada.page, "What do you say?").locator(".reactions .reaction");
  await expect(chips).toHaveCount(5);
  await expect(chips.filter({ hasText: "❤\u{fe0f}" })).toContainText("2");
  expect(await chips.filter({ hasText: "❤\u{fe0f}" }).getAttribute("title")).toContain(grace.name);
});

test("the page marks what the server tells, after letters of every script", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Scripts" });
  await openPage(grace.page, `/c/${id}`);
  await openPage(ada.page, `/c/${id}`);
  const mention = `@${grace.username}`;
  for (const before of ["你好", "こんにちは", "สวัสดี", "привет"]) await write(ada.page, `${before}${mention}再见`);
  await write(ada.page, "见https://a.example/路。然后");
  await write(ada.page, "„https://пример.рф/путь”");
  for (const { page } of [ada, grace]) {
    await expect(page.locator(".body .mention")).toHaveText([mention, mention, mention, mention]);
    await expect(page.locator(".body a")).toHaveText(["https://a.example/路", "https://пример.рф/путь"]);
  }
  await expect(grace.page.locator(".body .mention-me")).toHaveCount(4);
  await write(ada.page, `${mention}_ is told and marked alike`);
  await expect(grace.page.locator(".body .mention-me")).toHaveCount(5);
});

test("names stay in their place", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/status of 422/);
  const rename = (name: string) => grace.api.patch("/api/v1/me", { data: { name } });
  for (const bad of ["\u{200b}", "Grace\u{202e}", `Z${"\u{300}\u{301}\u{302}".repeat(9)}`]) {
    expect((await rename(bad)).status(), bad).toBe(422);
  }
  expect((await rename("שלום עולם")).status()).toBe(200);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Left to right" });
  await say(grace, id, "مرحبا بالجميع");
  await openPage(ada.page, `/c/${id}`);
  const body = bodies(ada.page).filter({ hasText: "مرحبا" });
  expect(await body.evaluate((it) => getComputedStyle(it).direction)).toBe("rtl");
  const name = ada.page.locator(".sender", { hasText: "שלום" });
  expect(await name.evaluate((it) => getComputedStyle(it).direction)).toBe("rtl");
  await expect(sidebarRow(ada.page, "Left to right")).toBeVisible();
});

test("search and the password find every form of a text", async ({ ada, grace, browser }) => {
  const id = await startConversation(ada, [grace]);
  for (const text of ["le cafe\u{301} noir", "die Straße", "οδος"]) await say(ada, id, text);
  for (const [query, found] of [["café", "le cafe\u{301} noir"], ["STRASSE", "die Straße"], ["ΟΔΟΣ", "οδος"]]) {
    const answer = await ada.api.get(`/api/v1/search?q=${encodeURIComponent(query)}`);
    expect((await answer.json()).items.map((it: { body: string }) => it.body)).toContain(found);
  }
  const username = `zoe-${crypto.randomUUID().slice(0, 8)}`;
  const account = { username, email: `josé-${username}@bücher.example`, password: "café au lait" };
  expect((await ada.api.post("/api/v1/auth/register", { data: account })).status()).toBe(201);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByLabel("Username or e-mail").fill(account.email.normalize("NFD").toUpperCase());
  await page.getByLabel("Password", { exact: true }).fill("cafe\u{301} au lait");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/");
  await context.close();
});

test("the settings say what was saved, what was refused, and when", async ({ ada }) => {
  const { page } = ada;
  await openPage(page, "/settings");
  await expect(page.getByText("last used").locator("time").first()).not.toHaveText("");
  await page.getByLabel("E-mail", { exact: true }).fill("nobody@nowhere");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Is not an e-mail address.")).toBeVisible();
  await page.getByLabel("E-mail", { exact: true }).fill("ada@example.org");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save" })).toBeFocused();
});
