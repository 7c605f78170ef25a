import { type BrowserContext, expect } from "@playwright/test";
import { PASSWORD } from "./team";

/** Signs a browser in as one of the team, by the request of the sign-in form. */
export async function signIn(context: BrowserContext, username: string): Promise<void> {
  const answer = await context.request.post("/form/sign-in", {
    headers: { accept: "text/html" },
    form: { login: username, password: PASSWORD, next: "" },
    maxRedirects: 0,
  });
  expect(answer.headers().location, await answer.text()).toBe("/");
}
