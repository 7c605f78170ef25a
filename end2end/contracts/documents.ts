import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import { expect } from "@playwright/test";

/**
 * The documents of a contract, against which the tests compare everything that they receive: answers
 * over REST (`openapi.json`), events and acknowledgements (`asyncapi.json`). An object may not have
 * fields that its schema does not.
 */

type Json = any;

/** By the address of the door. */
const documents = new Map<string, Promise<Checked>>();

interface Checked {
  openapi: Json;
  asyncapi: Json;
  /** The errors of a value, by a schema of one of the two. */
  errorsOf: (value: Json, schema: Json, of: Json) => unknown[];
}

/** The documents of a door; they are fetched once. */
function load(url: string): Promise<Checked> {
  let loaded = documents.get(url);
  if (!loaded) documents.set(url, (loaded = fetchDocuments(url)));
  return loaded;
}

async function fetchDocuments(url: string): Promise<Checked> {
  const [openapi, asyncapi] = await Promise.all(
    ["/openapi.json", "/asyncapi.json"].map(async (path) => (await fetch(url + path)).json()),
  );
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const compiled = new Map<string, ValidateFunction>();
  const errorsOf = (value: Json, schema: Json, of: Json) => {
    const key = JSON.stringify(schema);
    let validator = compiled.get(key);
    if (!validator) {
      const components = { schemas: of.components.schemas };
      compiled.set(key, (validator = ajv.compile(close({ ...schema, components }))));
    }
    return validator(value) ? [] : [...validator.errors!];
  };
  return { openapi, asyncapi, errorsOf };
}

/** The schema without room for fields that it does not name. */
function close(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(close);
  if (schema === null || typeof schema !== "object") return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, close(value)]));
  if (closed.type === "object" && closed.properties && !("additionalProperties" in closed)) closed.additionalProperties = false;
  return closed;
}

/** Compares an answer with the operation that the document has for the request. */
export async function checkAnswer(url: string, method: string, path: string, status: number, body: Json): Promise<void> {
  const { openapi, errorsOf } = await load(url);
  const asked = path.split(/[?#]/)[0];
  const what = `${method} ${asked} answers ${status} ${JSON.stringify(body)}`;
  const operation = find(openapi, method, asked);
  if (!operation) {
    const isOpen = asked.startsWith("/views/") || asked.endsWith("api.json") || method === "OPTIONS";
    expect(isOpen || status === 404 || status === 405, `${what}: the route is not documented`).toBe(true);
    return;
  }
  const response = operation.responses[status];
  expect(response, `${what}: the status is not documented`).toBeDefined();
  const schema = response.content["application/json"].schema;
  expect(errorsOf(body, schema, openapi), what).toEqual([]);
}

/** The operation of a request; of two that fit, the one with fewer parameters. */
function find(openapi: Json, method: string, path: string): Json {
  const asked = path.split("/");
  const fits = (template: string) => {
    const known = template.split("/");
    return known.length === asked.length && known.every((part, index) => part === asked[index] || part.startsWith("{"));
  };
  const templates = Object.keys(openapi.paths).filter((it) => fits(it) && openapi.paths[it][method.toLowerCase()]);
  templates.sort((a, b) => a.split("{").length - b.split("{").length);
  return templates.length > 0 ? openapi.paths[templates[0]][method.toLowerCase()] : undefined;
}

/** Compares an event that the server has emitted with its schema. */
export async function checkEvent(url: string, event: string, payload: Json[]): Promise<void> {
  const { asyncapi, errorsOf } = await load(url);
  const what = `${event} ${JSON.stringify(payload)}`;
  const message = asyncapi.components.messages[`server.${key(event)}`];
  expect(message?.name, `${what}: the event is not documented`).toBe(event);
  expect(payload.length, what).toBe(1);
  expect(errorsOf(payload[0], message.payload, asyncapi), what).toEqual([]);
}

/** Compares an acknowledgement with that of the event, or with that of a refusal. */
export async function checkAcknowledgement(url: string, event: string, ack: Json): Promise<void> {
  const { asyncapi, errorsOf } = await load(url);
  const { messages } = asyncapi.components;
  const schema = { anyOf: [messages[`${key(event)}.ack`]?.payload, messages.refused.payload].filter(Boolean) };
  expect(errorsOf(ack, schema, asyncapi), `${event} is acknowledged with ${JSON.stringify(ack)}`).toEqual([]);
}

/** The name of an event in the document, whose keys have no colons. */
function key(event: string): string {
  return event.replaceAll(":", ".");
}
