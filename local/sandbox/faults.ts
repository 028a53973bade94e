import type { ValidationError } from "./batch.ts";
import type { SandboxProvider } from "./providers.ts";

/** A call that reached the sandbox, before it is acted on. */
export interface SandboxCall {
  provider: SandboxProvider;
  /** The SDK's name: `files.create`, `files.content`, `batches.create`, `batches.results`, ... */
  operation: string;
  method: string;
  path: string;
  /** The API key that it comes with. */
  key: string | undefined;
  /** How many calls of this provider's operation came so far, this one included. */
  count: number;
}

/** An answer in place of the real one; without a body, the provider's usual error body for the status. */
export interface FaultAnswer {
  status: number;
  body?: unknown;
  /** A page in place of a body. */
  html?: string;
  headers?: Record<string, string>;
}

export type Fault =
  /** Answers this and does nothing: 404 for a moment, 429, 503. */
  | { kind: "answer"; answer: FaultAnswer }
  /** Cuts the connection and does nothing. */
  | { kind: "refuse" }
  /** Acts on the call, then answers something else: the accepted create whose answer is a 500. */
  | { kind: "lose"; answer: FaultAnswer }
  /** Acts on the call, then cuts the connection without an answer. */
  | { kind: "drop" }
  /** Acts on the call, and cuts the connection after so many bytes of the answer's body. */
  | { kind: "cut"; bytes: number }
  /** Acts on the call, and sends the answer's body in ten pieces over so many milliseconds. */
  | { kind: "slow"; milliseconds: number }
  /** Acts on the call, and changes the JSON that it answers with, unless that is an error. */
  | { kind: "edit"; edit: (json: unknown) => unknown }
  /** For the operation `batches.validate`, no call but the provider's reading of the requests: changes what was found in them. */
  | { kind: "validation"; errors: (found: ValidationError[]) => ValidationError[] }
  /** Acts on the call, and answers with the whole file, whatever range was asked for. */
  | { kind: "whole" }
  /** Acts on the call, and passes the lines of a streamed answer through `rewrite`. */
  | { kind: "rewrite"; rewrite: (lines: AsyncIterable<string>) => AsyncIterable<string> };

/** Asked for every call; what it gives happens. */
export type FaultPlan = (call: SandboxCall) => Fault | undefined;

/** A plan that knows how many calls of each operation came. */
export class CountedFaults {
  readonly #plan: FaultPlan | undefined;
  readonly #counts = new Map<string, number>();

  constructor(plan: FaultPlan | undefined) {
    this.#plan = plan;
  }

  next(call: Omit<SandboxCall, "count">): Fault | undefined {
    const key = `${call.provider} ${call.operation}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return this.#plan?.({ ...call, count });
  }
}

/** A 429 with the `retry-after` both SDKs read. */
export function rateLimited(retryAfterSeconds: number): Fault {
  return { kind: "answer", answer: { status: 429, headers: { "retry-after": String(retryAfterSeconds) } } };
}

/** The object is not there yet, although it was created. */
export const notFoundYet: Fault = { kind: "answer", answer: { status: 404 } };

/** Accepted, and answered with a server error: the SDKs' default retry would create a second batch. */
export const acceptedThen500: Fault = { kind: "lose", answer: { status: 500 } };

/** Lets some lines go missing: those whose index (from 0) `drop` picks. */
export function missingLines(drop: (index: number) => boolean): Fault {
  return rewriting(async function* (lines) {
    let index = 0;
    for await (const line of lines) if (!drop(index++)) yield line;
  });
}

/** Sends some lines twice, the second time at the end of the stream. */
export function doubledLines(pick: (index: number) => boolean): Fault {
  return rewriting(async function* (lines) {
    const again: string[] = [];
    let index = 0;
    for await (const line of lines) {
      yield line;
      if (pick(index++)) again.push(line);
    }
    yield* again;
  });
}

/** Adds lines of someone else's, or broken ones, in front of the real ones. */
export function addedLines(...added: string[]): Fault {
  return rewriting(async function* (lines) {
    yield* added;
    yield* lines;
  });
}

function rewriting(rewrite: (lines: AsyncIterable<string>) => AsyncIterable<string>): Fault {
  return { kind: "rewrite", rewrite };
}

/** When a fault strikes: on which operation, and on which of its calls (from 1; every one when left out). */
export interface FaultAim {
  provider?: SandboxProvider;
  operation?: string;
  counts?: readonly number[];
}

export function strike(aim: FaultAim, fault: Fault): FaultPlan {
  return (call) => {
    if (aim.provider !== undefined && aim.provider !== call.provider) return undefined;
    if (aim.operation !== undefined && aim.operation !== call.operation) return undefined;
    if (aim.counts !== undefined && !aim.counts.includes(call.count)) return undefined;
    return fault;
  };
}

/** Several plans as one: the first that has a fault for the call wins. */
export function plans(...all: FaultPlan[]): FaultPlan {
  return (call) => {
    for (const plan of all) {
      const fault = plan(call);
      if (fault) return fault;
    }
    return undefined;
  };
}
