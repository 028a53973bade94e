import type { Readable } from "node:stream";

/** A request body that is piped, and knows whether all of it was handed over. */
export interface UploadBody {
  stream: AsyncIterable<Uint8Array>;
  /** Length of the whole body: real APIs need not take a chunked one. */
  length: number;
  /** Whether the last byte was handed to the connection: before that, no server can have acted on the body. */
  complete(): boolean;
}

/**
 * `source` as a request body of `bytes` bytes, between an optional head and tail. The caller
 * destroys the source: a request that never got a connection has not touched it.
 */
export function uploadBody(source: Readable, bytes: number, head = "", tail = ""): UploadBody {
  // It may fail before it is first read, when nothing listens. Reading it later throws that error.
  source.on("error", () => undefined);
  const ends = Buffer.byteLength(head) + Buffer.byteLength(tail);
  const length = bytes + ends;
  let sent = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    if (head) yield Buffer.from(head);
    for await (const chunk of source) {
      sent += chunk.byteLength;
      yield chunk;
    }
    sent += ends;
    if (tail) yield Buffer.from(tail);
  }
  return { stream: pieces(), length, complete: () => sent >= length };
}

/**
 * The multipart form of OpenAI's file upload around a file of `bytes` bytes. Our own, because the
 * SDK's streamed form has no `content-length`, and its form with one holds the file in memory.
 * @param lifetime seconds after which the provider drops the file by itself; without it the field is not sent
 */
export function multipartUpload(
  source: Readable,
  bytes: number,
  filename: string,
  lifetime?: number,
): UploadBody & { type: string } {
  const boundary = `nightshift-${crypto.randomUUID()}`;
  const field = (name: string, value: string) => [
    `--${boundary}`,
    `content-disposition: form-data; name="${name}"`,
    "",
    value,
  ];
  const head = [
    ...field("purpose", "batch"),
    ...(lifetime === undefined
      ? []
      : [
          ...field("expires_after[anchor]", "created_at"),
          ...field("expires_after[seconds]", String(lifetime)),
        ]),
    `--${boundary}`,
    `content-disposition: form-data; name="file"; filename="${filename}"`,
    "content-type: application/jsonl",
    "",
    "",
  ].join("\r\n");
  const body = uploadBody(source, bytes, head, `\r\n--${boundary}--\r\n`);
  return { ...body, type: `multipart/form-data; boundary=${boundary}` };
}
