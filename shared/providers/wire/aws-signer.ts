/** Signs calls with AWS credentials: Signature Version 4. */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { PAYLOAD_HASH } from "./payload-hash.ts";
import type { JsonPost, Sign } from "./rest.ts";

/**
 * Signs calls of a service by the credentials of the environment, a profile or a role. Keys of other kinds are taken out of
 * the headers.
 */
export class AwsSigner {
  readonly #signer: SignatureV4;

  constructor(service: string, region: string) {
    this.#signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: Sha256 });
  }

  /** The target of one POST of a body, with the signature among its headers. */
  async post({ url, headers }: JsonPost, body: string): Promise<JsonPost> {
    return { url, headers: await this.sign("POST", url, headers, body) };
  }

  /** A call's headers with its signature. A body that is no text needs `PAYLOAD_HASH` among the headers. */
  readonly sign: Sign = async (method, url, headers, body) => {
    const { authorization: _, "x-api-key": __, ...plain } = headers;
    plain[PAYLOAD_HASH] ??= createHash("sha256").update(body).digest("hex");
    const { protocol, hostname, pathname: path } = url;
    const query = Object.fromEntries(url.searchParams);
    const toSign = { ...plain, host: url.host };
    const signed = await this.#signer.sign({ method, protocol, hostname, path, query, headers: toSign });
    const { host: ___, ...sent } = signed.headers;
    return sent;
  };
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
