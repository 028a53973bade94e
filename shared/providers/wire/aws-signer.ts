/** Signs the calls of an SDK with AWS credentials: Signature Version 4. */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { PAYLOAD_HASH } from "./payload-hash.ts";

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` that signs each call anew, by the credentials of the environment, a profile or a role. Keys of other kinds are
 * taken out of the headers. A body that is no text needs `PAYLOAD_HASH` among its headers.
 */
export function signedFetch(service: string, region: string, fetch: Fetch): Fetch {
  const signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: Sha256 });
  return async (target, init = {}) => {
    const url = new URL(target instanceof Request ? target.url : target);
    const headers = new Headers(init.headers);
    headers.delete("authorization");
    headers.delete("x-api-key");
    headers.set("host", url.host);
    const { body } = init;
    if (!headers.has(PAYLOAD_HASH)) headers.set(PAYLOAD_HASH, sha256(typeof body === "string" ? body : ""));
    const signed = await signer.sign({
      method: init.method ?? "GET",
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(headers),
    });
    const { host: _, ...sent } = signed.headers;
    return fetch(target, { ...init, headers: sent });
  };
}

/** The hash of a text, as `PAYLOAD_HASH` wants it. */
function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Node's hash as the signer wants it. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}
