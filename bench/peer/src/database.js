// Connection pool. Every statement has a name, so that each connection prepares it once.
import pg from "pg";

// `bigint` columns arrive as strings. Positions and sequence numbers are far below 2^53, and are
// converted to numbers; ids stay strings.
export const database = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DATABASE_MAX_CONNECTIONS ?? 20),
  idleTimeoutMillis: 0,
});

// The pool replaces a broken idle connection at the next query.
database.on("error", (error) => console.error("a connection to the database broke:", error.message));

/** Executes a prepared statement, and returns its rows. */
export async function rows(name, text, values) {
  return (await database.query({ name, text, values })).rows;
}

export const UNIQUE_VIOLATION = "23505";
