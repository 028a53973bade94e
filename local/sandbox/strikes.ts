/** What faults do to calls, as `named-faults.ts` puts it together. */
import { editLine } from "./answer-edits.ts";
import type { ValidationError } from "./batch.ts";
import type { Fault, FaultAnswer, SandboxCall } from "./faults.ts";
import type { SandboxProvider } from "./providers.ts";
import { editBatches } from "./status-edits.ts";

/** What a fault does to a call; nothing when it leaves the call alone. */
export type Strike = (call: SandboxCall) => Fault | undefined;

/** Made anew for each plan: some faults remember what they did. */
export type MakeStrike = () => Strike;

/** A fault that is asked for by name: something that happens at the real providers. */
export interface NamedFault {
  /** For people: what happens. */
  what: string;
  /** The calls it may strike, by operation; all when left out. */
  operations?: readonly string[];
  /** It strikes at each of them, not now and then. */
  always?: true;
  strike: MakeStrike;
}

export type NamedFaults = Readonly<Record<string, NamedFault>>;

/** Calls that stream results. */
export const DOWNLOADS = ["files.content", "batches.results"];
export const CREATE = ["batches.create"];
/** Calls that can come before the provider shows what it has. */
export const READS = ["batches.retrieve", "files.retrieve", ...DOWNLOADS];
/** Calls whose answer holds batches. */
export const BATCHES = ["batches.create", "batches.retrieve", "batches.list", "batches.cancel"];
/** What OpenAI does after a create: no call, but it may go wrong. */
export const VALIDATION = ["batches.validate"];
/** How the calls of the sandbox's S3 begin, which Bedrock's requests and results go through. */
export const OBJECTS = "objects.";
/** Calls that are answered at once. */
export const REALTIME = [
  "chat.completions.create",
  "responses.create",
  "embeddings.create",
  "messages.create",
  "models.generateContent",
  "models.embedContent",
  "converse",
  "invokeModel",
];

/** Strikes lines by their place, from 0. */
export const everyTenthLine = (index: number) => index % 10 === 0;
/** A page in place of JSON. */
export const page = (title: string) =>
  `<!doctype html><html><head><title>${title}</title></head><body>${title}</body></html>`;

/** The same fault at every call. */
export const same =
  (fault: Fault): MakeStrike =>
  () =>
  () =>
    fault;
/** This answer in place of the real one. */
export const answer = (fault: FaultAnswer) => same({ kind: "answer", answer: fault });
/** An answer in the provider's own form; without one, OpenAI's. */
export const byProvider =
  (
    openai: FaultAnswer,
    anthropic: FaultAnswer,
    { gemini = openai, bedrock = openai }: { gemini?: FaultAnswer; bedrock?: FaultAnswer } = {},
  ): MakeStrike =>
  () =>
  ({ provider }) => {
    const others: Partial<Record<SandboxProvider, FaultAnswer>> = { gemini, bedrock };
    return {
      kind: "answer",
      answer: others[provider] ?? (provider.startsWith("anthropic") ? anthropic : openai),
    };
  };
/** Each batch in an answer is changed. */
export const edited = (make: () => (batch: Record<string, unknown>) => void): MakeStrike => {
  return () => {
    const change = make();
    return () => ({ kind: "edit", edit: (json) => editBatches(json, change) });
  };
};
/** OpenAI's validation of a batch finds these errors. */
export const validation = (errors: (found: ValidationError[]) => ValidationError[]) =>
  same({ kind: "validation", errors });
/** The validation fails the whole batch, with no line named. */
export const failedWith = (code: string, message: string) =>
  validation(() => [{ code, message, line: null, param: null }]);

/** Every tenth answer, of a batch or in real time, is changed. */
export function changedAnswers(edit: (body: Record<string, unknown>) => void): MakeStrike {
  const downloads: Fault = {
    kind: "rewrite",
    async *rewrite(lines) {
      let index = 0;
      for await (const line of lines) yield everyTenthLine(index++) ? editLine(line, edit) : line;
    },
  };
  const realtime: Fault = {
    kind: "edit",
    edit(json) {
      const body = structuredClone(json) as Record<string, unknown>;
      edit(body);
      return body;
    },
  };
  return () => (call) => {
    if (DOWNLOADS.includes(call.operation)) return downloads;
    return everyTenthLine(call.count - 1) ? realtime : undefined;
  };
}

/** An error's answer, as each API has it. */
export function openaiError(status: number, code: string, type: string, message: string): FaultAnswer {
  return { status, body: { error: { message, type, param: null, code } } };
}

export function anthropicError(
  status: number,
  type: string,
  message: string,
  error_code?: string,
): FaultAnswer {
  const details = error_code === undefined ? {} : { details: { error_code } };
  return { status, body: { type: "error", error: { type, message, ...details } } };
}

export function geminiError(message: string, details: unknown[] = []): FaultAnswer {
  return { status: 429, body: { error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details } } };
}

export function awsFault(status: number, __type: string, message: string): FaultAnswer {
  return { status, body: { __type, message } };
}
