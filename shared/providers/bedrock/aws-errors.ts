/** Errors of AWS's SDK, as those of the other SDKs look. */
import { ProviderAuthError } from "../../errors.ts";
import { type Call, providerError } from "../wire/sdk-errors.ts";

/** Errors that HTTP's status does not tell: Bedrock answers 400 to a full queue and to a conflict. */
const STATUS = new Map([
  ["ServiceQuotaExceededException", 429],
  ["ThrottlingException", 429],
  ["ConflictException", 409],
  ["AccessDeniedException", 403],
  ["AccessDenied", 403],
  ["UnrecognizedClientException", 401],
  ["ExpiredTokenException", 401],
  ["NoSuchKey", 404],
  ["NoSuchBucket", 400],
  ["PermanentRedirect", 400],
]);

/** Seconds until a create is tried again when all of an account's jobs are taken. */
const QUEUE_WAIT = 300;

/** Runs one call of AWS's SDK; whatever it throws becomes one of the provider errors of `errors.ts`. */
export async function awsCalling<T>(call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { name } = error as Error;
    if (name === "CredentialsProviderError") {
      throw new ProviderAuthError(
        `${call.provider}: there are no AWS credentials; set them, or AWS_PROFILE`,
        {
          missing: true,
        },
      );
    }
    throw providerError(sdkShaped(error), call);
  }
}

/** The error with `status` and `error: {code, message}`; one without an answer stays as it is. */
export function sdkShaped(error: unknown): unknown {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = STATUS.get(name) ?? $metadata?.httpStatusCode;
  if (status === undefined) return error;
  const code = name
    .replace(/Exception$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toLowerCase();
  const headers = new Headers(
    name === "ServiceQuotaExceededException" ? { "retry-after": String(QUEUE_WAIT) } : {},
  );
  return Object.assign(new Error(message), { status, headers, error: { error: { code, message } } });
}

/** Whether an error says that an object is not there. */
export function isMissing(error: unknown): boolean {
  return ["NoSuchKey", "NotFound"].includes((error as Error).name);
}
