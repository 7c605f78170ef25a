import { type BrowserContext, type Page, expect, test } from "@playwright/test";
import { join, resolve } from "node:path";
import { addFiles, bytes, tray, untilOpening } from "../files";
import { openPage } from "../people";
import { landscape } from "./pictures";
import { signIn } from "./sign_in";
import { ME, NOW } from "./story";

/** The folder of the pictures. */
const OUT = resolve(__dirname, "../..", process.env.SCREENSHOTS ?? "target/screenshots");

/** Parts of the names of screens to make, `SCREENS=thread,search`; all without. */
const WANTED = (process.env.SCREENS ?? "").split(",").filter(Boolean);
const WIDTHS = (process.env.WIDTHS ?? "390,768,1440,1920").split(",").map(Number);
const THEMES = (process.env.THEMES ?? "light,dark").split(",") as ("light" | "dark")[];
const HEIGHTS: Record<number, number> = { 320: 568, 390: 844, 768: 1024, 1440: 900, 1920: 1080 };

interface Scene {
  page: Page;
  context: BrowserContext;
  width: number;
  isPhone: boolean;
  /** Opens the conversation with this title, at its end. */
  open(title: string): Promise<void>;
}

const ROW = "4.12 is on staging";
const message = (page: Page, text: string) => page.locator("#timeline li.message", { hasText: text }).first();
const card = (page: Page) => page.getByRole("dialog", { name: "Profile" });

async function actions(page: Page, text: string, isPhone: boolean): Promise<void> {
  const found = message(page, text);
  await found.scrollIntoViewIfNeeded();
  if (isPhone) await found.click();
  else await found.locator(".body").hover();
}

async function header(page: Page, entry: string): Promise<void> {
  await page.locator(".pane-header .menu > summary").click();
  await page.locator(".pane-header .menu-panel").getByText(entry).click();
}

