/** Errors of AWS's SDK in the form of the other SDKs' errors. */
import { ProviderAuthError } from "../../errors.ts";
import { isObject, textAt } from "../../json/values.ts";
import type { Access } from "../access.ts";
import { type Call, isUnsigned, providerError } from "../wire/call-errors.ts";
import { StatusError } from "../wire/http.ts";

/** Errors that the HTTP status does not distinguish: Bedrock answers 400 to a full queue and to a conflict. */
const STATUS = new Map([
  ["ServiceQuotaExceededException", 429],
  ["ThrottlingException", 429],
  ["ModelNotReadyException", 503],
  ["ModelErrorException", 500],
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
    const problem = accountProblem(error, call);
    if (problem) throw new ProviderAuthError(`${call.provider}: ${problem}`);
    throw providerError(sdkShaped(error, call.kind), call);
  }
}

/** All that AWS says of a model that is not there. In real time, a longer message may quote a request. */
const NO_MODEL =
  /^(The provided model identifier is invalid\.?|Could not resolve the foundation model from the (provided )?model identifier:? \S+)$/;

/** What a person must put right, for errors whose code does not say it; null for others. */
function accountProblem(error: unknown, { access, kind }: Call): string | null {
  if (access.kind !== "aws" || isUnsigned(error)) return null;
  const { name, message } = error as Error;
  const isAwsOwn = kind !== "ask" || /^(AccessDenied|ResourceNotFound)/.test(name) || NO_MODEL.test(message);
  const words = isAwsOwn ? message : "";
  if (/access to the model|model access|AccessDenied.*model/i.test(words))
    return `this account has no access to the model in ${access.region}: ask for it in the Bedrock console, Model access`;
  if (/model identifier|model id(entifier)? is invalid|resolve the foundation model/i.test(words))
    return `there is no such model in ${access.region}: correct the model, or AWS_REGION`;
  if (name === "ThrottlingException" && /per day/i.test(message))
    return "the account has no tokens left for the model today: start the job again tomorrow, or have the quota raised";
  return kind === "ask" ? null : jobProblem(error as Error, access);
}

/** The same of a job, which has a role and a bucket. AWS's words quote no request here. */
function jobProblem(error: Error, access: Access & { kind: "aws" }): string | null {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const { NIGHTSHIFT_BEDROCK_BUCKET: bucket, NIGHTSHIFT_BEDROCK_ROLE_ARN: role } = access.settings;
  const { region } = access;
  // A HEAD has no body to name its error.
  if ($metadata?.httpStatusCode === 301 || /AuthorizationHeaderMalformed|IllegalLocation/.test(name))
    return otherRegion(String(bucket), region);
  if (name === "NoSuchBucket" || name === "NotFound")
    return `there is no bucket ${bucket}: correct NIGHTSHIFT_BEDROCK_BUCKET`;
  if (/iam:PassRole/.test(message))
    return `these AWS credentials cannot pass the role ${role}: allow them iam:PassRole on it`;
  if (/\brole\b/i.test(message) && /assum|invalid|exist|trust/i.test(message))
    return `it cannot use the role ${role}: the role must be there, and trust bedrock.amazonaws.com`;
  if (/model.*(not|n't) support.*batch|batch.*not support/i.test(message))
    return `the model takes no batches in ${region}: choose another, or a cross-region profile of it`;
  return null;
}

/** What to do about a bucket that is not in the region of the jobs. */
export function otherRegion(bucket: string, region: string, its?: string): string {
  const where = its ? `in ${its}` : "in another region";
  return `${bucket} is ${where}, and jobs run in ${region}: use a bucket there, or set AWS_REGION`;
}

/** An answer that is no success, as AWS's SDK throws it: its name is in a header, or in the body. Other errors stay as they are. */
export function awsShaped(error: unknown): unknown {
  if (!(error instanceof StatusError)) return error;
  const body = isObject(error.error) ? error.error : {};
  const type = error.headers.get("x-amzn-errortype") ?? textAt(body, "__type") ?? textAt(body, "code") ?? "";
  // `ThrottlingException:http://…`, `com.amazon.coral.availability#ThrottlingException`.
  const name = /(?:^|#)(\w+)(?::|$)/.exec(type)?.[1] ?? "UnknownError";
  const message = textAt(body, "message") ?? textAt(body, "Message") ?? name;
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: error.status } });
}

/**
 * The error with `status` and `error: {code, message}`; one without an answer stays as it is. A full queue of jobs is waited for
 * longer than a minute's quota.
 */
export function sdkShaped(error: unknown, kind?: Call["kind"]): unknown {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = STATUS.get(name) ?? $metadata?.httpStatusCode;
  if (status === undefined) return error;
  const code = name
    .replace(/Exception$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toLowerCase();
  const headers = new Map(
    name === "ServiceQuotaExceededException" && kind !== "ask" ? [["retry-after", String(QUEUE_WAIT)]] : [],
  );
  return Object.assign(new Error(message), { status, headers, error: { error: { code, message } } });
}

/** Whether an error says that an object is not there. */
export function isMissing(error: unknown): boolean {
  return ["NoSuchKey", "NotFound"].includes((error as Error).name);
}
