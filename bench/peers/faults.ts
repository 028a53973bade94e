/** The faults of the table: what the sandbox does, and to which input. */
import { acceptedThen500, type Fault, notFoundYet, strike } from "../../local/sandbox/faults.ts";
import type { SandboxOptions } from "../../local/sandbox/sandbox.ts";
import type { TestProvider } from "../../test/workflow/items.ts";

import type { InputShape } from "./input.ts";

/** A row of the table. */
export interface PeerFault {
  title: string;
  input: Record<TestProvider, InputShape>;
  sandbox: SandboxOptions;
  /** Providers that have no such fault. */
  not?: readonly TestProvider[];
}

const SMALL: InputShape = { items: 20, lineBytes: 120 };
const BOTH = { openai: SMALL, anthropic: SMALL };

/** Items that only the provider refuses: a client that checks them itself would not send them. */
function refused(pick: (n: number) => boolean): PeerFault["input"] {
  return {
    openai: { ...SMALL, extra: (n) => (pick(n) ? { temperature: 3 } : undefined) },
    anthropic: { ...SMALL, extra: (n) => (pick(n) ? { model: "no-such-model" } : undefined) },
  };
}

/** Passes the lines of the first download of results through `change`; `index` counts from 0. */
function changed(change: (line: string, index: number) => string): SandboxOptions {
  const fault: Fault = {
    kind: "rewrite",
    async *rewrite(lines) {
      let index = 0;
      for await (const line of lines) yield change(line, index++);
    },
  };
  return {
    faults: (call) =>
      strike(
        { operation: call.provider === "openai" ? "files.content" : "batches.results", counts: [1] },
        fault,
      )(call),
  };
}

interface ResultLine {
  response?: { body: Record<string, unknown> };
  result?: { message: Record<string, unknown> };
}

/** Changes the model's own object in the third line. */
function oddRecord(change: (body: Record<string, unknown>) => void): SandboxOptions {
  return changed((line, index) => {
    if (index !== 2) return line;
    const record = JSON.parse(line) as ResultLine;
    const body = record.response?.body ?? record.result?.message;
    if (!body) throw new Error("the third line has no answer to make odd");
    change(body);
    return JSON.stringify(record);
  });
}

/** By the name that the sandbox's process is given. */
export const FAULTS: Readonly<Record<string, PeerFault>> = {
  none: { title: "none", input: BOTH, sandbox: {} },
  lostCreate: {
    title: "create answers 500 after accepting",
    input: BOTH,
    sandbox: { faults: strike({ operation: "batches.create", counts: [1] }, acceptedThen500) },
  },
  tooMany: {
    title: "more items than a batch may have",
    input: { openai: { ...SMALL, items: 60_000 }, anthropic: { ...SMALL, items: 110_000 } },
    sandbox: {},
  },
  tokenLimit: {
    title: "a token queue smaller than the job",
    input: BOTH,
    sandbox: { limits: { openai_enqueued_tokens: 300 } },
    not: ["anthropic"],
  },
  notFound: {
    title: "404 on the first poll",
    input: BOTH,
    sandbox: { faults: strike({ operation: "batches.retrieve", counts: [1] }, notFoundYet) },
  },
  expired: {
    title: "every batch expires after six tenths of its work",
    input: BOTH,
    // The work lies between a tenth and nine tenths of the latency.
    sandbox: { latencySeconds: 5, expirySeconds: 5 * (0.1 + 0.6 * 0.8) },
  },
  someFailed: {
    title: "5 of 20 items refused: an error file",
    input: refused((n) => n % 4 === 0),
    sandbox: {},
  },
  allFailed: {
    title: "every item refused: no output file",
    input: refused(() => true),
    sandbox: {},
  },
  lineSeparator: {
    title: "U+2028 inside every answer",
    input: BOTH,
    sandbox: changed((line) => line.replaceAll("this is", "this\u2028is")),
  },
  nullUsage: {
    title: "one record with `usage: null`",
    input: BOTH,
    sandbox: oddRecord((body) => {
      body.usage = null;
    }),
  },
  nullMessage: {
    title: "one record whose message is null",
    input: BOTH,
    sandbox: oddRecord((body) => {
      if ("output" in body) body.output = null;
      else body.content = null;
    }),
  },
};
