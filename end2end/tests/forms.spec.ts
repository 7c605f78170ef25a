// Forms that a browser submits by itself, before scripts have come or without any.
import type { APIResponse, BrowserContext } from "@playwright/test";
import { bodies, composer, messageBodies, startConversation } from "../conversation";
import { expect, openPage, signIn, test } from "../people";

/** Submits a form as a browser without scripts does, and follows no redirect. */
function submit(context: BrowserContext, path: string, form: Record<string, string>): Promise<APIResponse> {
  return context.request.post(path, { headers: { accept: "text/html" }, form, maxRedirects: 0 });
}

/** The idempotency key in the form of a page. */
async function formKey(context: BrowserContext, path: string): Promise<string> {
  const html = await (await context.request.get(path)).text();
  const input = html.match(/<input[^>]*name="client_id"[^>]*>/g)!.at(-1)!;
  return /value="([^"]*)"/.exec(input)![1];
}

test("a message whose form is sent twice is there once, and each painted form has its own key", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const key = await formKey(ada.context, `/c/${id}`);
  expect(key).toMatch(/^[\w-]{20,}$/);
  expect(await formKey(ada.context, `/c/${id}`)).not.toBe(key);
  const form = { conversation_id: id, client_id: key, body: "Only once" };
  const answers = await Promise.all([1, 2, 3].map(() => submit(ada.context, "/form/send-message", form)));
  for (const answer of answers) {
    expect(answer.status(), await answer.text()).toBe(302);
    expect(answer.headers().location).toBe(`/c/${id}`);
  }
  expect(await messageBodies(grace, id)).toEqual(["Only once"]);
  await submit(ada.context, "/form/send-message", { ...form, client_id: await formKey(ada.context, `/c/${id}`) });
  expect(await messageBodies(grace, id), "the same words, meant twice").toEqual(["Only once", "Only once"]);
});

test("a conversation whose form is sent twice is started once", async ({ ada, grace, linus }) => {
  const form = { people: `${grace.username}, ${linus.username}`, title: "Once", client_id: await formKey(ada.context, "/new") };
  const answers = [];
  for (let times = 0; times < 3; times++) answers.push((await submit(ada.context, "/form/new-conversation", form)).headers().location);
  expect(answers[0]).toMatch(/^\/c\/\d+$/);
  expect(new Set(answers).size).toBe(1);
});

test("an account whose form is sent twice is signed in, and nobody else's", async ({ browser, baseURL, expectedErrors }) => {
  expectedErrors.push(/status of 4\d\d/);
  const context = await browser.newContext({ baseURL });
  const form = { username: `ada-${crypto.randomUUID().slice(0, 8)}`, name: "", email: "", password: "correct horse", next: "/settings" };
  for (let times = 0; times < 2; times++) {
    const answer = await submit(context, "/form/register", form);
    expect(answer.headers().location).toBe("/settings");
    expect(answer.headers()["set-cookie"]).toMatch(/parlance_session/);
    await context.clearCookies();
  }
  const other = await submit(context, "/form/register", { ...form, password: "another horse" });
  expect(other.headers().location).toBe("/register?next=%2Fsettings");
  expect(other.headers()["set-cookie"]).not.toMatch(/parlance_session/);
  await context.close();
});

test("signing out twice, and ending a session twice, is as good as once", async ({ ada, browser, consoleErrors }) => {
  const gone = await submit(ada.context, "/form/revoke-session", { id: "9007199254740000" });
  expect(gone.status()).toBe(302);
  expect(gone.headers().location).not.toContain("err");
  for (let times = 0; times < 2; times++) {
    const answer = await submit(ada.context, "/form/sign-out", {});
    expect(answer.headers().location).toBe("/sign-in");
  }
  expect(consoleErrors).toEqual([]);
  expect(browser.isConnected()).toBe(true);
});

test("what was refused is shown once, to its sender, and is in no address", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/status of 4\d\d/);
  const id = await startConversation(ada, [grace]);
  const text = " \u200a ";
  const answer = await submit(ada.context, "/form/send-message", { conversation_id: id, client_id: "", body: text });
  expect(answer.status(), await answer.text()).toBe(302);
  expect(answer.headers().location).toBe(`/c/${id}`);
  const cookie = answer.headersArray().find(({ name, value }) => name.toLowerCase() === "set-cookie" && value.startsWith("parlance_form="))!.value;
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Lax/);
  expect(cookie).toMatch(/Max-Age=60\b/);

  const value = /parlance_form=([^;]+)/.exec(cookie)![1];
  await grace.context.addCookies([{ name: "parlance_form", value, url: process.env.PARLANCE_URL! }]);
  const stranger = await (await grace.context.request.get(`/c/${id}`)).text();
  expect(stranger, "somebody else").not.toContain('class="note note-error"');
  const elsewhere = await (await ada.context.request.get("/new")).text();
  expect(elsewhere, "another page").not.toContain('class="note note-error"');

  const page = async () => (await ada.context.request.get(`/c/${id}`)).text();
  expect(await page()).toContain('class="note note-error"');
  expect(await page(), "only once").not.toContain('class="note note-error"');
});

