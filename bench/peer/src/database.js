// The pool. Every statement is named, so that each connection prepares it once.
import pg from "pg";

// Positions and sequences are counts well below 2^53; ids stay strings.
export const database = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DATABASE_MAX_CONNECTIONS ?? 20),
  idleTimeoutMillis: 0,
});

// An idle connection that breaks is replaced by the next query.
database.on("error", (error) => console.error("a connection to the database broke:", error.message));

/** The rows of a prepared statement. */
export async function rows(name, text, values) {
  return (await database.query({ name, text, values })).rows;
}

export const VIOLATES_UNIQUENESS = "23505";
