import { expect, test } from "../people";

test("a stranger is shown where to sign in", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(/Parlance/);
  await expect(page.getByRole("button", { name: /sign in/i })).toBeVisible();
});

test("two people sign in, each in a browser of their own", async ({ ada, grace }) => {
  await expect(ada.page.getByText(ada.name).first()).toBeVisible();
  await expect(grace.page.getByText(grace.name).first()).toBeVisible();
});
