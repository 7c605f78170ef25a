import { bodies, composer, messageBodies, say, startConversation, write } from "../conversation";
import { sockets } from "../network";
import { NO_NETWORK, browserOf, expect, reload, signIn, test, openPage } from "../people";

const REFUSED = /status of 4\d\d/;

test("somebody registers, signs out, and signs in again", async ({ page }) => {
  const username = `ada-${crypto.randomUUID().slice(0, 8)}`;
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(page).toHaveTitle("Create an account · Parlance");
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Name (optional)").fill("Ada Lovelace");
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("Nothing here yet")).toBeVisible();
  await expect(page).toHaveURL("/");

  await page.getByLabel("You", { exact: true }).click();
  await expect(page.getByText(`@${username}`)).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/sign-in");
  await page.goto("/settings");
  await expect(page, "nobody is signed in any more").toHaveURL(/\/sign-in/);

  await signIn(page, { username, password: "correct horse" });
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
});

test("a wrong password is told, and what was filled in stays", async ({ ada, page, expectedErrors }) => {
  expectedErrors.push(REFUSED);
  await page.goto("/sign-in");
  await signIn(page, { username: ada.username, password: "not hers" });
  await expect(page.getByRole("alert")).toHaveText("The login or the password is wrong.");
  await expect(page.getByLabel("Username or e-mail")).toHaveValue(ada.username);
  await signIn(page, ada);
  await expect(page.getByText("Nothing here yet")).toBeVisible();
});

test("a short password and a taken username are told", async ({ ada, page, expectedErrors }) => {
  expectedErrors.push(REFUSED);
  await page.goto("/register");
  const create = async (username: string, password: string) => {
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Create account" }).click();
  };
  await create(`${ada.username}-2`, "short");
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription("Must have 8 to 256 characters.");
  await create(ada.username, "long enough");
  await expect(page.getByRole("alert")).toHaveText("That username is taken.");
  await expect(page.getByLabel("Username")).toHaveValue(ada.username);
});

test("whoever must sign in first arrives where they wanted to go, and nowhere else", async ({ ada, page, expectedErrors }) => {
  // The page that is left may still ask for something, without its cookies.
  expectedErrors.push(/401/);
  await page.goto("/settings");
  await expect(page).toHaveURL("/sign-in?next=%2Fsettings");
  await signIn(page, ada);
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
  await expect(page).toHaveURL("/settings");

  await page.context().clearCookies();
  await page.goto("/sign-in?next=//evil.example/");
  await signIn(page, ada);
  await expect(page.getByText("Nothing here yet")).toBeVisible();
  await expect(page).toHaveURL("/");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("somebody registers, signs out, is refused, and signs in", async ({ page }) => {
    const username = `ada-${crypto.randomUUID().slice(0, 8)}`;
    await page.goto("/register");
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill("correct horse");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByText("Nothing here yet")).toBeVisible();

    await page.getByLabel("You", { exact: true }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/sign-in");
    await signIn(page, { username, password: "wrong" });
    await expect(page.getByRole("alert")).toHaveText("The login or the password is wrong.");
    await expect(page.getByLabel("Username or e-mail")).toHaveValue(username);
    expect(page.url(), "passwords stay out of addresses").not.toContain("=wrong");
    await signIn(page, { username, password: "correct horse" });
    await expect(page.getByText("Nothing here yet")).toBeVisible();
  });

  test("somebody reads the newest messages and answers, and others hear it", async ({ ada, grace, page }) => {
    const id = await startConversation(grace, [ada]);
    await say(grace, id, "Can you read this?");
    await openPage(grace.page, `/c/${id}`);

    await page.goto(`/c/${id}`);
    await signIn(page, ada);
    await expect(page).toHaveURL(`/c/${id}`);
    await expect(bodies(page)).toHaveText(["Can you read this?"]);
    await composer(page).fill("Without a script <b>at all</b>");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(bodies(page)).toHaveText(["Can you read this?", "Without a script <b>at all</b>"]);
    await expect(bodies(grace.page)).toHaveText(["Can you read this?", "Without a script <b>at all</b>"]);
  });

  test("somebody starts a conversation by usernames", async ({ ada, grace, page }) => {
    await page.goto("/new");
    await signIn(page, ada);
    await page.getByRole("combobox", { name: "People" }).fill("nobody-of-that-name");
    await page.getByRole("button", { name: "Start" }).click();
    await expect(page.getByRole("alert")).toContainText("nobody-of-that-name");
    await page.getByRole("combobox", { name: "People" }).fill(`@${grace.username}`);
    await page.getByRole("button", { name: "Start" }).click();
    await expect(page.getByRole("heading", { name: grace.name })).toBeVisible();
  });
});

