// What a client hears of what was not done.
export class Refusal extends Error {
  constructor(code, detail, status = 400) {
    super(detail);
    this.code = code;
    this.status = status;
  }
}

export const NOT_FOUND = () => new Refusal("not_found", "There is no such conversation.", 404);
export const UNAUTHENTICATED = () => new Refusal("unauthenticated", "Sign in first.", 401);

/** Whatever was thrown, in words for a client; causes go to the log. */
export function refusalOf(error) {
  if (error instanceof Refusal) return error;
  console.error(error);
  return new Refusal("internal", "Something went wrong.", 500);
}
