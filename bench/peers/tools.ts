/** What is compared: the command of each tool, as a user would type it, and how its results are read. */
import { join } from "node:path";
import type { TestProvider } from "../../test/workflow/items.ts";

/** One result, whatever tool wrote it. */
export interface ToolResult {
  id: string;
  /** The model's text; null when the tool says that there is none. */
  text: string | null;
}

/** A tool at a provider. */
export interface Tool {
  name: string;
  provider: TestProvider;
  /** Arguments to node. `dir` is the run's own, empty. */
  command(input: string, dir: string): string[];
  /** Where the results are after the command. */
  results(dir: string): string;
  read(line: Record<string, unknown>): ToolResult;
}

/** The command in this clone, whose TypeScript runs as it is. */
export const CLONE = join(import.meta.dirname, "../../bin/nightshift.js");
const AI_SDK = join(import.meta.dirname, "ai-sdk.mjs");
const MODELS = { openai: "gpt-4.1-mini", anthropic: "claude-haiku-4-5" };

/** The AI SDK's batches at OpenAI go to the Responses API, so Nightshift's do too. */
const ENDPOINT = { openai: ["--endpoint", "/v1/responses"], anthropic: [] };

/** Nightshift, by its command's file. `how`: where it is from, if not from npm. */
export function nightshift(provider: TestProvider, file: string, how = ""): Tool {
  const settings = ["--provider", provider, "--model", MODELS[provider], ...ENDPOINT[provider]];
  return {
    name: `nightshift run${how}, ${provider === "openai" ? "OpenAI" : "Anthropic"}`,
    provider,
    command: (input, dir) => [
      ...[file, "run", input, ...settings, "--min-poll-seconds", "1"],
      ...["--data-dir", join(dir, "data"), "--out", join(dir, "out"), "--json"],
    ],
    results: (dir) => join(dir, "out", "results.jsonl"),
    read: ({ custom_id, response }) => ({
      id: String(custom_id),
      text: (response as { content: string | null } | null)?.content ?? null,
    }),
  };
}

function aiSdk(name: string, ...flags: string[]): Tool {
  return {
    name,
    provider: "openai",
    command: (input, dir) => [AI_SDK, input, join(dir, "results.jsonl"), MODELS.openai, ...flags],
    results: (dir) => join(dir, "results.jsonl"),
    read: ({ id, status, text }) => ({ id: String(id), text: status === "succeeded" ? String(text) : null }),
  };
}

/** As its guide has it. */
export const AI_SDK_GUIDE = aiSdk("AI SDK, OpenAI");
/** As a careful user would have it: results are asked for although the batch's status is failed. */
export const AI_SDK_CAREFUL = aiSdk("AI SDK reading failed batches too, OpenAI", "--read-failed");
