/** A process that runs a floor: the shortest program that moves the same bytes. It shares no code with the steps. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { HEADERS } from "../result-urls.ts";
import { measured } from "./meter.ts";
import type { Work } from "./run.ts";

const Bucket = "bench";
const s3 = new S3Client({});

async function open(source: string): Promise<Readable> {
  if (source.startsWith("http:")) {
    const [response] = await once(request(source, { headers: HEADERS }).end(), "response");
    return response;
  }
  return (await s3.send(new GetObjectCommand({ Bucket, Key: source }))).Body as Readable;
}

/** Splits into lines, parses each, and passes the lines on. */
async function* parsedLines(body: Readable): AsyncGenerator<Buffer> {
  let rest = "";
  for await (const chunk of body.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) JSON.parse(line);
    if (lines.length > 0) yield Buffer.from(`${lines.join("\n")}\n`);
  }
}

/** Reads, splits, parses, writes back. */
async function copyLines(source: string): Promise<void> {
  const Body = Readable.from(parsedLines(await open(source)), { objectMode: false });
  await new Upload({ client: s3, params: { Bucket, Key: "floor", Body } }).done();
}

/** A bare pipe. */
async function pipe(source: string, url: string): Promise<void> {
  const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket, Key: source }));
  const headers = { "content-length": ContentLength };
  const post = request(url, { method: "POST", headers });
  const answered = once(post, "response");
  await pipeline(Body as Readable, post);
  const [response] = (await answered) as [IncomingMessage];
  for await (const _ of response);
}

const work = JSON.parse(process.argv[2] as string) as Extract<Work, { kind: "floor" }>;
await s3.send(new HeadObjectCommand({ Bucket, Key: "none" })).catch(() => undefined);
const measurement = await measured(async () => {
  for (const source of work.sources) await (work.pipeTo ? pipe(source, work.pipeTo) : copyLines(source));
});
process.send?.({ measurement, outputs: [] });