test("a text that is too long for a cookie is on the page that answers, whole", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const text = `${"ä<b>".repeat(2_600)}end`;
  const answer = await submit(ada.context, "/form/send-message", { conversation_id: id, client_id: "", body: text });
  expect(answer.status()).toBe(422);
  expect(answer.headers().location).toBeUndefined();
  expect(answer.headers()["cache-control"]).toBe("no-store");
  const html = await answer.text();
  expect(html).toContain("10000 characters");
  expect(html).toContain(`${"ä&lt;b>".repeat(2_600)}end</textarea>`);
});

test("a settings form and a new conversation that are refused keep what was filled in", async ({ ada }) => {
  const profile = { name: "", email: "not an address" };
  await submit(ada.context, "/form/profile", profile);
  const settings = await (await ada.context.request.get("/settings")).text();
  expect(settings).toContain(`value="${profile.email}"`);
  await submit(ada.context, "/form/new-conversation", { people: "nobody-at-all", title: "Kept", channel: "yes", private: "yes", client_id: "" });
  const form = await (await ada.context.request.get("/new")).text();
  for (const value of ["nobody-at-all", "Kept"]) expect(form).toContain(`value="${value}"`);
  expect(form.match(/<input type="checkbox"[^>]* checked/g)).toHaveLength(2);
});

test("nobody's words are shown as ours", async ({ page, browser, baseURL }) => {
  const problem = JSON.stringify({ type: "about:blank", title: "x", status: 422, detail: "Call 0900-EVIL", code: "invalid", errors: [] });
  const query = `refused=${encodeURIComponent(problem)}&login=evil-login&username=evil-login&email=evil-login`;
  for (const path of [`/sign-in?${query}`, `/register?${query}`]) {
    await page.goto(path);
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(page.locator("body")).not.toContainText("EVIL");
    expect(await page.content()).not.toContain("evil-login");
  }
  for (const value of ["x", "a.b.c", Buffer.from(problem).toString("base64url"), `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(problem).toString("base64url")}.`]) {
    const context = await browser.newContext({ baseURL });
    await context.addCookies([{ name: "parlance_form", value, url: process.env.PARLANCE_URL! }]);
    const answer = await context.request.get("/sign-in");
    expect(answer.status()).toBe(200);
    expect(await answer.text()).not.toContain("EVIL");
    await context.close();
  }
});

