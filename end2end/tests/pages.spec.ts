import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { clickAction, bodies, history, sidebarRow, row, say, timeline } from "../conversation";
import { expect, test, openPage } from "../people";

const NOT_FOUND = /status of 404/;

/** The violations that axe-core finds in both themes, one line for each element. Themes differ in their colours alone. */
async function violations(page: Page): Promise<string[]> {
  const found = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page });
    if (colorScheme === "dark") axe.withRules(["color-contrast"]);
    const { violations } = await axe.analyze();
    for (const { id, help, nodes } of violations)
      for (const node of nodes)
        found.push(`${colorScheme}: ${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`);
  }
  return found;
}

for (const width of [1440, 390]) {
  test.describe(`${width} px`, () => {
    test.use({ viewport: { width, height: 844 }, contextOptions: { reducedMotion: "reduce" } });

    test("axe finds nothing on the pages of strangers", async ({ page, expectedErrors }) => {
      expectedErrors.push(NOT_FOUND);
      for (const path of ["/sign-in", "/register", "/nothing-here", "/sign-in?login=ada&next=/"]) {
        await page.goto(path);
        await expect(page).toHaveTitle(/Parlance/);
        expect(await violations(page), path).toEqual([]);
      }
    });

    test("axe finds nothing on the pages and in the dialogs of a member", async ({ ada, grace, expectedErrors }) => {
      expectedErrors.push(NOT_FOUND);
      const { page } = ada;
      const check = async (what: string) => expect(await violations(page), what).toEqual([]);
      await openPage(page, "/");
      await check("an empty inbox");

      const id = await history(ada, grace);
      await openPage(page, "/");
      await expect(sidebarRow(page, grace.name)).toContainText("1 unread");
      await check("an inbox");
      await page.getByRole("navigation").getByRole("link", { name: "New conversation" }).click();
      const dialog = page.getByRole("dialog", { name: "New conversation" });
      await dialog.getByRole("combobox", { name: "People" }).fill(grace.username);
      await expect(dialog.getByRole("option")).toHaveCount(1);
      await check("the dialog for a new conversation");

      await openPage(page, `/c/${id}`);
      await expect(row(page, "Thanks")).toBeVisible();
      await check("a conversation");
      await page.getByRole("button", { name: "Members" }).click();
      await expect(page.getByRole("complementary").getByText(grace.name)).toBeVisible();
      await check("the members");
      await page.getByRole("complementary", { name: "Members" }).getByRole("button", { name: "Close" }).click();
      await clickAction(page, "Thanks", "React");
      await check("reactions to pick");
      await page.keyboard.press("Escape");
      await clickAction(page, "Thanks", "Edit");
      await check("a message being edited");
      await page.keyboard.press("Escape");
      await row(page, "I have seen it twice").locator(".body").hover();
      await row(page, "I have seen it twice").getByRole("button", { name: /^Edited/ }).click();
      await expect(page.getByRole("dialog").getByRole("listitem")).toHaveCount(1);
      await check("earlier wordings");
      await page.keyboard.press("Escape");
      await page.getByLabel("More", { exact: true }).click();
      await check("the menu of a conversation");
      await page.getByRole("menuitem", { name: "Name and description" }).click();
      await check("the dialog for its name");

      await openPage(page, "/settings");
      await check("the settings");
      await openPage(page, "/new");
      await check("the page for a new conversation");
      await openPage(page, "/c/999999999");
      await check("a conversation that is not there");
    });
  });
}

test("the button of a form ends where its fields end", async ({ ada }) => {
  await openPage(ada.page, "/settings");
  const end = async (locator: Locator) => {
    const box = (await locator.boundingBox())!;
    return box.x + box.width;
  };
  const form = ada.page.locator("form", { has: ada.page.getByLabel("Name", { exact: true }) });
  expect(await end(form.getByRole("button", { name: "Save" }))).toBe(await end(form.getByLabel("Name", { exact: true })));
});

test("states are told apart where the system sets the colours", async ({ ada, grace }) => {
  const id = await history(ada, grace);
  await ada.page.emulateMedia({ forcedColors: "active" });
  await openPage(ada.page, `/c/${id}`);
  const style = (locator: Locator, name: string) =>
    locator.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), name);
  expect(await style(ada.page.locator('.conversation[aria-current="page"]'), "outline-style")).toBe("solid");
  expect(await style(ada.page.locator(".message-mine").first(), "border-left-style")).toBe("solid");
  const dot = ada.page.locator(".sidebar .face-button .dot");
  expect(await style(dot, "background-color")).toBe(await style(dot, "border-top-color"));
});

test("pages that only take forms load neither scripts nor WebAssembly", async ({ page }) => {
  for (const path of ["/sign-in", "/register", "/nothing-here"]) {
    const html = await (await page.request.get(path)).text();
    expect(html, path).toContain("Parlance");
    expect(html, path).not.toMatch(/\.wasm|\.js\b|type="module"|<script[^>]* src=/);
  }
});

