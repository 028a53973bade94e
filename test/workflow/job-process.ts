/**
 * One run of a job in a process of its own, to be killed: `node job-process.ts '{"dir": …, "count": …, "job": …}'`.
 * Tells every state and event as a line of JSON, and stands still until a byte of its standard input says that it may go on: who
 * kills it at an event kills it there. The last line is the `Ending`.
 */
import { readSync } from "node:fs";
import { startEngine } from "../../local/engine/engine.ts";
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import { failedKey, resultsKey, summaryKey } from "../../shared/objects/keys.ts";
import { headObject, readText, writeText } from "../../shared/objects/objects.ts";
import { itemLine, itemLines } from "./items.ts";

/** What the process is to do. */
export interface Assignment {
  dir: string;
  /** Items in the job. */
  count: number;
  job: Record<string, unknown>;
  limits: Record<string, unknown>;
  /** Whether all items ask the same. */
  alike?: boolean;
}

/** What a process tells last. */
export interface Ending {
  type: "end";
  results: string;
  failed: string;
  summary: string;
}

const STDIN = 0;
const KEY = "inbox/killed.jsonl";
const { dir, count, job, limits, alike } = JSON.parse(process.argv[2] ?? "") as Assignment;
const input = () =>
  (alike
    ? Array.from({ length: count }, (_, at) => itemLine(`item-${at}`, "Question"))
    : itemLines(count)
  ).join("\n");
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const tell = (event: EngineEvent) => {
  say(event);
  readSync(STDIN, Buffer.alloc(1));
};

const engine = await startEngine({ dir, providerLimits: limits, waitSeconds: 0.02, onEvent: tell });
if (!(await headObject(KEY))) await writeText(KEY, input());
const { job_id } = (await engine.run("killed", { key: KEY, job })) as { job_id: string };
const results = (await readText(resultsKey(job_id))) ?? "";
const failed = (await readText(failedKey(job_id))) ?? "";
const summary = (await readText(summaryKey(job_id))) ?? "{}";
await engine.close();
say({ type: "end", results, failed, summary } satisfies Ending);
