import { type Page } from "@playwright/test";
import { say } from "./broadcast";
import { type Person, call, door, expect, test } from "./doors";
import { useOwnServer } from "./own_server";

/** Errors on the page's console, and uncaught exceptions. */
function watch(page: Page): string[] {
  const consoleErrors: string[] = [];
  page.on("console", (message) => consoleErrors.push(message.text()));
  page.on("pageerror", (error) => consoleErrors.push(error.message));
  return consoleErrors;
}

async function logIn(page: Page, url: string, who: Pick<Person, "username" | "password">): Promise<void> {
  await page.goto(`${url}/views/chat-test.html`);
  await page.getByLabel("E-mail or username").fill(who.username);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("status")).toHaveText("Connected");
}

test("login gives a token and a user [broadcast-R13 broadcast-B10]", async ({ ada }) => {
  const logIn = (body: unknown) => call("broadcast", undefined, "POST", "/api/v0/auth/login", body);
  for (const email of [ada.email, ada.username]) {
    const { status, body } = await logIn({ email, password: ada.password });
    expect([status, body.success]).toEqual([200, true]);
    expect(body.data.user).toEqual({ _id: ada.id, name: ada.name, email: ada.email, profilePhoto: null, role: "member" });
    const me = await call("broadcast", { token: body.data.token }, "GET", "/api/v0/chat/unread-count");
    expect(me.status).toBe(200);
  }
  const wrong = await logIn({ email: ada.email, password: "wrong" });
  expect([wrong.status, wrong.body]).toEqual([401, { success: false, message: expect.any(String) }]);
  expect((await logIn({ email: ada.email })).status).toBe(400);
});

test("two people chat on the test page [broadcast-R13]", async ({ ada, grace, browser }) => {
  // At the root of the contract's port, and below the main address.
  const urls = [door("broadcast"), `${door("main")}/contracts/broadcast`];
  const [one, other] = [await browser.newPage(), await browser.newPage()];
  const consoleErrors = [watch(one), watch(other)];
  await logIn(one, urls[0], ada);
  await logIn(other, urls[1], grace);
  await expect(one.getByRole("form", { name: "Broadcast" })).toBeHidden();

  await one.getByLabel("Receiver ID").fill(grace.id);
  await one.getByLabel("Message").fill("Hello <b>Grace</b>");
  await expect(other.getByText(`${ada.name} is typing…`)).toBeVisible();
  await one.getByRole("button", { name: "Send", exact: true }).click();
  await expect(other.getByRole("log")).toContainText(`${ada.name}: Hello <b>Grace</b>`);
  await expect(one.getByRole("log")).toContainText(`To ${grace.name}: Hello <b>Grace</b>`);
  await expect(one.getByRole("log")).toContainText(/Message \d+ was read\./);
  await say(grace, ada, "By another way");
  await expect(one.getByRole("log")).toContainText(`${grace.name}: By another way`);
  expect(consoleErrors).toEqual([[], []]);
  await one.close();
  await other.close();
});

test.describe("on a server of its own", () => {
  useOwnServer();

  test("an administrator broadcasts on the test page [broadcast-R13 broadcast-E4]", async ({ ada, browser }) => {
    const [one, other] = [await browser.newPage(), await browser.newPage()];
    const password = process.env.PARLANCE_ADMIN_PASSWORD ?? "";
    await logIn(one, door("broadcast"), ada);
    await logIn(other, door("broadcast"), { username: "admin", password });
    const message = `To all: ${crypto.randomUUID()}`;
    await other.getByLabel("To everyone").fill(message);
    await other.getByRole("button", { name: "Broadcast" }).click();
    await expect(one.getByRole("log")).toContainText(`Administrator to everyone: ${message}`);
    await other.getByLabel("User ID").fill(ada.id);
    await other.getByLabel("As administrator").fill("Dear Ada");
    await other.getByRole("button", { name: "Send as administrator" }).click();
    await expect(one.getByRole("log")).toContainText("Administrator: Dear Ada");
    await one.close();
    await other.close();
  });
});

test("the test page runs nothing but its own files [broadcast-R13]", async ({ page }) => {
  const answer = await page.goto(`${door("broadcast")}/views/chat-test.html`);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  const injected = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    return "injected" in window;
  });
  expect(injected).toBe(false);
});
