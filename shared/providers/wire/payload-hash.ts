/** The hash of a body, which a signature of AWS covers. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";

/** The header with the hash. A caller that streams its body gives it. */
export const PAYLOAD_HASH = "x-amz-content-sha256";

/** The hash of a stream, in hexadecimal digits. */
export async function sha256Of(source: Readable): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of source) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
