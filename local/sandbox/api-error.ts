/** An HTTP error of a provider; each API gives it its own body. Messages name fields, never their content. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** `invalid_request_error`, `not_found_error`, ...: the provider's own word. */
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Record<string, string>;
  /** Google's `details`. */
  readonly details: unknown[];
  constructor(
    status: number,
    message: string,
    details: {
      type?: string;
      code?: string;
      param?: string;
      headers?: Record<string, string>;
      details?: unknown[];
    } = {},
  ) {
    super(message);
    this.status = status;
    this.type = details.type ?? "invalid_request_error";
    this.code = details.code ?? null;
    this.param = details.param ?? null;
    this.headers = details.headers ?? {};
    this.details = details.details ?? [];
  }
}
