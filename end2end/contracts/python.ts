import { join } from "node:path";

/** The interpreter that `bin/test` has installed, or the one that `PYTHON` names. */
export const PYTHON = process.env.PYTHON ?? join(__dirname, "../../.tools/python/bin/python");
