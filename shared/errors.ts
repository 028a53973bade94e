/**
 * Every error that crosses a Lambda boundary. Step Functions matches Retry and Catch on the
 * error's `name`, so each class sets a literal one. A bare subclass would report `Error`, and bundlers rename classes.
 * Messages are shown to people and stored in execution histories: they never contain a prompt,
 * an answer or a key.
 */
/** Names of the errors that no retry mends. */
export const PERMANENT_ERRORS = ["InvalidJobError", "ProviderRejectedError", "ProviderAuthError"] as const;

/** The job cannot run as given: unreadable input, a bad `JobSpec`, no valid line. Permanent. */
export class InvalidJobError extends Error {
  override name = "InvalidJobError";
}

/** The provider refused the request for good (HTTP 400, 404, 413, 422). Permanent. */
export class ProviderRejectedError extends Error {
  override name = "ProviderRejectedError";
}

/** The provider refused the key (HTTP 401, 403), or there is none. Permanent until the key is fixed. */
export class ProviderAuthError extends Error {
  override name = "ProviderAuthError";
  /** True when no key was ever set. */
  readonly missing: boolean;
  constructor(message: string, options: ErrorOptions & { missing?: boolean } = {}) {
    super(message, options);
    this.missing = options.missing ?? false;
  }
}

/**
 * The provider could not answer now: overload, rate limit, 5xx, a short 404, a lost connection.
 * Transient: the same call may succeed later.
 */
export class ProviderUnavailableError extends Error {
  override name = "ProviderUnavailableError";
  /** Seconds the provider asked us to wait (its `retry-after`), where it said so. */
  readonly retryAfterSeconds: number | undefined;
  /**
   * True when a create may have taken effect although its answer was lost (5xx, cut connection,
   * timeout). The batch must be searched for before it is created again. False when the provider
   * surely did nothing (429, connection refused).
   */
  readonly ambiguous: boolean;
  /** True when a rate limit refused the call (429): a later one may pass, and nothing was done. */
  readonly rateLimited: boolean;
  constructor(
    message: string,
    options: ErrorOptions & {
      retryAfterSeconds?: number | undefined;
      ambiguous?: boolean;
      rateLimited?: boolean;
    } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.ambiguous = options.ambiguous ?? false;
    this.rateLimited = options.rateLimited ?? false;
  }
}

/** The message of anything thrown, for a person: never a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