/** Every screen, by the name of its picture. */
const SCREENS: [name: string, show: (scene: Scene) => Promise<void>][] = [
  ["inbox", ({ page }) => openPage(page, "/")],
  ["channel", ({ open }) => open("releases")],
  ["channel-unread", async ({ page, open }) => {
    await open("releases");
    await page.locator("#timeline").evaluate((timeline) => timeline.scrollBy(0, -260));
  }],
  ["message-actions", async ({ page, open, isPhone }) => {
    await open("releases");
    await actions(page, "The old sessions", isPhone);
  }],
  ["message-menu", async ({ page, open, isPhone }) => {
    await open("releases");
    await actions(page, "The old sessions", isPhone);
    await page.getByRole("button", { name: "More actions" }).click();
  }],
  ["reaction-picker", async ({ page, open, isPhone }) => {
    await open("releases");
    await actions(page, "The old sessions", isPhone);
    await page.getByRole("button", { name: "React", exact: true }).click();
    await expect(page.locator(".picker")).toBeVisible();
  }],
  ["writing", async ({ page, open, isPhone }) => {
    await open("releases");
    await actions(page, "Runbook for the rollout", isPhone);
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    await page.getByRole("textbox", { name: "Message", exact: true }).fill("Reading it now. Two things:\n1. who may press the button\n2. how long it takes");
  }],
  ["editing", async ({ page, open }) => {
    await open("releases");
    await page.getByRole("textbox", { name: "Message", exact: true }).press("ArrowUp");
    await expect(page.locator(".edit textarea")).toBeFocused();
  }],
  ["files", async ({ page, open }) => {
    await open("design");
    await expect(page.getByRole("link", { name: /Onboarding plan/ })).toBeVisible();
  }],
  ["files-earlier", async ({ page, open }) => {
    await open("design");
    await message(page, "Four moods").scrollIntoViewIfNeeded();
    await page.locator("#timeline").evaluate((timeline) => timeline.scrollBy(0, -200));
  }],
  ["files-viewer", async ({ page, open }) => {
    await open("design");
    await untilOpening(page);
    await message(page, "Four moods").locator("a.picture").first().click();
    await expect(page.getByRole("dialog", { name: "Pictures" }).getByRole("img")).toBeVisible();
  }],
  ["files-tray", async ({ page, open }) => {
    await open("design");
    // The second never ends, and the third is refused.
    await page.route(/\/api\/v1\/uploads/, async (route) => {
      const [request, isNew] = [route.request(), route.request().method() === "POST"];
      const size = Number(request.headers()["upload-length"] ?? request.postDataBuffer()?.length);
      const problem = { type: "about:blank", code: "storage_full", title: "Storage full", status: 507, detail: "Your files take all the space that you have here." };
      if (isNew && size === 3_000) await route.fulfill({ status: 507, contentType: "application/problem+json", body: JSON.stringify(problem) });
      else if (isNew || size !== 4 << 20) await route.continue();
    });
    const garden = landscape("garden.png", 600, 400, [120, 170, 220], [60, 90, 60]);
    await addFiles(page, [garden, bytes("Quarterly figures with all appendices.xlsx", 9_000_000), bytes("backup.zip", 3_000)]);
    await expect(tray(page).getByRole("alert")).toBeVisible();
    await expect(tray(page).getByRole("progressbar")).toHaveCount(1);
    await page.getByRole("textbox", { name: "Message", exact: true }).fill("Where we are");
  }],
  ["files-list", async ({ page, open }) => {
    await open("design");
    await page.keyboard.press("Control+Shift+f");
    const box = page.getByRole("combobox", { name: "Search messages" });
    await box.fill("has:file ");
    await box.press("Enter");
    await expect(page.locator(".search-result").first()).toBeVisible();
  }],
  ["group", ({ open }) => open("Launch")],
  ["direct", ({ open }) => open("Tomás")],
  ["direct-rtl", ({ open }) => open("ليلى")],
  ["rows", async ({ page, context, open }) => {
    await context.addCookies([{ name: "layout", value: "rows", url: page.url() }]);
    await open("Tomás");
  }],
  ["rows-previews", async ({ page, context, open }) => {
    await context.addCookies([{ name: "layout", value: "rows", url: page.url() }, { name: "previews", value: "shown", url: page.url() }]);
    await open("releases");
  }],
  ["compact", async ({ page, context, open }) => {
    await context.addCookies([{ name: "layout", value: "compact", url: page.url() }]);
    await open("releases");
  }],
  ["thread", async ({ page, open }) => {
    await open("releases");
    await message(page, ROW).locator(".thread-link").click();
    await expect(page.locator(".thread-panel").getByText("Works for me now.")).toBeVisible();
  }],
  ["pins", async ({ page, open }) => {
    await open("releases");
    await page.getByRole("button", { name: /[Pp]inned/ }).click();
  }],
  ["members", async ({ page, open }) => {
    await open("releases");
    await page.getByRole("button", { name: "Members" }).click();
    await expect(page.getByRole("complementary", { name: "Members" }).getByText("Tomás Herrera")).toBeVisible();
  }],
  ["options", async ({ page, open }) => {
    await open("Launch");
    await page.locator(".pane-header .menu > summary").click();
  }],
  ["details", async ({ page, open }) => {
    await open("Launch");
    await header(page, "Name and description");
  }],
  ["leave", async ({ page, open }) => {
    await open("Launch");
    await header(page, "Leave");
  }],
  ["preview-of-a-channel", async ({ page }) => {
    await openPage(page, "/");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Go to" }).getByRole("combobox").fill("books");
    await page.getByRole("option", { name: /^books/ }).click();
    await expect(page.locator("#conversation-title")).toHaveText("books");
  }],
  ["search", async ({ page, open }) => {
    await open("releases");
    await page.keyboard.press("Control+Shift+f");
    const box = page.getByRole("combobox", { name: "Search messages" });
    await box.fill("staging");
    await box.press("Enter");
    await expect(page.locator(".search-result").first()).toBeVisible();
  }],
  ["search-suggestions", async ({ page, open }) => {
    await open("releases");
    await page.keyboard.press("Control+Shift+f");
    await page.getByRole("combobox", { name: "Search messages" }).pressSequentially("from:");
  }],
  ["search-nothing", async ({ page, open }) => {
    await open("releases");
    await page.keyboard.press("Control+Shift+f");
    const box = page.getByRole("combobox", { name: "Search messages" });
    await box.fill("xylophone");
    await box.press("Enter");
  }],
  ["palette", async ({ page, open }) => {
    await open("releases");
    await page.keyboard.press("Control+k");
  }],
  ["palette-found", async ({ page, open }) => {
    await open("releases");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Go to" }).getByRole("combobox").fill("re");
  }],
  ["channels", ({ page, open }) => command(page, open, "Browse channels")],
  ["people", ({ page, open }) => command(page, open, "people")],
  ["profile", async ({ page, open }) => {
    await open("releases");
    await message(page, "Runbook for the rollout").locator(".sender").click();
    await expect(card(page).getByText("@olu")).toBeVisible();
  }],
  ["new-conversation", ({ page }) => openPage(page, "/new")],
  ["own-menu", async ({ page }) => {
    await openPage(page, "/");
    await page.getByLabel("You", { exact: true }).click();
  }],
  ["row-menu", async ({ page, isPhone }) => {
    await openPage(page, "/");
    const row = page.locator(".conversation", { hasText: "Priya" });
    if (isPhone) return row.dispatchEvent("contextmenu");
    await row.hover();
    await page.getByRole("button", { name: "Options of the conversation" }).click();
  }],
  ["shortcuts", async ({ page }) => {
    await openPage(page, "/");
    await page.keyboard.press("?");
  }],
  ["threads", ({ page }) => openPage(page, "/threads")],
  ["saved", ({ page }) => openPage(page, "/saved")],
  ["settings", ({ page }) => openPage(page, "/settings")],
  ["settings-end", async ({ page }) => {
    await openPage(page, "/settings");
    await page.locator(".pane-body").evaluate((body) => body.scrollTo(0, body.scrollHeight));
  }],
  ["groups", async ({ page }) => void (await page.goto("/settings/groups"))],
  ["two-factor", async ({ page }) => void (await page.goto("/settings/two-factor"))],
  ["announcements", ({ page }) => openPage(page, "/c/1")],
  ["not-found", async ({ page }) => void (await page.goto("/c/99999"))],
  ["no-page", async ({ page }) => void (await page.goto("/nothing"))],
  ["offline", async ({ page, context, open }) => {
    await open("releases");
    await context.setOffline(true);
    await page.getByRole("textbox", { name: "Message", exact: true }).fill("Written on the train");
    await page.keyboard.press("Enter");
    await expect(page.locator(".banner-shown")).toBeVisible({ timeout: 60_000 });
  }],
];

