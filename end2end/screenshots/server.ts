import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM, end, freePorts, ready } from "../server";
import { Team } from "./team";
import { NOW, fill } from "./story";

/**
 * Starts a server on a database of its own in the cluster of `DATABASE_URL` (`bin/with-postgres`), and fills it with
 * a team at work.
 * With `PARLANCE_URL`, a running server that was filled before is used instead.
 */
export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env.PARLANCE_URL) return;
  const cluster = process.env.DATABASE_URL;
  if (!cluster) throw new Error("DATABASE_URL is not set: call bin/screenshots");
  // The server migrates a database itself that nobody has migrated before.
  run(cluster, "create database screenshots");
  const database = cluster.replace("/parlance?", "/screenshots?");
  const dataDir = mkdtempSync(join(tmpdir(), "parlance-screenshots-"));
  const port = process.env.PARLANCE_PORT ?? String((await freePorts(1))[0]);
  const server = spawn(PROGRAM, [], {
    env: {
      ...process.env,
      DATABASE_URL: database,
      HOST: "127.0.0.1",
      PORT: port,
      DATA_DIR: dataDir,
      JWT_SECRET: randomBytes(32).toString("hex"),
      CONTRACTS: "off",
      RATE_LIMIT: "off",
      RUST_LOG: process.env.RUST_LOG ?? "error",
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  let disconnect = () => {};
  const stop = async () => {
    disconnect();
    await end(server);
    rmSync(dataDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, server);
    const team = new Team(url);
    await fill(team);
    backdate(database, team.times());
    disconnect = await team.connect(["tomas", "priya", "jonas", "olu", "sofia"]);
  } catch (error) {
    await stop();
    throw error;
  }
  process.env.PARLANCE_URL = url;
  return stop;
}

/** Gives messages the times that the story has for them. The API has no way to do so. */
function backdate(database: string, times: [id: string, minutesAgo: number][]): void {
  const values = times.map(([id, ago]) => `(${Number(id)}, ${Number(ago)})`).join();
  run(
    database,
    `with story (id, ago) as (values ${values}),
     said (id, at) as (select id, timestamptz '${NOW.toISOString()}' - ago * interval '1 minute' from story),
     written as (
       update messages set created_at = at, edited_at = edited_at - (created_at - at)
       from said where messages.id = said.id
     ),
     indexed as (update message_search set created_at = at from said where message_id = said.id),
     made as (
       update messages set created_at = created_at - interval '30 days' where kind = 'system'
     ),
     moved as (update members set joined_at = joined_at - interval '30 days')
     update conversations set created_at = created_at - interval '30 days'`,
  );
}

function run(database: string, statement: string): void {
  execFileSync("psql", [database, "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", statement]);
}
