// Dates and clocks in the form of the reader's language: its order, words, digits and calendar.
import { row, say, startConversation, timeline } from "../conversation";
import { browserOf, expect, openPage, test } from "../people";

/** What a language writes otherwise than others: a date, a clock, and both. */
const FORMS: Record<string, [date: RegExp, clock: RegExp, full: RegExp]> = {
  "en-US": [/^[A-Z][a-z]+ \d{1,2}, \d{4}$/, /^\d{1,2}:\d\d\s[AP]M$/, /^[A-Z][a-z]+ \d{1,2}, \d{4} at \d{1,2}:\d\d\s[AP]M$/],
  "en-GB": [/^\d{1,2} [A-Z][a-z]+ \d{4}$/, /^\d\d:\d\d$/, /^\d{1,2} [A-Z][a-z]+ \d{4} at \d\d:\d\d$/],
  de: [/^\d{1,2}\. \p{L}+ \d{4}$/u, /^\d\d:\d\d$/, /^\d{1,2}\. \p{L}+ \d{4} um \d\d:\d\d$/u],
  ja: [/^\d{4}年\d{1,2}月\d{1,2}日$/, /^\d{1,2}:\d\d$/, /^\d{4}年\d{1,2}月\d{1,2}日 \d{1,2}:\d\d$/],
  // The year of its own calendar.
  fa: [/^[۰-۹]{1,2} \p{L}+ ۱۴[۰-۹]{2}$/u, /^[۰-۹]{1,2}:[۰-۹]{2}$/, /^[۰-۹]{1,2} \p{L}+ ۱۴[۰-۹]{2}.*[۰-۹]{1,2}:[۰-۹]{2}$/u],
  "ar-EG": [/^[٠-٩]{1,2} \p{L}+ ٢٠[٠-٩]{2}$/u, /^[٠-٩]{1,2}:[٠-٩]{2}\s[صم]$/u, /^[٠-٩]{1,2} \p{L}+ ٢٠[٠-٩]{2}.*[٠-٩]{1,2}:[٠-٩]{2}\s[صم]$/u],
};

const DAY_MS = 24 * 60 * 60 * 1000;

for (const [locale, [date, clock, full]] of Object.entries(FORMS)) {
  test(`a reader of ${locale} sees dates and clocks as that language has them`, async ({ ada, grace, browser, consoleErrors }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: `Dates ${ada.username}` });
    await say(grace, id, "When was this?");
    const context = await browserOf({ browser, consoleErrors }, ada, { locale, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const day = timeline(page).locator(".day");
    const time = row(page, "When was this?").locator("time").last();

    await openPage(page, `/c/${id}`);
    await expect(day, "the words of the page are its own").toHaveText("Today");
    await expect(time).toHaveText(clock);
    await expect(time).toHaveAttribute("title", full);

    const weekday = await page.evaluate(() => new Intl.DateTimeFormat(undefined, { weekday: "long" }).format());
    await page.clock.setFixedTime(Date.now() + 3 * DAY_MS);
    await openPage(page, `/c/${id}`);
    await expect(day).toHaveText(weekday);

    await page.clock.setFixedTime(Date.now() + 800 * DAY_MS);
    await openPage(page, `/c/${id}`);
    await expect(day).toHaveText(date);
    await testInfo.attach("a date", { body: await page.screenshot(), contentType: "image/png" });
    // Lists have the year where it is another one, by the reader's calendar.
    const short = await page.evaluate(
      (at) => new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" }).format(at),
      Date.now(),
    );
    await page.getByRole("button", { name: "Search this conversation" }).click();
    const search = page.getByRole("complementary", { name: "Search" });
    await search.getByRole("combobox").fill("When was this");
    await search.getByRole("combobox").press("Enter");
    await expect(search.locator("time")).toHaveText(short);
    await expect(search.locator("time")).toHaveAttribute("title", full);
    await context.close();
  });
}

const LONG = String.raw`\d{1,2} [A-Z][a-z]+ \d{4} at`;

/** A chosen clock, in languages that have the other one: the hour after midnight, and with it the date in its own form. */
const CHOSEN: [hours: "12" | "24", locale: string, clock: RegExp, full: RegExp][] = [
  ["24", "en-US", /^00:\d\d$/, /^[A-Z][a-z]+ \d{1,2}, \d{4} at 00:\d\d$/],
  ["24", "zh-TW", /^00:\d\d$/, /^\d{4}年\d{1,2}月\d{1,2}日 00:\d\d$/],
  ["12", "en-GB", /^12:\d\d\sam$/, new RegExp(String.raw`^${LONG} 12:\d\d\sam$`)],
  ["12", "ja", /^午前12:\d\d$/, /^\d{4}年\d{1,2}月\d{1,2}日 午前12:\d\d$/],
];

for (const [hours, locale, clock, full] of CHOSEN) {
  test(`a clock of ${hours} hours in ${locale} begins as it must, and keeps the form of the date`, async ({
    ada,
    grace,
    browser,
    consoleErrors,
  }) => {
    const id = await startConversation(ada, [grace]);
    await say(grace, id, "At midnight");
    // A zone in which it is the hour after midnight.
    const hour = new Date().getUTCHours();
    const timezoneId = hour <= 12 ? `Etc/GMT+${hour}` : `Etc/GMT-${24 - hour}`;
    const context = await browserOf({ browser, consoleErrors }, ada, { locale, timezoneId });
    await context.addCookies([{ name: "clock", value: hours, url: process.env.PARLANCE_URL! }]);
    const page = await context.newPage();
    await openPage(page, `/c/${id}`);
    const time = row(page, "At midnight").locator("time").last();
    await expect(time).toHaveText(clock);
    await expect(time).toHaveAttribute("title", full);
    await expect(time.locator(".half-day")).toHaveCount(hours === "12" ? 1 : 0);
    await context.close();
  });
}
