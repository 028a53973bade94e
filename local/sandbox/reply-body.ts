/** What is sent of a reply: JSON, a file of results, or the part of it that was asked for. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { Fault } from "./faults.ts";
import type { Reply } from "./http.ts";
import { readLines } from "./lines.ts";

export interface Body {
  body: Readable;
  headers: Record<string, string>;
  /** Where it differs from the reply's. */
  status?: number;
}

/** The body of a reply. `range`: the request's header; one file in one piece is answered by 206, or by 416. */
export function bodyOf(reply: Reply, range: string | undefined, fault: Fault | undefined): Body {
  if ("json" in reply) return textBody(JSON.stringify(reply.json), "application/json");
  if ("xml" in reply) return textBody(reply.xml, "application/xml");
  if ("html" in reply) return textBody(reply.html, "text/html; charset=utf-8");
  const { path, bytes, type } = reply.file;
  if (fault?.kind === "rewrite") {
    return { body: Readable.from(rewritten(path, fault.rewrite)), headers: { "content-type": type } };
  }
  const asked = fault?.kind === "whole" ? null : rangeOf(range, bytes);
  if (asked === "beyond") {
    return { status: 416, body: Readable.from([]), headers: { "content-range": `bytes */${bytes}` } };
  }
  const { start, end } = asked ?? { start: 0, end: bytes - 1 };
  return {
    body: bytes === 0 ? Readable.from([]) : createReadStream(path, { start, end }),
    headers: {
      "content-type": type,
      "content-length": String(end - start + 1),
      ...(asked && { "content-range": `bytes ${start}-${end}/${bytes}` }),
    },
    ...(asked && { status: 206 }),
  };
}

function textBody(text: string, type: string): Body {
  const bytes = Buffer.from(text);
  return {
    body: Readable.from([bytes]),
    headers: { "content-type": type, "content-length": String(bytes.length) },
  };
}

/** The bytes from `start` to `end`, both included, or none that the file has. */
type Range = { start: number; end: number } | "beyond";

/** One range of bytes, `bytes=5-` or `bytes=5-9`; any other is not understood, and the file comes whole. */
function rangeOf(header: string | undefined, bytes: number): Range | null {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined) return null;
  const start = Number(first);
  if (start >= bytes) return "beyond";
  return { start, end: last ? Math.min(Number(last), bytes - 1) : bytes - 1 };
}

async function* rewritten(
  path: string,
  rewrite: (lines: AsyncIterable<string>) => AsyncIterable<string>,
): AsyncGenerator<Buffer> {
  async function* texts(): AsyncGenerator<string> {
    for await (const line of readLines(path)) yield line.toString("utf8");
  }
  for await (const line of rewrite(texts())) yield Buffer.from(`${line}\n`);
}
