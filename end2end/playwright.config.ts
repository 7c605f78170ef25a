import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { defineConfig } from "@playwright/test";

/**
 * The system's Chromium, or the one that `CHROMIUM` names; none is downloaded. Its headless shell takes a third of the
 * processor's time of the whole browser.
 */
function chromium(): string {
  const wished = process.env.CHROMIUM;
  const known = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const names = wished ? [wished] : known;
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of names) {
    for (const path of isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))) {
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not executable: try the next one.
      }
    }
  }
  throw new Error(`no Chromium found (${names.join(", ")}): install it, or set CHROMIUM`);
}

const root = process.getuid?.() === 0;

export default defineConfig({
  testDir: ".",
  testMatch: ["tests/**/*.spec.ts", "contracts/**/*.spec.ts"],
  outputDir: "test-results",
  globalSetup: "./server.ts",
  // Tests share one server and mostly wait for it; two workers suffice for two cores.
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  // The longest take half a minute, and twice as long on a slow machine. What waits for one thing has its own limit.
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    baseURL: process.env.PARLANCE_URL,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    // A test of the page takes a fifth longer while it is recorded.
    trace: "on-first-retry",
    launchOptions: {
      executablePath: chromium(),
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        ...(root ? ["--no-sandbox"] : []),
      ],
    },
  },
});
