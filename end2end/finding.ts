import { type Locator, type Page, expect } from "@playwright/test";

/** The panel of the search, its box and its results. */
export const panel = (page: Page): Locator => page.getByRole("complementary", { name: "Search" });
export const box = (page: Page): Locator => panel(page).getByRole("combobox", { name: "Search messages" });
export const results = (page: Page): Locator =>
  panel(page).getByRole("list", { name: "Results" }).getByRole("link");
export const palette = (page: Page): Locator => page.getByRole("dialog", { name: "Go to" });

/** Opens the palette and types into it. */
export async function go(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await expect(palette(page).getByRole("combobox")).toBeFocused();
  await page.keyboard.type(text);
}
