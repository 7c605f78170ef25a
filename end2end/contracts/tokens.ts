import { createHmac, createSign } from "node:crypto";
import { readFileSync } from "node:fs";

type Claims = Record<string, unknown>;

interface Signing {
  alg?: "HS256" | "RS256" | "none";
  /** A key to use instead of the server's secret or private key. */
  key?: string | Buffer;
}

/** A token as another system with the server's keys would sign it, valid for an hour. */
export function mint(claims: Claims, { alg = "HS256", key }: Signing = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encoded({ alg, typ: "JWT" })}.${encoded({ iat: now, exp: now + 3600, ...claims })}`;
  return `${signed}.${signature(signed, alg, key)}`;
}

function signature(text: string, alg: Signing["alg"], key?: string | Buffer): string {
  if (alg === "none") return "";
  if (alg === "RS256") return createSign("sha256").update(text).sign(key ?? setting("PRIVATE_KEY_PATH", file), "base64url");
  return createHmac("sha256", key ?? setting("JWT_SECRET")).update(text).digest("base64url");
}

/** Tokens that every contract refuses, keyed by their defect. */
export function badTokens({ id }: { id: string }): Record<string, string> {
  const now = Math.floor(Date.now() / 1000);
  const [header, , mac] = mint({ sub: id }).split(".");
  return {
    "no token at all": "nonsense",
    "a token of three empty parts": "..",
    "a token that has just expired": mint({ sub: id, exp: now - 1 }),
    "a token that is not good yet": mint({ sub: id, nbf: now + 600 }),
    "a token without an end": mint({ sub: id, exp: undefined }),
    "a token whose claims were changed": `${header}.${encoded({ sub: id, exp: now + 7200 })}.${mac}`,
    "a token signed by nobody": mint({ sub: id }, { alg: "none" }),
    "a token with another secret": mint({ sub: id }, { key: "another secret of thirty-two bytes, or more" }),
    "a token with the public key for a secret": mint({ sub: id }, { key: setting("PUBLIC_KEY_PATH", file) }),
    "a token without a user": mint({}),
  };
}

/** Two more, which some contracts reject with another message. */
export const refreshToken = ({ id }: { id: string }) => mint({ sub: id, id, type: "refresh" });
export const strangersToken = () => mint({ sub: "999999999999" });

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function file(path: string): string {
  return readFileSync(path, "utf8");
}

function setting(name: string, read: (value: string) => string = String): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: see end2end/server.ts`);
  return read(value);
}