test("a refused page that answers a form lives, at its own address", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/status of 422/);
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  const long = "n".repeat(10_001);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`/c/${id}`, { waitUntil: "commit" });
  await composer(page).fill(long);
  await page.getByRole("button", { name: "Send", exact: true }).click({ noWaitAfter: true });
  await expect(page.getByRole("alert")).toContainText("10000 characters");
  release();
  await expect(page).toHaveURL(`/c/${id}`);
  await expect(composer(page)).toHaveValue(long);
  await composer(page).fill("shorter");
  await composer(page).press("Enter");
  await expect(bodies(page)).toHaveText(["shorter"]);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["shorter"]);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a text outlives the session of its writer, and is shown to nobody else", async ({ ada, grace, page, context, expectedErrors }) => {
    expectedErrors.push(/status of 4\d\d/, /was preloaded using link preload but not used/);
    const id = await startConversation(ada, [grace]);
    await page.goto(`/c/${id}`);
    await signIn(page, ada);
    await composer(page).fill("a letter that matters");
    await context.clearCookies();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page).toHaveURL(`/sign-in?next=%2Fc%2F${id}`);
    await signIn(page, ada);
    await expect(composer(page)).toHaveValue("a letter that matters");
    await expect(page.getByRole("alert")).toHaveText("You had to sign in again. What you wrote was not sent.");

    const long = `${"ß".repeat(6_000)}\nthe end`;
    await composer(page).fill(long);
    await context.clearCookies();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page.getByLabel("What you wrote")).toHaveValue(long);
    await signIn(page, ada);
    await expect(page).toHaveURL(`/c/${id}`);

    await composer(page).fill("Ada's own");
    await context.clearCookies();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await signIn(page, grace);
    await expect(page).toHaveURL(`/c/${id}`);
    await expect(composer(page)).toHaveValue("");
    expect(await messageBodies(grace, id)).toEqual([]);
  });

  test("a text for a conversation that is lost meanwhile is shown", async ({ ada, grace, page, expectedErrors }) => {
    expectedErrors.push(/status of 4\d\d/, /was preloaded using link preload but not used/);
    const id = await startConversation(grace, [ada], { kind: "group", title: "Soon gone" });
    await page.goto(`/c/${id}`);
    await signIn(page, ada);
    await composer(page).fill("words <b>for the lost");
    await grace.api.delete(`/api/v1/conversations/${id}/members/${ada.id}`);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page.getByRole("region", { name: "What you wrote here" })).toContainText("words <b>for the lost");
  });

  test("a form on the answer to a refused one leads back to its page", async ({ ada, page, expectedErrors }) => {
    expectedErrors.push(/status of 4\d\d/, /was preloaded using link preload but not used/);
    await page.goto("/settings");
    await signIn(page, ada);
    await page.getByLabel("Name", { exact: true }).fill("N".repeat(5_000));
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator(".field-wrong")).toContainText("80 characters");
    await page.getByLabel("Name", { exact: true }).fill("Countess");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL("/settings");
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Countess");
  });

  test("somebody who is refused knows why, where to go, and what they wrote", async ({ ada, grace, page, expectedErrors }) => {
    // Without scripts nobody uses what was preloaded.
    expectedErrors.push(/status of 4\d\d/, /was preloaded using link preload but not used/);
    const id = await startConversation(ada, [grace]);
    await page.goto(`/c/${id}`);
    await signIn(page, { username: ada.username, password: "not hers" });
    await expect(page).toHaveURL(`/sign-in?next=%2Fc%2F${id}`);
    await expect(page.getByRole("alert")).toHaveText("The login or the password is wrong.");
    await expect(page.getByLabel("Username or e-mail")).toHaveValue(ada.username);
    await page.reload();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await signIn(page, ada);
    await expect(page).toHaveURL(`/c/${id}`);

    const long = `${"n".repeat(10_001)}\nthe end`;
    await composer(page).fill(long);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("10000 characters");
    await expect(composer(page)).toHaveValue(long);
    await composer(page).fill("shorter");
    await page.getByRole("button", { name: "Send", exact: true }).dblclick();
    await expect(bodies(page)).toHaveText(["shorter"]);
    await expect(page).toHaveURL(`/c/${id}`);
    expect(await messageBodies(grace, id)).toEqual(["shorter"]);
  });
});

/** The address that the form of a page is submitted to. */
async function formAction(context: BrowserContext, path: string, endpoint: string): Promise<string> {
  const html = await (await context.request.get(path)).text();
  return new RegExp(`action="(/form/${endpoint}[^"]*)"`).exec(html)![1];
}

test("people are named with the commas of any script between them", async ({ ada, grace, linus }) => {
  for (const comma of ["; ", "، ", "、", "，", "\u3000", "\u00a0", ",\n"]) {
    const form = { people: `${grace.username}${comma}@${linus.username}`, title: "Comma", client_id: "" };
    const answer = await submit(ada.context, "/form/new-conversation", form);
    expect(answer.headers().location, comma).toMatch(/^\/c\/\d+$/);
  }
});

test("a form does nothing for somebody else who has signed in since", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace, linus], { kind: "group", title: "Three" });
  const [send, profile] = [
    await formAction(ada.context, `/c/${id}`, "send-message"),
    await formAction(ada.context, "/settings", "profile"),
  ];
  const answer = await submit(grace.context, send, { conversation_id: id, client_id: "", body: "Ada's words" });
  expect(answer.headers().location).toBe(`/c/${id}`);
  await submit(grace.context, profile, { name: "Ada", email: "" });
  expect(await messageBodies(linus, id)).toEqual([]);
  expect((await (await grace.api.get("/api/v1/me")).json()).name).toBe(grace.name);
  const settings = await (await grace.context.request.get("/settings")).text();
  expect(settings).toContain("Somebody else has signed in since this form was shown.");
  const page = await (await grace.context.request.get(`/c/${id}`)).text();
  expect(page, "nor are the words shown").not.toContain("Ada&#x27;s words");
  expect(page).not.toContain("Ada's words");
  await submit(ada.context, send, { conversation_id: id, client_id: "", body: "Ada's words" });
  expect(await messageBodies(linus, id)).toEqual(["Ada's words"]);
});

test("a conversation without people says what is missing", async ({ ada, grace }) => {
  const { page } = ada;
  await openPage(page, "/new");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page.getByRole("alert")).toHaveText("Add somebody, or make it a channel.");
  await expect(page.getByRole("combobox", { name: "People" })).toBeFocused();
  await page.getByRole("combobox", { name: "People" }).fill(grace.username);
  await page.getByRole("option", { name: new RegExp(grace.username) }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page).toHaveURL(/\/c\/\d+$/);
});
