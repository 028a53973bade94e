/** How AWS's SDKs send a stream of unknown hash: `<hex size>[;signature]`, the bytes, and so on; a size of 0 ends it. */
import { ApiError } from "../api-error.ts";

const CRLF = Buffer.from("\r\n");
/** A chunk's size and signature. */
const MOST_HEADER_BYTES = 1024;

/**
 * The bytes of a body of the encoding `aws-chunked`, without its trailers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @throws ApiError 400 when it is no such body
 */
export async function* unchunked(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes that the present chunk still has; null before its header. */
  let left: number | null = null;
  let ended = false;
  for await (const piece of body) {
    // What follows the last chunk are trailers.
    if (ended) continue;
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (;;) {
      if (left === null) {
        const end = rest.indexOf(CRLF);
        if (end < 0 && rest.length <= MOST_HEADER_BYTES) break;
        const [, hex] = /^([0-9a-f]{1,8})(;|$)/i.exec(rest.toString("latin1", 0, Math.max(0, end))) ?? [];
        if (hex === undefined) throw new ApiError(400, "The body is not of the encoding aws-chunked.");
        left = Number.parseInt(hex, 16);
        rest = rest.subarray(end + CRLF.length);
        if (left === 0) {
          ended = true;
          break;
        }
      }
      if (left > 0) {
        const bytes = rest.subarray(0, left);
        if (bytes.length > 0) yield bytes;
        left -= bytes.length;
        rest = rest.subarray(bytes.length);
      }
      if (left > 0 || rest.length < CRLF.length) break;
      rest = rest.subarray(CRLF.length);
      left = null;
    }
  }
  if (!ended) throw new ApiError(400, "The body ended before its last chunk.");
}
