import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "@asyncapi/parser";
import { expect, test } from "@playwright/test";
import { url } from "./scene";

const DOORS = ["groups", "rooms", "direct", "conversations", "broadcast"];

/** Of the public API, and of each contract on its own port and on the main address. */
const PLACES = (): string[] => [
  `${url()}/api/v1`,
  ...DOORS.flatMap((name) => [process.env[`PARLANCE_${name.toUpperCase()}_URL`]!, `${url()}/contracts/${name}`]),
];

async function get(address: string): Promise<string> {
  const answer = await fetch(address);
  expect(answer.status, address).toBe(200);
  expect(answer.headers.get("content-type"), address).toBe("application/json");
  return answer.text();
}

test("redocly finds nothing in the OpenAPI documents", async ({}, testInfo) => {
  const files = await Promise.all(
    PLACES().map(async (place, index) => {
      const file = testInfo.outputPath(`${index}.json`);
      writeFileSync(file, await get(`${place}/openapi.json`));
      return file;
    }),
  );
  const output = execFileSync(process.execPath, [join(__dirname, "../lint.mjs"), ...files], { encoding: "utf8" });
  expect(JSON.parse(output)).toEqual([]);
});

test("AsyncAPI's parser finds nothing in the AsyncAPI documents", async () => {
  const texts = await Promise.all(PLACES().map((place) => get(`${place}/asyncapi.json`)));
  // A contract's document is the same on its port and on the main address.
  expect(new Set(texts).size).toBe(1 + DOORS.length);
  for (const text of new Set(texts)) {
    const { document, diagnostics } = await new Parser().parse(text);
    // 3.1 exists, which is only an information.
    const found = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version");
    expect(found, document?.info().title()).toEqual([]);
    expect(document?.version()).toBe("3.0.0");
  }
});

test("every operation has a name of its own, a summary, a description and a tag", async () => {
  for (const place of PLACES()) {
    const { paths } = JSON.parse(await get(`${place}/openapi.json`));
    const operations: any[] = Object.values(paths).flatMap((item: any) => Object.values(item));
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size, place).toBe(names.length);
    for (const { operationId, summary, description, tags } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect([summary, description, tags?.[0]].every(Boolean), operationId).toBe(true);
    }
  }
});

/** The schemas of all parameters and properties of this name. */
function named(name: string, part: any): any[] {
  if (part === null || typeof part !== "object") return [];
  const found = Object.values(part).flatMap((it) => named(name, it));
  if (part.name === name && part.schema) found.push(part.schema);
  if (part.properties?.[name]) found.push(part.properties[name]);
  return found;
}

test("cursors are strings everywhere", async () => {
  const document = JSON.parse(await get(`${url()}/api/v1/openapi.json`));
  const cursors = named("cursor", document.paths);
  expect(cursors.length).toBeGreaterThan(4);
  for (const { type } of cursors) expect([type].flat().filter((it) => it !== "null")).toEqual(["string"]);
  const next = named("nextCursor", document.components);
  expect(next.length).toBeGreaterThan(4);
  for (const { type } of next) expect(type).toEqual(["string", "null"]);
});

test("a refusal is documented where it can happen, and nowhere else", async () => {
  const { paths } = JSON.parse(await get(`${url()}/api/v1/openapi.json`));
  for (const [path, item] of Object.entries<any>(paths)) {
    for (const [method, operation] of Object.entries<any>(item)) {
      const what = `${method} ${path}`;
      const has = (status: number) => String(status) in operation.responses;
      expect([400, 413, 415].map(has), what).toEqual(Array(3).fill(Boolean(operation.requestBody)));
      expect([429, 500, 503].map(has), what).toEqual([true, true, true]);
      expect(has(405), what).toBe(false);
      if (operation.security?.length !== 0) expect([401, 403].map(has), what).toEqual([true, true]);
      if (path.includes("{")) expect(has(404), what).toBe(true);
      const takesInput = operation.requestBody || operation.parameters?.some((it: any) => it.in !== "path");
      if (takesInput) expect(has(422), what).toBe(true);
      if (method === "get") expect(has(409), what).toBe(false);
    }
  }
});
