// Translations and extensions change the page: before it lives, while it starts, and afterwards.
import type { Page } from "@playwright/test";
import { bodies, composer, row, say, sidebarRow, startConversation, write } from "../conversation";
import { type Person, expect, openPage, test, untilReady } from "../people";

const NOTICE = "A translation or an extension had changed this page, so it was started anew.";
const PANIC = /panicked|unreachable|RuntimeError/;

/** Opens a page, and changes it after it was parsed and before its WebAssembly is there. */
async function openTouched(page: Page, path: string, touch: () => void, type = "") {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  // A page that is loaded again by itself ends the first loading.
  const opened = untilReady(page, () => page.goto(path, { waitUntil: "commit" }));
  await page.waitForFunction(() => document.readyState !== "loading" && document.querySelector("main"));
  if (type) await composer(page).fill(type);
  await page.evaluate(touch);
  release();
  await opened;
  await page.unroute(/\.wasm$/);
}

/** What Chrome's translation does: texts move into two `font` elements, unless the page forbids it. */
const translate = () => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (node) =>
    node.nodeValue!.trim() && !node.parentElement!.closest("script,style,textarea,noscript,[translate=no],.notranslate,font")
      ? NodeFilter.FILTER_ACCEPT
      : NodeFilter.FILTER_SKIP,
  );
  const found: Node[] = [];
  while (texts.nextNode()) found.push(texts.currentNode);
  for (const text of found) {
    const outer = document.createElement("font");
    const inner = outer.appendChild(document.createElement("font"));
    inner.textContent = text.nodeValue!.toUpperCase();
    text.parentNode!.replaceChild(outer, text);
  }
  document.documentElement.classList.add("translated-ltr");
};

const TOUCHES: Record<string, () => void> = {
  "a translation": translate,
  "a password manager": () => {
    for (const field of document.querySelectorAll("input,textarea")) {
      const icon = document.createElement("div");
      icon.dataset.lastpassIconRoot = "";
      field.before(icon.cloneNode());
      field.after(icon);
    }
  },
  "an extension that wraps the page": () => {
    const wrapper = document.createElement("div");
    wrapper.append(document.querySelector("nav.sidebar")!);
    document.querySelector("main")!.prepend(wrapper);
  },
  "a blocker that removes pictures": () => {
    for (const picture of document.querySelectorAll("svg")) picture.remove();
  },
  "a note at the start of the body": () => document.body.prepend(document.createElement("aside")),
};

async function expectAlive(ada: Person, grace: Person, id: string, other: string) {
  const { page } = ada;
  await composer(page).press("Enter");
  await expect(row(page, "typed early")).toBeVisible();
  await say(grace, id, "Do you hear me?");
  await expect(row(page, "Do you hear me?")).toBeVisible();
  await sidebarRow(page, other).click();
  await expect(page.getByRole("heading", { name: other })).toBeVisible();
  await write(page, "And here");
  await expect(bodies(page)).toHaveText(["And here"]);
  await page.getByLabel("You", { exact: true }).click();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
}

for (const [who, touch] of Object.entries(TOUCHES)) {
  test(`${who} may touch the page before it lives`, async ({ ada, grace, linus }) => {
    const id = await startConversation(ada, [grace]);
    await startConversation(ada, [linus]);
    await say(grace, id, "Hello");
    await openTouched(ada.page, `/c/${id}`, touch, "typed early");
    await expect(ada.page.getByText(NOTICE)).toBeVisible();
    await expect(ada.page.locator("main")).toHaveCount(1);
    await expect(composer(ada.page), "what was typed before is kept").toHaveValue("typed early");
    await expectAlive(ada, grace, id, linus.name);
    await ada.page.keyboard.press("Escape");
    await ada.page.getByRole("button", { name: "OK" }).click();
    await expect(ada.page.getByText(NOTICE)).toHaveCount(0);
  });
}

test("a page that panics while it starts is loaded again, once, and says so", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(PANIC);
  const id = await startConversation(ada, [grace]);
  await startConversation(ada, [linus]);
  await say(grace, id, "Hello");
  let loads = 0;
  ada.page.on("request", (request) => (loads += request.isNavigationRequest() ? 1 : 0));
  await openTouched(
    ada.page,
    `/c/${id}`,
    () => {
      // As many elements as before; the markers between them are gone.
      const comments = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
      const found: Comment[] = [];
      while (comments.nextNode()) found.push(comments.currentNode as Comment);
      for (const comment of found) comment.remove();
    },
    "typed early",
  );
  await expect(ada.page.getByText(NOTICE)).toBeVisible();
  expect(loads).toBe(2);
  await expect(composer(ada.page)).toHaveValue("typed early");
  await expectAlive(ada, grace, id, linus.name);
});

