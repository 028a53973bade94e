import { digest } from "./chance.ts";
import { sampleOf } from "./json-sample.ts";

/** What an answer is made from, whatever the provider's form of the request. */
export interface Prompt {
  /** The last message of the user. */
  question: string;
  /** Every text the model would read. */
  texts: string[];
  /** The JSON schema the answer has to follow, `true` for any JSON object, undefined for free text. */
  json: Record<string, unknown> | true | undefined;
  /** Most tokens of the answer. */
  max_tokens: number | undefined;
}

/** An answer: its text, what it counts, and whether `max_tokens` cut it. */
export interface Composed {
  text: string;
  tokens: number;
  cut: boolean;
  /** Eight hex digits that depend on the whole prompt. */
  mark: string;
}

/** Tokens of a text: four characters each, the usual rule of thumb for English. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Tokens of a prompt: its texts and the framing of each message. */
export function promptTokens(texts: readonly string[]): number {
  let tokens = 3;
  for (const text of texts) tokens += 4 + tokensOf(text);
  return tokens;
}

/**
 * The sandbox's answer to a prompt. It quotes the question, so that a mixed-up join shows, and says that no model
 * was asked. A prompt that speaks of JSON gets an object, in a fence for every second one.
 */
export function compose(prompt: Prompt): Composed {
  const mark = digest(...prompt.texts).slice(0, 8);
  const text =
    prompt.json === undefined ? proseOrFence(prompt, mark) : JSON.stringify(jsonAnswer(prompt, mark));
  const most = prompt.max_tokens ?? Number.POSITIVE_INFINITY;
  const tokens = tokensOf(text);
  if (tokens <= most) return { text, tokens, cut: false, mark };
  return { text: text.slice(0, most * 4).toWellFormed(), tokens: most, cut: true, mark };
}

function proseOrFence(prompt: Prompt, mark: string): string {
  if (!prompt.texts.some((text) => text.includes("JSON"))) {
    return `About "${quote(prompt.question)}": this is the sandbox's answer ${mark}; no model was asked.`;
  }
  const json = JSON.stringify(jsonAnswer({ ...prompt, json: true }, mark), null, 2);
  return Number.parseInt(mark, 16) % 2 === 0 ? json : `\`\`\`json\n${json}\n\`\`\``;
}

function jsonAnswer(prompt: Prompt, mark: string): unknown {
  if (prompt.json !== true && prompt.json !== undefined)
    return sampleOf(prompt.json, quote(prompt.question), mark);
  return { about: quote(prompt.question), answer: `Sandbox answer ${mark}`, model_asked: false };
}

/** The first eight words of a text, 80 characters at most. */
export function quote(text: string): string {
  const words = text.slice(0, 400).split(/\s+/u).filter(Boolean).slice(0, 8).join(" ");
  return words.slice(0, 80).toWellFormed();
}
