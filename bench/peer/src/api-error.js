// Errors as a client receives them.
export class ApiError extends Error {
  constructor(code, detail, status = 400) {
    super(detail);
    this.code = code;
    this.status = status;
  }
}

export const notFound = () => new ApiError("not_found", "There is no such conversation.", 404);
export const unauthenticated = () => new ApiError("unauthenticated", "Sign in first.", 401);

/** Converts anything thrown to an `ApiError`. Unexpected errors are logged, and hidden from the client. */
export function toApiError(error) {
  if (error instanceof ApiError) return error;
  console.error(error);
  return new ApiError("internal", "Something went wrong.", 500);
}
