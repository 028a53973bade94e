/** Runs one tool on one input against a sandbox of its own, and looks at what came of it. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLines } from "../../local/sandbox/lines.ts";
import type { ProviderStats } from "../../local/sandbox/sandbox.ts";
import { type InputShape, numberOf, questionOf, writeInput } from "./input.ts";
import type { Tool } from "./tools.ts";

/** A tool that has not ended by then is stopped. */
const MOST_MINUTES = 30;
const KEY = "bench";

/** What a process used, its start included. */
interface Usage {
  /** User and system time of all its threads, in seconds. */
  cpu: number;
  /** Peak resident set, in MB (10^6 bytes). */
  rss: number;
}

/** What a tool made of an input. */
export interface PeerRun {
  items: number;
  /** Items with an answer of the model that quotes their own question. */
  answered: number;
  /** Items whose result says that there is no answer. */
  failed: number;
  /** Items without any result, with another item's answer, or called a success without the answer. */
  lost: number;
  provider: ProviderStats;
  /** Seconds from start to end of the process. */
  wall: number;
  /** Null when the process did not live to tell. */
  usage: Usage | null;
  /** Exit code, or the signal that ended it. */
  exit: string;
  /** The error it ended with, cut at 160 characters. */
  error: string | null;
}

/** Runs it. */
export async function runTool(tool: Tool, fault: string, input: InputShape): Promise<PeerRun> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "nightshift-peers-"));
  const provider = fork(join(import.meta.dirname, "provider.ts"), [join(dir, "provider"), fault]);
  try {
    const [address] = await once(provider, "message");
    const file = join(dir, "items.jsonl");
    await writeInput(file, input);
    const ended = await runProcess(tool.command(file, dir), dir, address);
    const counts = await countResults(tool, tool.results(dir), input.items);
    return { items: input.items, ...counts, ...ended, provider: await statsOf(provider, tool) };
  } finally {
    provider.disconnect();
    await once(provider, "exit");
    rmSync(dir, { recursive: true, force: true });
  }
}

type Ended = Pick<PeerRun, "wall" | "usage" | "exit" | "error">;

async function runProcess(
  command: string[],
  dir: string,
  address: { openai: string; anthropic: string },
): Promise<Ended> {
  const usagePath = join(dir, "usage.json");
  const errors = join(dir, "stderr");
  const env = {
    ...process.env,
    OPENAI_BASE_URL: address.openai,
    ANTHROPIC_BASE_URL: address.anthropic,
    OPENAI_API_KEY: KEY,
    ANTHROPIC_API_KEY: KEY,
    PEER_USAGE: usagePath,
  };
  const meter = ["--import", join(import.meta.dirname, "usage.mjs")];
  const start = performance.now();
  const child = spawn(process.execPath, [...meter, ...command], {
    cwd: dir,
    env,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: MOST_MINUTES * 60_000,
  });
  child.stderr.pipe(createWriteStream(errors));
  const [code, signal] = await once(child, "close");
  const wall = (performance.now() - start) / 1000;
  const usage = existsSync(usagePath) ? (JSON.parse(readFileSync(usagePath, "utf8")) as Usage) : null;
  return { wall, usage, exit: String(code ?? signal), error: firstError(readFileSync(errors, "utf8"), dir) };
}

function firstError(text: string, dir: string): string | null {
  const line = text.split("\n").find((one) => /^\S*Error\b[^(]*: |^nightshift: /.test(one));
  if (!line) return null;
  return line
    .replaceAll(dir, "")
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, "")
    .trim()
    .slice(0, 160);
}

async function countResults(
  tool: Tool,
  path: string,
  items: number,
): Promise<Pick<PeerRun, "answered" | "failed" | "lost">> {
  // By the number of the item; the last line of an item counts.
  const ends: (keyof typeof counts)[] = new Array(items + 1).fill("lost");
  const counts = { answered: 0, failed: 0, lost: 0 };
  if (existsSync(path)) {
    for await (const line of readLines(path)) {
      const { id, text } = tool.read(JSON.parse(line.toString("utf8")));
      const n = numberOf(id);
      if (n <= items) ends[n] = text === null ? "failed" : text.includes(questionOf(n)) ? "answered" : "lost";
    }
  }
  for (const end of ends.slice(1)) counts[end] += 1;
  return counts;
}

/** Counts once nothing more can come: a batch that is left at the provider ends, and is billed. */
async function statsOf(provider: ChildProcess, { provider: name }: Tool): Promise<ProviderStats> {
  let before = "";
  for (;;) {
    provider.send("stats");
    const [stats] = await once(provider, "message");
    const { requests_accepted, requests_billed } = stats[name];
    const now = JSON.stringify(stats[name]);
    if (requests_accepted === requests_billed || now === before) return stats[name];
    before = now;
    // Longer than the longest life of a batch here.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
  }
}
