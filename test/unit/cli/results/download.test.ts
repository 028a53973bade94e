import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { download } from "../../../../cli/results/download.ts";
import { headObject, writeText } from "../../../../shared/objects/objects.ts";
import { s3Store } from "../../../../shared/objects/s3-store.ts";
import { useObjects } from "../../../../shared/objects/store.ts";
import { startAwsServers } from "../../../harness/aws-servers.ts";

const KEY = "results/job/results.jsonl";
const TEXT = Array.from({ length: 50_000 }, (_, index) => `{"line":${index}}\n`).join("");

/** Bytes after which the next answers with a body are cut. */
const cuts: number[] = [];
/** The `Range` of each request for a body. */
let ranges: (string | undefined)[] = [];

beforeAll(async () => {
  await startAwsServers();
  const s3 = new URL(process.env.AWS_ENDPOINT_URL_S3 ?? "");
  // Stands before S3, and cuts connections.
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === "GET") ranges.push(incoming.headers.range);
    const { method, url: path, headers } = incoming;
    const forward = request({ port: s3.port, host: s3.hostname, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      let left = method === "GET" ? (cuts.shift() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
      answer.on("data", (chunk: Buffer) => {
        const last = left <= chunk.length;
        outgoing.write(chunk.subarray(0, left), () => last && outgoing.destroy());
        left = Math.max(0, left - chunk.length);
      });
      answer.on("end", () => outgoing.end());
    });
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  useObjects(s3Store());
  return () => void server.close();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-download-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  cuts.length = 0;
  ranges = [];
  return dir;
}

test("a connection that is cut resumes where it was", async () => {
  const dir = folder();
  await writeText(KEY, TEXT);
  cuts.push(300_000, 300_000);
  await download(KEY, join(dir, "results.jsonl"));
  expect(readFileSync(join(dir, "results.jsonl"), "utf8")).toBe(TEXT);
  expect(readdirSync(dir)).toEqual(["results.jsonl"]);
  expect(ranges).toEqual([
    undefined,
    expect.stringMatching(/^bytes=[1-9]\d*-$/),
    expect.stringMatching(/^bytes=/),
  ]);
});

test("one that is cut at once again and again is an error, and the next call resumes what came", async () => {
  const dir = folder();
  await writeText(KEY, TEXT);
  cuts.push(300_000, 0, 0, 0, 0, 0, 0, 0);
  const path = join(dir, "results.jsonl");
  await expect(download(KEY, path)).rejects.toThrow(/was cut.*the same command resumes there/);
  expect(readdirSync(dir)).toEqual([expect.stringMatching(/^results\.jsonl\.[0-9a-f]+\.part$/)]);
  cuts.length = 0;
  ranges = [];
  await download(KEY, path);
  expect(ranges).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  expect(readFileSync(path, "utf8")).toBe(TEXT);
});

test("the part of another object is not resumed", async () => {
  const dir = folder();
  await writeText(KEY, "other");
  const etag = (await headObject(KEY))?.etag.slice(0, 12);
  writeFileSync(join(dir, `results.jsonl.${etag}.part`), "oth");
  await writeText(KEY, TEXT);
  await download(KEY, join(dir, "results.jsonl"));
  expect(ranges).toEqual([undefined]);
  expect(readFileSync(join(dir, "results.jsonl"), "utf8")).toBe(TEXT);
});

test("an empty object is an empty file, and none is an error", async () => {
  const dir = folder();
  await writeText(KEY, "");
  await download(KEY, join(dir, "failed.jsonl"));
  expect(readFileSync(join(dir, "failed.jsonl"), "utf8")).toBe("");
  await expect(download("results/job/none", join(dir, "none"))).rejects.toThrow(
    "there is no object results/job/none",
  );
  expect(readdirSync(dir)).toEqual(["failed.jsonl"]);
});
