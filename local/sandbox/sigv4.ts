import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";

/** What an `Authorization` header of AWS Signature Version 4 names. */
export interface Signature {
  accessKeyId: string;
  region: string;
  service: string;
  signedHeaders: string[];
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=[0-9a-f]{64}$/;

/** The signature that a call comes with; undefined for another kind of authorization. Nobody recomputes it here. */
export function signatureOf({ headers }: IncomingMessage): Signature | undefined {
  const [, accessKeyId, , region, service, signed] = HEADER.exec(headers.authorization ?? "") ?? [];
  if (!accessKeyId || !region || !service || !signed) return undefined;
  return { accessKeyId, region, service, signedHeaders: signed.split(";") };
}

/**
 * Checks what AWS checks of a signature before it recomputes it.
 * @throws ApiError 403 when there is none, or it is for another service, or does not cover `headers`
 */
export function checkSignature(
  request: IncomingMessage,
  service: string,
  headers: readonly string[] = [],
): Signature {
  const signature = signatureOf(request);
  if (!signature) throw denied("Missing Authentication Token");
  if (signature.service !== service) {
    throw denied(`Credential should be scoped to correct service: '${service}'.`);
  }
  for (const header of ["host", "x-amz-date", ...headers]) {
    if (!signature.signedHeaders.includes(header)) throw denied(`'${header}' must be a signed header.`);
    if (request.headers[header] === undefined) throw denied(`'${header}' is missing.`);
  }
  return signature;
}

function denied(message: string): ApiError {
  return new ApiError(403, message, { type: "permission_error", code: "AccessDeniedException" });
}
