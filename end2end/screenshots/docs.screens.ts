import { expect, test } from "@playwright/test";
import { resolve } from "node:path";
import { openPage } from "../people";
import { signIn } from "./sign_in";
import { ME, NOW } from "./story";

const DOCS = resolve(__dirname, "../../docs");

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });

test("the picture of README: a channel with a thread", async ({ page, context }) => {
  await signIn(context, ME);
  await page.clock.setFixedTime(NOW);
  await openPage(page, "/");
  await page.locator(".conversation-name", { hasText: "releases" }).click();
  await page.locator("#timeline .thread-link").first().click();
  await expect(page.locator(".thread-panel").getByText("Works for me now.")).toBeVisible();
  // What is unread is marked as read when it has been seen.
  await page.mouse.move(0, 0);
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: resolve(DOCS, "parlance.png"), animations: "disabled", caret: "hide" });
});