async function command(page: Page, open: Scene["open"], name: string): Promise<void> {
  await open("releases");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Go to" }).getByRole("combobox").fill(name);
  await page.getByRole("option", { name: new RegExp(name, "i") }).first().click();
  await expect(page.locator("dialog[open] .browser-row").first()).toBeVisible();
}

const isWanted = (name: string) => WANTED.length === 0 || WANTED.some((part) => name === part || name.startsWith(`${part}-`));

for (const theme of THEMES) {
  for (const width of WIDTHS) {
    const height = HEIGHTS[width] ?? 900;
    const isPhone = width < 768;
    test.describe(`${theme}, ${width} px`, () => {
      test.use({ viewport: { width, height }, colorScheme: theme, hasTouch: isPhone, isMobile: isPhone });

      /** The page as `who`, and where its pictures go. */
      const take = async (page: Page, name: string) => {
        await page.evaluate(() => document.fonts.ready);
        await page.waitForTimeout(350);
        await page.screenshot({ path: join(OUT, `${name}-${width}-${theme}.png`), animations: "disabled", caret: "hide" });
      };

      test("signing in", async ({ page }) => {
        test.skip(!["sign-in", "register"].some(isWanted));
        await page.goto("/sign-in");
        await take(page, "sign-in");
        await page.goto("/register");
        await take(page, "register");
      });

      test("an account without conversations", async ({ page, context }) => {
        test.skip(!isWanted("empty"));
        await signIn(context, "newcomer");
        await openPage(page, "/");
        await take(page, "empty");
        await openPage(page, "/threads");
        await take(page, "empty-threads");
      });

      for (const [name, show] of SCREENS) {
        test(name, async ({ page, context }) => {
          test.skip(!isWanted(name));
          await signIn(context, ME);
          await page.clock.setFixedTime(NOW);
          await page.goto("/health");
          const open = async (title: string) => {
            await openPage(page, "/");
            await page.locator(".conversation-name", { hasText: title }).first().click();
            await expect(page.locator("#conversation-title")).toContainText(title);
            await expect(page.locator("#timeline li.message").first()).toBeAttached();
          };
          await show({ page, context, width, isPhone, open });
          await take(page, name);
        });
      }
    });
  }
}
