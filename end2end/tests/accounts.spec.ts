import type { Page } from "@playwright/test";
import { browserOf, expect, signIn, test } from "../people";

const PASSWORD = "a tin roof in the rain";

const administrator = () => ({ username: "admin", password: process.env.PARLANCE_ADMIN_PASSWORD ?? "" });

/** The secret link that the page of an administrator shows, which it does once. */
async function shownLink(page: Page): Promise<string> {
  const link = await page.getByLabel("Give this link on. It is shown this one time.").inputValue();
  await page.reload();
  await expect(page.getByLabel("Give this link on. It is shown this one time.")).toHaveCount(0);
  return link;
}

test("a password is changed with the old one, and other browsers are signed out", async ({ ada, browser, consoleErrors }) => {
  const elsewhere = await browserOf({ browser, consoleErrors }, ada);
  await ada.page.goto("/settings/password");
  const change = async (present: string, next: string) => {
    await ada.page.getByLabel("Present password").fill(present);
    await ada.page.getByLabel("New password").fill(next);
    await ada.page.getByRole("button", { name: "Save" }).click();
  };
  await change("not the password", PASSWORD);
  await expect(ada.page.getByText("Is wrong.")).toBeVisible();
  await change(ada.password, "password123");
  await expect(ada.page.getByText("Is one of those that are guessed first.")).toBeVisible();
  await change(ada.password, PASSWORD);
  await expect(ada.page.getByText("The password is changed.")).toBeVisible();
  const other = await elsewhere.newPage();
  await other.goto("/");
  await expect(other).toHaveURL(/sign-in/);
  await signIn(other, { username: ada.username, password: PASSWORD });
  await expect(other).not.toHaveURL(/sign-in/);
  await elsewhere.close();
});

test("an administrator gives a link, with which a forgotten password is replaced once", async ({ ada, browser, consoleErrors, page, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  await page.goto("/sign-in");
  await expect(page.getByText("Ask your administrator")).toBeVisible();
  const office = await browserOf({ browser, consoleErrors }, administrator());
  const people = await office.newPage();
  await people.goto(`/administration/people?query=${ada.username}`);
  await people.getByText(ada.name).click();
  await people.getByRole("button", { name: `New password: ${ada.name}` }).click();
  await expect(people.getByLabel("Give this link on. It is shown this one time.")).toBeFocused();
  const link = await shownLink(people);
  await page.goto(link);
  await expect(page.getByLabel("Username")).toHaveValue(ada.username);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Save and sign in" }).click();
  await expect(page).toHaveURL("/");
  await page.context().clearCookies();
  await page.goto(link);
  await expect(page.getByRole("alert")).toContainText("it was used, or it is too old");
  await office.close();
});

test("whoever is invited makes an account, and the pages are for administrators", async ({ ada, browser, consoleErrors, page, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  await ada.page.goto("/administration/invites");
  await expect(ada.page.getByText("There is nothing here")).toBeVisible();
  const office = await browserOf({ browser, consoleErrors }, administrator());
  const invites = await office.newPage();
  const note = `Colleagues ${crypto.randomUUID().slice(0, 8)}`;
  await invites.goto("/administration/invites");
  await invites.getByLabel("Note (optional)").fill(note);
  await invites.getByRole("button", { name: "Make the link" }).click();
  const link = await shownLink(invites);
  await expect(invites.getByRole("button", { name: `End: ${note}` })).toBeVisible();
  await page.goto(link);
  await page.getByLabel("Username").fill(`new-${crypto.randomUUID().slice(0, 8)}`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/");
  await invites.reload();
  await expect(invites.getByRole("button", { name: `End: ${note}` })).toHaveCount(0);
  await office.close();
});
