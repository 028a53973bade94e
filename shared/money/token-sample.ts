/** Bytes per token of a job's own text, by a real tokenizer on some of its requests. Counting all would take longer than all else. */
import * as z from "zod";
import { isObject, type Json } from "../json/values.ts";
import { ENVELOPE_BYTES } from "./token-estimate.ts";
import { unseenIn } from "./unseen.ts";

/** What was counted so far. */
export const SampleState = z.object({
  /** Requests that were passed, counted or not. */
  seen: z.int().nonnegative(),
  /** Of those that were counted, each as many times as it stands for others. */
  bytes: z.number().nonnegative(),
  tokens: z.number().nonnegative(),
});
export type SampleState = z.infer<typeof SampleState>;

/** Requests counted of each doubling: some 200 of 100,000, and 270 of a million. */
const PER_DOUBLING = 16;
/** Characters of a request that are counted; of more, these stand for all. */
const MOST_CHARACTERS = 20_000;
/** Characters that the tokenizer gets at once: long runs without a space take it quadratic time. */
const PIECE = 1_000;
/** Tokens that a provider adds to each turn. */
const TURN_TOKENS = 4;

/** Counts a sample of a job's requests, the same ones wherever a run stopped. */
export class TokenSample {
  readonly state: SampleState;

  constructor(state: SampleState = { seen: 0, bytes: 0, tokens: 0 }) {
    this.state = { ...state };
  }

  /** Undefined while nothing was counted. */
  get bytesPerToken(): number | undefined {
    return this.state.tokens > 0 ? this.state.bytes / this.state.tokens : undefined;
  }

  /** Passes a request of so many bytes; counts it, where it is of the sample. */
  pass(body: () => Json, bytes: number): Promise<void> | undefined {
    const place = this.state.seen++;
    const step = 2 ** Math.max(0, Math.floor(Math.log2(place / PER_DOUBLING)));
    return place % step === 0 ? this.#count(body(), bytes, step) : undefined;
  }

  async #count(body: Json, bytes: number, weight: number): Promise<void> {
    // Other makers' tokenizers differ; OpenAI's is nearer to theirs than bytes ÷ 4 for any language.
    const { countTokens } = await import("./tokenizer.ts");
    const texts: string[] = [];
    const turns = collect(body, texts);
    const text = texts.join("\n");
    let tokens = 0;
    for (let at = 0; at < Math.min(text.length, MOST_CHARACTERS); at += PIECE)
      tokens += countTokens(text.slice(at, Math.min(at + PIECE, MOST_CHARACTERS)));
    if (text.length > MOST_CHARACTERS) tokens *= text.length / MOST_CHARACTERS;
    const textBytes = bytes - ENVELOPE_BYTES - unseenIn(body).characters;
    this.state.tokens += weight * (tokens + TURN_TOKENS * turns);
    this.state.bytes += weight * Math.max(1, textBytes);
  }
}

/** The texts of a body; things that it points to are none. @returns its turns */
function collect(body: Json, texts: string[]): number {
  let turns = 0;
  const walk = (value: unknown) => {
    if (typeof value === "string") texts.push(value.startsWith("data:") ? "" : value);
    else if (Array.isArray(value)) value.forEach(walk);
    else if (isObject(value)) {
      if (typeof value.role === "string") turns++;
      if (isObject(value.source) && (value.source.type === "base64" || "bytes" in value.source)) return;
      if (isObject(value.inlineData)) return;
      for (const [name, member] of Object.entries(value))
        if (name !== "role" && name !== "type") walk(member);
    }
  };
  const { tools, model: _, ...rest } = body;
  walk(rest);
  if (tools !== undefined) texts.push(JSON.stringify(tools));
  return Math.max(1, turns);
}
