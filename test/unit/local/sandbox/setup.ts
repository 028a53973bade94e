import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";
import { onTestFinished } from "vitest";
import type { Sandbox, SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";

/** A sandbox with a clock of its own, both SDKs' clients, and a way to let time pass. */
export interface Setup {
  sandbox: Sandbox;
  openai: OpenAI;
  anthropic: Anthropic;
  /** Lets so many seconds pass. */
  pass(seconds: number): void;
}

/** Starts a sandbox whose batches take 100 seconds of its own clock; it is closed with the test. */
export async function setup(options: SandboxOptions = {}): Promise<Setup> {
  let now = 1_800_000_000_000;
  const sandbox = await startSandbox({ latencySeconds: 100, clock: () => now, ...options });
  onTestFinished(() => sandbox.close());
  return {
    sandbox,
    openai: openaiClient(sandbox),
    anthropic: anthropicClient(sandbox),
    pass(seconds) {
      now += seconds * 1000;
    },
  };
}

/** OpenAI's SDK with nothing changed but the address; a failure is not retried. */
export function openaiClient(sandbox: Sandbox, apiKey = "sk-test"): OpenAI {
  return new OpenAI({ apiKey, baseURL: sandbox.openaiBaseUrl, maxRetries: 0 });
}

/** Anthropic's SDK with nothing changed but the address; a failure is not retried. */
export function anthropicClient(sandbox: Sandbox, apiKey = "sk-ant-test"): Anthropic {
  return new Anthropic({ apiKey, baseURL: sandbox.anthropicBaseUrl, maxRetries: 0 });
}

type Body = Record<string, unknown>;

/** One line of an OpenAI input file. */
export function chatLine(customId: string, body: Body = {}): string {
  const messages = [{ role: "user", content: `Define the word ${customId} in one sentence.` }];
  return openaiLine(customId, "/v1/chat/completions", { model: "gpt-4.1-mini", messages, ...body });
}

/** One line of an OpenAI input file for any endpoint. */
export function openaiLine(customId: string, url: string, body: Body): string {
  return JSON.stringify({ custom_id: customId, method: "POST", url, body });
}

/** `count` chat lines. */
export function chatLines(count: number): string[] {
  return Array.from({ length: count }, (_, at) => chatLine(`item-${at}`));
}

/** Uploads lines and makes a batch of them. */
export async function createOpenai(
  openai: OpenAI,
  lines: string[],
  params: Partial<OpenAI.BatchCreateParams> = {},
): Promise<OpenAI.Batch> {
  const file = await toFile(Buffer.from(`${lines.join("\n")}\n`), "requests.jsonl");
  const { id } = await openai.files.create({ file, purpose: "batch" });
  return await openai.batches.create({
    input_file_id: id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...params,
  });
}

/** A line of an output or error file; `Body` is the endpoint's answer. */
export interface ResultLine<Body = OpenAI.ChatCompletion> {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: Body } | null;
  error: { code: string; message: string } | null;
}

/** The lines of an output or error file; none when there is no file. */
export async function resultLines<Body = OpenAI.ChatCompletion>(
  openai: OpenAI,
  fileId: string | undefined | null,
): Promise<ResultLine<Body>[]> {
  if (!fileId) return [];
  const text = await (await openai.files.content(fileId)).text();
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

type BatchRequest = Anthropic.Messages.BatchCreateParams.Request;

/** One request of an Anthropic batch. */
export function messageRequest(customId: string, params: Body = {}): BatchRequest {
  const messages = [{ role: "user", content: `Define the word ${customId} in one sentence.` }];
  return {
    custom_id: customId,
    params: { model: "claude-sonnet-4-5", max_tokens: 200, messages, ...params } as never,
  };
}

/** `count` message requests. */
export function messageRequests(count: number): BatchRequest[] {
  return Array.from({ length: count }, (_, at) => messageRequest(`item-${at}`));
}

/** All values of a stream or of a paged list. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** All results of an ended Anthropic batch. */
export async function messageResults(
  anthropic: Anthropic,
  id: string,
): Promise<Anthropic.Messages.MessageBatchIndividualResponse[]> {
  return await collect(await anthropic.messages.batches.results(id));
}
