import { defineConfig } from "@playwright/test";
import tests from "../playwright.config";

/** Measurements: they print numbers and never fail for one. `npx playwright test -c end2end/measure`. */
export default defineConfig({
  ...tests,
  testMatch: ["*.measure.ts"],
  globalSetup: "../server.ts",
  workers: 1,
  use: { ...tests.use, trace: "off" },
  timeout: 900_000,
});
