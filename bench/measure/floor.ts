/** A program that runs a floor: the least that moves the same bytes. It shares no code with the steps. */
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { parse } from "csv-parse";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { HEADERS } from "../result-urls.ts";
import { measured } from "./meter.ts";
import type { FloorWork } from "./run.ts";

const Bucket = "bench";
const s3 = new S3Client({});

async function open(source: string): Promise<Readable> {
  if (source.startsWith("http:"))
    return (await once(request(source, { headers: HEADERS }).end(), "response"))[0];
  return (await s3.send(new GetObjectCommand({ Bucket, Key: source }))).Body as Readable;
}

/** Splits into lines, parses each, and passes the lines on, or what `written` makes of each. */
async function* parsedLines(
  body: Readable,
  written = (line: string, _value: unknown) => line,
): AsyncGenerator<Buffer> {
  let rest = "";
  for await (const chunk of body.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    const texts = lines.map((line) => written(line, JSON.parse(line)));
    if (texts.length > 0) yield Buffer.from(`${texts.join("\n")}\n`);
  }
}

/** Reads, splits, parses, writes back. */
async function copyLines(source: string): Promise<void> {
  const Body = Readable.from(parsedLines(await open(source)), { objectMode: false });
  await new Upload({ client: s3, params: { Bucket, Key: "floor", Body } }).done();
}

/** Reads results, and writes each as a row has it: its text beside the provider's line. They go through a file, to be put in order. */
async function writeRows(source: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-floor-"));
  try {
    const path = join(dir, "rows");
    await pipeline(parsedLines(await open(source), rowOf), createWriteStream(path));
    await new Upload({ client: s3, params: { Bucket, Key: "floor", Body: createReadStream(path) } }).done();
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The part of either provider's line in which its text is. */
interface ResultLine {
  response?: { body?: { choices?: { message?: { content?: string } }[] } };
  result?: { message?: { content?: { text?: string }[] } };
}

function rowOf(line: string, value: unknown): string {
  const { response, result } = value as ResultLine;
  const text = response?.body?.choices?.[0]?.message?.content ?? result?.message?.content?.[0]?.text;
  return `{"response":{"content":${JSON.stringify(text ?? null)},"raw":${line}}}`;
}

/** A bare pipe from S3 to an HTTP server. */
async function pipe(source: string, url: string): Promise<void> {
  const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket, Key: source }));
  const post = request(url, { method: "POST", headers: { "content-length": ContentLength } });
  const answered = once(post, "response");
  await pipeline(Body as Readable, post);
  for await (const _ of (await answered)[0]);
}

/** Reads the records of a CSV file with csv-parse. */
async function readCsv(source: string): Promise<void> {
  await pipeline(await open(source), parse().resume());
}

type Rows = Record<string, unknown>[];

/** Reads the rows of a Parquet file with hyparquet, a row group at a time. */
async function readParquet(source: string, take?: (rows: Rows) => Promise<void>): Promise<void> {
  const { ContentLength = 0 } = await s3.send(new HeadObjectCommand({ Bucket, Key: source }));
  const file = {
    byteLength: ContentLength,
    async slice(from: number, to = ContentLength): Promise<ArrayBuffer> {
      const Range = `bytes=${from}-${to - 1}`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: source, Range }));
      return (await Body?.transformToByteArray())?.slice().buffer ?? new ArrayBuffer(0);
    },
  };
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
    await take?.(rows);
    rowStart = rowEnd;
  }
}

/** Rows whose texts are written at once. */
const WRITTEN_ROWS = 256;

/** Writes of each row of a Parquet file a request, and its columns as they are carried to the results. */
async function writeParquet(source: string): Promise<void> {
  const [requests, index] = [new PassThrough(), new PassThrough()];
  const uploads = [requests, index].map((Body, at) =>
    new Upload({ client: s3, params: { Bucket, Key: `floor-${at}`, Body } }).done(),
  );
  const write = async (stream: PassThrough, rows: Rows, textOf: (row: Rows[number]) => string) => {
    const text = rows.map((row) => `${textOf(row)}\n`).join("");
    if (!stream.write(text)) await once(stream, "drain");
  };
  await readParquet(source, async (rows) => {
    for (let at = 0; at < rows.length; at += WRITTEN_ROWS) {
      const some = rows.slice(at, at + WRITTEN_ROWS);
      await write(requests, some, ({ id, text }) => {
        const messages = [{ role: "user", content: `Sort this: ${text}` }];
        const body = { model: "gpt-4.1-mini", messages, max_tokens: 4096, temperature: 0 };
        return JSON.stringify({ custom_id: id, method: "POST", url: "/v1/chat/completions", body });
      });
      await write(index, some, (row) => JSON.stringify([row.id, row]));
    }
  });
  requests.end();
  index.end();
  await Promise.all(uploads);
}

async function main(): Promise<void> {
  const { warmUp, sources, pipeTo, table, writes } = JSON.parse(process.argv[2] as string) as FloorWork;
  const move = (source: string) => {
    if (writes) return table ? writeParquet(source) : writeRows(source);
    if (table) return table === "csv" ? readCsv(source) : readParquet(source);
    return pipeTo === undefined ? copyLines(source) : pipe(source, pipeTo);
  };
  await move(warmUp);
  const measurement = await measured(async () => {
    for (const source of sources) await move(source);
  });
  process.send?.({ measurement, outputs: [] });
}

void main();