test("a page that panics again says that it has stopped, and is not loaded for ever", async ({ ada, expectedErrors }) => {
  expectedErrors.push(PANIC);
  const { page } = ada;
  let loads = 0;
  page.on("request", (request) => (loads += request.isNavigationRequest() ? 1 : 0));
  await page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => document.querySelector("nav")?.remove());
    const create = Document.prototype.createElement;
    Document.prototype.createElement = function (this: Document, tag: string) {
      if (tag === "nav") throw new DOMException("no");
      return create.call(this, tag);
    } as typeof create;
  });
  await page.goto("/");
  await expect(page.getByRole("alert")).toContainText("This page has stopped.");
  await page.waitForTimeout(2_000);
  expect(loads).toBeLessThanOrEqual(2);
});

test("a page that nobody touches, or only beside it, is hydrated, and says nothing", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  await startConversation(ada, [linus]);
  await say(grace, id, "Hello");
  for (const path of ["/", "/new", "/settings", `/c/${id}`]) {
    await openTouched(ada.page, path, () => {
      document.querySelector("main")!.dataset.before = "yes";
      document.body.append(document.createElement("grammarly-desktop-integration"));
    });
    await expect(ada.page.locator("main")).toHaveAttribute("data-before", "yes");
    await expect(ada.page.getByText(NOTICE)).toHaveCount(0);
  }
});

test("a translation of a living page takes no names, and leaves it alive", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace, linus], { kind: "group", title: "Translated" });
  await say(grace, id, "Hello");
  await openPage(ada.page, `/c/${id}`);
  const { page } = ada;
  await expect(bodies(page)).toHaveText(["Hello"]);
  await page.evaluate(translate);
  await expect(bodies(page)).toHaveText(["HELLO"]);
  await expect(page.locator(".sender").first()).toHaveText(grace.name);
  await expect(page.locator(".conversation-name").first()).toHaveText("Translated");
  await say(grace, id, "Are you there?");
  await expect(bodies(page)).toHaveText(["HELLO", "Are you there?"]);
  await write(page, "Yes");
  // When it was sent, its row is a new one.
  await expect(page.locator("[data-message]").filter({ hasText: "Yes" })).toBeVisible();
  await page.evaluate(translate);
  await say(linus, id, "So am I");
  await expect(bodies(page)).toHaveText(["HELLO", "ARE YOU THERE?", "YES", "So am I"]);
  await sidebarRow(page, "Translated").click();
  await page.getByRole("button", { name: "Members" }).click();
  await expect(page.getByRole("complementary").getByText(linus.name)).toBeVisible();
});

test("a translated page shows what changes", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(/status of 422/);
  const id = await startConversation(ada, [grace]);
  const group = await startConversation(ada, [grace, linus], { kind: "group", title: "Translated" });
  await say(grace, id, "Hello");
  const mine = await say(ada, id, "See https://example.com and more");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(bodies(page)).toHaveCount(2);
  await page.evaluate(translate);
  const subtitle = page.locator(".pane-names p");
  await expect(subtitle).toHaveText("OFFLINE");
  await test.step("presence, typing and the newest message", async () => {
    await openPage(grace.page, `/c/${id}`);
    await expect(subtitle).toHaveText("Online");
    await expect(sidebarRow(page, grace.name).locator(".face .sr-only")).toHaveText("Online");
    await composer(grace.page).pressSequentially("writing");
    await expect(sidebarRow(page, grace.name)).toContainText("typing…");
    await page.evaluate(translate);
    await composer(grace.page).press("Enter");
    await expect(sidebarRow(page, grace.name).locator(".conversation-last")).toHaveText("writing");
  });
  await test.step("an edit, and a deletion", async () => {
    await page.evaluate(translate);
    await ada.api.patch(`/api/v1/messages/${mine.id}`, { data: { body: "Now https://example.org only" } });
    await expect(bodies(page).nth(1)).toHaveText("Now https://example.org only");
    await page.evaluate(translate);
    await ada.api.delete(`/api/v1/messages/${mine.id}`);
    await expect(bodies(page).nth(1)).toHaveText("This message was deleted.");
  });
  await test.step("the number of members", async () => {
    await sidebarRow(page, "Translated").click();
    await expect(subtitle).toHaveText("3 members");
    await page.evaluate(translate);
    await ada.api.delete(`/api/v1/conversations/${group}/members/${linus.id}`);
    await expect(subtitle).toHaveText("2 members");
  });
  await test.step("what is wrong with a field", async () => {
    await openPage(page, "/settings");
    await page.evaluate(translate);
    await page.locator("#field-name").fill("x".repeat(81));
    await page.locator("form", { has: page.locator("#field-name") }).getByRole("button").click();
    await expect(page.locator("#field-name-hint")).toContainText(/80/);
  });
});
