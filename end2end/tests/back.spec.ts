import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { composer, row, say, sidebarRow, startConversation } from "../conversation";
import { type Person, expect, openPage, test } from "../people";
import { reply } from "../threads";

const PHONE = { width: 390, height: 844 };

/** Where what covers the page is, and what opens it. */
interface Cover {
  name: string;
  open: (page: Page) => Promise<unknown>;
  place: (page: Page) => Locator;
  close: (place: Locator) => Promise<unknown>;
}

const panel = (name: string) => (page: Page) => page.getByRole("complementary", { name });
const dialog = (name: string) => (page: Page) => page.getByRole("dialog", { name });
const press = (name: string) => (place: Locator) => place.getByRole("button", { name, exact: true }).click();

const COVERS: Cover[] = [
  {
    name: "the members",
    open: (page) => page.getByRole("button", { name: "Members" }).click(),
    place: panel("Members"),
    close: press("Close"),
  },
  {
    name: "the pinned messages",
    open: (page) => page.getByRole("button", { name: /^Pinned messages/ }).click(),
    place: panel("Pinned messages"),
    close: press("Close"),
  },
  {
    name: "a thread",
    open: (page) => row(page, "A root").locator(".thread-link").click(),
    place: panel("Thread"),
    close: press("Close"),
  },
  {
    name: "the search",
    open: (page) => page.getByRole("button", { name: "Search this conversation" }).click(),
    place: panel("Search"),
    close: press("Close"),
  },
  {
    name: "the details",
    open: async (page) => {
      await page.getByLabel("More", { exact: true }).click();
      await page.getByRole("menuitem", { name: "Name and description" }).click();
    },
    place: dialog("Name and description"),
    close: press("Close"),
  },
];

/** A group with a thread and a pin, opened from the list, which has no entry before it but a blank page. Its path. */
async function openFromList({ ada, grace }: { ada: Person; grace: Person }): Promise<string> {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Backwards" });
  const root = await say(grace, id, "A root");
  await reply(grace, id, root.id, "A reply that is found");
  await ada.api.put(`/api/v1/messages/${(await say(grace, id, "Pinned")).id}/pin`);
  const { page } = ada;
  await openPage(page, "/");
  await sidebarRow(page, "Backwards").click();
  await expect(composer(page)).toBeVisible();
  return `/c/${id}`;
}

const path = (page: Page) => new URL(page.url()).pathname;
/** Long enough for an entry that is left behind to be there. */
const settled = (page: Page) => page.waitForTimeout(300);

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`on a phone, ${colorScheme}`, () => {
    for (const { name, open, place, close } of COVERS) {
      test(`Back closes ${name}, and then leaves the conversation`, async ({ ada, grace }) => {
        const { page } = ada;
        await page.setViewportSize(PHONE);
        await page.emulateMedia({ colorScheme });
        const here = await openFromList({ ada, grace });
        await open(page);
        await expect(place(page)).toBeVisible();
        await settled(page);
        expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.map((it) => it.html)])).toEqual([]);
        await page.goBack();
        await expect(place(page)).toBeHidden();
        await expect(composer(page)).toBeVisible();
        expect(path(page)).toBe(here);

        // Closed by its button or by Escape, it leaves no entry behind.
        const escape = (place: Locator) =>
          expect(async () => {
            // The first one may close suggestions.
            await page.keyboard.press("Escape");
            await expect(place).toBeHidden({ timeout: 500 });
          }).toPass();
        for (const closes of [close, escape]) {
          await open(page);
          await expect(place(page)).toBeVisible();
          await settled(page);
          await closes(place(page));
          await expect(place(page)).toBeHidden();
          await settled(page);
          expect(path(page)).toBe(here);
        }
        await page.goBack();
        await expect(sidebarRow(page, "Backwards")).toBeVisible();
        await expect(composer(page)).toBeHidden();
        expect(path(page)).toBe("/");
        // What is closed stays closed.
        await page.goForward();
        await expect(composer(page)).toBeVisible();
        await expect(place(page)).toBeHidden();
      });
    }
  });
}

test("Back closes what is on top first, and from a result it leads back to the results", async ({ ada, grace }) => {
  const { page } = ada;
  await page.setViewportSize(PHONE);
  const here = await openFromList({ ada, grace });
  await COVERS[3].open(page);
  const search = panel("Search")(page);
  await search.getByRole("combobox").fill("found");
  await search.getByRole("combobox").press("Enter");
  await search.getByRole("link", { name: /A reply that is/ }).click();
  const thread = panel("Thread")(page);
  await expect(thread.getByText("A reply that is found")).toBeVisible();
  await settled(page);
  await page.goBack();
  await expect(thread).toBeHidden();
  await expect(composer(page)).toBeVisible();
  await page.goBack();
  await expect(search.getByRole("link", { name: /A reply that is/ })).toBeVisible();
  await settled(page);
  await page.goBack();
  await expect(search).toBeHidden();
  await expect(composer(page)).toBeVisible();
  expect(path(page)).toBe(here);
  await page.goBack();
  await expect(composer(page)).toBeHidden();
  expect(path(page)).toBe("/");
});

test("on a wide page a panel is no step of the history", async ({ ada, grace }) => {
  const { page } = ada;
  await page.setViewportSize({ width: 1440, height: 900 });
  const id = await openFromList({ ada, grace });
  await COVERS[0].open(page);
  await expect(COVERS[0].place(page)).toBeVisible();
  await settled(page);
  expect(path(page)).toBe(id);
  await page.goBack();
  await expect(composer(page)).toBeHidden();
  expect(path(page)).toBe("/");
});