test("a browser that was signed out from elsewhere is told, and must sign in", async ({
  ada,
  browser,
  consoleErrors,
  expectedErrors,
}) => {
  expectedErrors.push(REFUSED, /WebSocket connection to/);
  const lost = await browserOf({ browser, consoleErrors }, ada, { userAgent: "curl/8.0" });
  const lostPage = await lost.newPage();
  await openPage(lostPage, "/");

  await openPage(ada.page, "/settings");
  const sessions = ada.page.getByRole("listitem").filter({ hasText: "last used" });
  await expect(sessions.filter({ hasText: "This one" })).toHaveCount(1);
  const other = sessions.filter({ hasText: "curl" });
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveCount(0);

  await expect(lostPage.getByText("You were signed out.")).toBeVisible();
  await lostPage.getByRole("link", { name: "Sign in again" }).click();
  await expect(lostPage).toHaveURL("/sign-in");
  await lostPage.goto("/settings");
  await expect(lostPage).toHaveURL(/\/sign-in/);
  await lost.close();

  await reload(ada.page);
  await expect(sessions.filter({ hasText: "This one" })).toHaveCount(1);
  await expect(other).toHaveCount(0);
});

test("the chosen theme is there with the first paint", async ({ ada }) => {
  await openPage(ada.page, "/settings");
  const colour = () => ada.page.evaluate(() => getComputedStyle(document.body).color);
  const light = await colour();
  const kept = ada.page.waitForResponse((response) => response.url().endsWith("/form/theme"));
  await ada.page.getByLabel("Dark").check();
  await kept;
  expect(await colour()).not.toBe(light);
  const dark = await colour();

  const html = await (await ada.context.request.get("/settings")).text();
  expect(html).toContain('<html lang="en" data-theme="dark"');
  await reload(ada.page);
  expect(await colour()).toBe(dark);
  await expect(ada.page.getByLabel("Dark")).toBeChecked();
});

test("a new name is what others see from then on", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, "/settings");
  await ada.page.getByLabel("Name", { exact: true }).fill("Countess Lovelace");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await expect(ada.page.getByText("Saved.")).toBeVisible();
  await openPage(grace.page, `/c/${id}`);
  await expect(grace.page.getByRole("heading", { name: "Countess Lovelace" })).toBeVisible();
});

test("all tabs of a browser end when one signs out", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(REFUSED, /WebSocket connection to/);
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "For our eyes only");
  await openPage(ada.page, "/");
  const second = await ada.context.newPage();
  await openPage(second, `/c/${id}`);
  await expect(bodies(second)).toHaveText(["For our eyes only"]);
  await composer(second).fill("Begun here");

  await ada.page.getByLabel("You", { exact: true }).click();
  await ada.page.getByRole("button", { name: "Sign out" }).click();
  await expect(ada.page).toHaveURL("/sign-in");
  await expect(second.getByText("You were signed out.")).toBeVisible();
  await expect(second.getByText("For our eyes only")).toHaveCount(0);
  await expect(composer(second), "nothing can be typed any more").toHaveCount(0);
  expect(await second.evaluate(() => Object.values(localStorage).join())).not.toContain("Begun here");
});

test("a tab ends when somebody else signs in in the same browser, and neither shows nor sends as they", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(REFUSED, NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const own = await startConversation(grace, [linus]);
  await say(ada, id, "For our eyes only");
  await say(linus, own, "For Grace only");
  const network = await sockets(ada.page);
  await openPage(ada.page, `/c/${id}`);
  // The first tab hears nothing of what the second one does, and has something to send.
  const requests = "**/api/v1/conversations/*/messages";
  await ada.page.route(requests, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await network.cut();
  await write(ada.page, "Not for sending");
  await composer(ada.page).fill("Not for keeping");
  const second = await ada.context.newPage();
  // It would send what the first one could not.
  const others = await sockets(second);
  await others.cut();
  await second.goto("/");
  await second.getByLabel("You", { exact: true }).click();
  await second.getByRole("button", { name: "Sign out" }).click();
  await expect(second).toHaveURL("/sign-in");
  others.open = true;
  await signIn(second, grace);
  await expect(second).toHaveURL("/");

  await ada.page.unroute(requests);
  network.open = true;
  await expect(ada.page.getByText("You were signed out.")).toBeVisible();
  for (const text of ["For our eyes only", "For Grace only"]) await expect(ada.page.getByText(text)).toHaveCount(0);
  await openPage(second, `/c/${id}`);
  await expect(composer(second)).toHaveValue("");
  // What the second tab sends comes after whatever the first one might have sent.
  await write(second, "From Grace");
  await expect.poll(() => messageBodies(grace, id)).toEqual(["For our eyes only", "From Grace"]);
  const { items } = await (await grace.api.get("/api/v1/me/drafts")).json();
  expect(items).toEqual([]);
});