test("scripts and styles are compressed, and kept for ever under addresses of their content", async ({ ada, playwright, baseURL }) => {
  const { page } = ada;
  const html = await (await page.request.get("/")).text();
  const wanted = [...html.matchAll(/(?:href|src)="(\/(?:pkg|vendor)\/[^"]+)"/g)].map(([, path]) => path);
  const script = wanted.find((path) => path.endsWith(".js"))!;
  const imports = (await (await page.request.get(script)).text()).matchAll(/from\s*["']([^"']+\.js)["']/g);
  const imported = [...imports].map(([, path]) => new URL(path, new URL(script, baseURL)).pathname);
  const paths = [...new Set([...wanted, ...imported])];
  expect(paths.map((path) => path.split(".").pop()).sort()).toEqual(["css", "js", "js", "js", "wasm"]);
  const visitor = await playwright.request.newContext({ baseURL });
  for (const path of paths) {
    for (const encoding of ["br", "gzip"]) {
      const answer = await visitor.get(path, { headers: { "accept-encoding": encoding } });
      expect(answer.status(), path).toBe(200);
      expect(answer.headers()["content-encoding"], path).toBe(encoding);
      expect(answer.headers()["cache-control"], path).toBe("public, max-age=31536000, immutable");
      expect(answer.headers().vary?.toLowerCase(), path).toContain("accept-encoding");
    }
  }
  for (const path of paths.filter((path) => path.startsWith("/pkg/"))) {
    expect(path, "a hash of the files").toMatch(/^\/pkg\/[\w-]{20,}\/(snippets\/[\w\/-]+\/)?[\w.]+$/);
  }
  await visitor.dispose();
});

test("sidebar and newest messages are in the first HTML, which is nobody else's", async ({ ada, grace }) => {
  const id = await history(ada, grace);
  const answer = await ada.context.request.get(`/c/${id}`, { headers: { "accept-encoding": "br" } });
  expect(answer.headers()["content-encoding"]).toBe("br");
  expect(answer.headers()["cache-control"]).toBe("no-store");
  const html = (await answer.text()).replace(/<script[^]*?<\/script>/g, "").replace(/<!--[^]*?-->|<!>/g, "");
  expect(html).toContain("I have seen it twice");
  expect(html).toContain("Thanks");
  expect(html).toContain("Unread, and for you alone");
  expect(html).toContain("Everything · Parlance</title>");
  const stranger = await grace.context.request.get("/");
  expect(await stranger.text()).not.toContain(ada.accessToken);
});

test("pages tell the browser what they may do, and nothing inline runs without this request's nonce", async ({ ada }) => {
  const nonce = async () => {
    const answer = await ada.context.request.get("/");
    const headers = answer.headers();
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("same-origin");
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    const policy = headers["content-security-policy"];
    expect(policy).not.toContain("unsafe-inline");
    expect(policy).not.toMatch(/'unsafe-eval'/);
    for (const part of ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"]) {
      expect(policy).toContain(part);
    }
    const html = await answer.text();
    const found = /script-src [^;]*'nonce-([^']+)'/.exec(policy)![1];
    const scripts = [...html.matchAll(/<script([^>]*)>/g)];
    expect(scripts.length).toBeGreaterThan(1);
    for (const [, attributes] of scripts) expect(attributes).toContain(found);
    expect(html).not.toMatch(/<[^>]+\s(?:style|on\w+)="/);
    return found;
  };
  expect(await nonce()).not.toBe(await nonce());
});

test("an address that leads nowhere says so", async ({ page, ada, expectedErrors }) => {
  expectedErrors.push(NOT_FOUND, /status of 401/);
  const answer = await page.goto("/nothing/here");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  expect((await ada.context.request.get("/c/999999999")).status()).toBe(404);
  expect((await ada.context.request.get("/c/nonsense")).status()).toBe(404);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("one pane at a time, and nothing sticks out at the side", async ({ ada, grace }) => {
    const id = await history(ada, grace);
    await say(grace, id, "w".repeat(300));
    const { page } = ada;
    const fits = async () => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, page.url()).toBeLessThanOrEqual(390);
    };
    const sidebar = page.getByRole("navigation", { name: "Conversations" });
    await openPage(page, "/");
    await expect(sidebar).toBeVisible();
    await expect(page.getByText("Pick a conversation")).toBeHidden();
    await fits();

    await sidebarRow(page, "Everything").tap();
    await expect(timeline(page)).toBeVisible();
    await expect(bodies(page).last()).toBeInViewport();
    await expect(sidebar).toBeHidden();
    await fits();
    await row(page, "Thanks").tap();
    await row(page, "Thanks").getByRole("button", { name: "Reply", exact: true }).tap();
    await expect(page.getByRole("textbox", { name: "Message", exact: true })).toBeFocused();
    await fits();
    await page.getByRole("button", { name: "Members" }).tap();
    await expect(page.getByRole("complementary", { name: "Members" })).toBeVisible();
    await fits();
    await page.getByRole("complementary", { name: "Members" }).getByRole("button", { name: "Close" }).tap();
    await page.getByRole("link", { name: "Back to conversations" }).tap();
    await expect(sidebar).toBeVisible();
    await expect(timeline(page)).toHaveCount(0);

    for (const path of ["/settings", "/new"]) {
      await openPage(page, path);
      await expect(sidebar).toBeHidden();
      await fits();
    }
  });
});
