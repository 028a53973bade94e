/** Who may call: Anthropic's own API by key, Claude Platform on AWS by AWS signature or key. */
import type { IncomingMessage } from "node:http";
import { ApiError } from "../api-error.ts";
import { bearerOf } from "../http.ts";
import { checkSignature, signatureOf } from "../sigv4.ts";

/** How an API of Anthropic's protocol knows its callers. */
export interface CallerCheck {
  /** The key that a call comes with; for an AWS signature, its access key id. */
  keyOf(request: IncomingMessage): string | undefined;
  /** @throws ApiError when the caller has no right to call */
  authorize(request: IncomingMessage, keys: string[] | undefined): void;
}

/** The SDK (1.12) sends the key as a bearer token; older ones and curl as `x-api-key`. Both are good. */
export const BY_KEY: CallerCheck = {
  keyOf: (request) => request.headers["x-api-key"]?.toString() ?? bearerOf(request),
  authorize(request, keys) {
    checkKey(BY_KEY.keyOf(request), keys);
    checkVersion(request);
  },
};

/** The id of a workspace, as `wrkspc_01AbCd…`. */
const WORKSPACE = /^wrkspc_[A-Za-z0-9]+$/;

/** https://docs.aws.amazon.com/claude-platform/latest/userguide/ */
export const BY_AWS: CallerCheck = {
  keyOf: (request) => signatureOf(request)?.accessKeyId ?? bearerOf(request),
  authorize(request, keys) {
    const workspace = request.headers["anthropic-workspace-id"]?.toString();
    if (!WORKSPACE.test(workspace ?? "")) {
      throw new ApiError(400, "anthropic-workspace-id: header is required, as wrkspc_…");
    }
    if (!bearerOf(request)) checkSignature(request, "aws-external-anthropic", ["anthropic-workspace-id"]);
    checkKey(BY_AWS.keyOf(request), keys);
    checkVersion(request);
  },
};

function checkKey(key: string | undefined, keys: string[] | undefined): void {
  const details = { type: "authentication_error" };
  if (!key) throw new ApiError(401, "x-api-key header is required", details);
  if (keys && !keys.includes(key)) throw new ApiError(401, "invalid x-api-key", details);
}

function checkVersion({ headers }: IncomingMessage): void {
  if (headers["anthropic-version"] === undefined) {
    throw new ApiError(400, "anthropic-version: header is required");
  }
}
