import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import tests from "../playwright.config";

// The released program.
process.env.PARLANCE_PROGRAM ??= join(process.env.CARGO_TARGET_DIR ?? "target", "release/parlance");

/**
 * Measurements: each prints one line, and fails beyond its bound. Bounds are of the CPU time of the page's main thread,
 * of counts and of memory, so that a busy machine does not break them; times of the clock are printed only.
 * `npx playwright test -c end2end/measure`.
 */
export default defineConfig({
  ...tests,
  testMatch: ["*.measure.ts"],
  globalSetup: "../server.ts",
  workers: 1,
  use: { ...tests.use, trace: "off", actionTimeout: 20_000, viewport: { width: 1440, height: 900 } },
  timeout: 300_000,
});
