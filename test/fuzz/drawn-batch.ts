/** Draws a batch: lines of an input, and what a provider answers to them. What is expected is known from how it was drawn. */
import fc from "fast-check";
import { anthropicAnswer } from "./anthropic-answers.ts";
import { bedrockAnswer } from "./bedrock-answers.ts";
import { type DrawnAnswer, object, oddJson, text, word } from "./drawn-values.ts";
import { geminiAnswer } from "./gemini-answers.ts";
import { openaiAnswer } from "./openai-answers.ts";

/** The protocols, each by its first provider. */
export const FUZZED = ["openai", "anthropic", "gemini", "bedrock", "mistral"] as const;
export type FuzzedProvider = (typeof FUZZED)[number];

const ANSWERS: Record<FuzzedProvider, fc.Arbitrary<DrawnAnswer>> = {
  openai: openaiAnswer,
  anthropic: anthropicAnswer,
  gemini: geminiAnswer,
  bedrock: bedrockAnswer,
  mistral: openaiAnswer,
};

/** By provider, what stands before the body of one of its own lines, and what the body must have. */
const NATIVE: Record<FuzzedProvider, [head: string, body: string]> = {
  openai: [
    '"method":"POST","url":"/v1/chat/completions","body":',
    '"stream":false,"model":"gpt-4.1-mini","messages":[]',
  ],
  anthropic: [
    '"params":',
    '"stream":false,"temperature":1.0,"max_tokens":10,"model":"claude-haiku-4-5","messages":[]',
  ],
  gemini: ['"request":', '"contents":[]'],
  bedrock: ['"modelInput":', '"messages":[],"inferenceConfig":{"maxTokens":10,"temperature":1.0}'],
  mistral: ['"body":', '"stream":false,"messages":[]'],
};

/** One line of the input. */
export interface DrawnLine {
  text: string;
  /** The line's own id, where it has one that can be read. */
  custom_id: string;
  /** Whether it is sent; undefined where that is for the code to say. */
  valid?: boolean;
  /** The text that the request must have as its body. */
  body?: string;
}

/** Answers to one request: none, one, or several; where it is among the others is drawn by `order`. */
interface DrawnItem {
  line: DrawnLine;
  answers: DrawnAnswer[];
  order: number;
}

/** A batch. */
export interface DrawnBatch {
  items: DrawnItem[];
  /** Lines of nobody among the results. */
  noise: { text: string; order: number }[];
  /** Bytes of the pieces in which results come. */
  pieceBytes: number;
}

function linesOf(provider: FuzzedProvider, id: string): fc.Arbitrary<DrawnLine> {
  const custom_id = id;
  const own = JSON.stringify(id);
  const item = fc
    .tuple(
      text.filter((said) => said !== ""),
      object,
      fc.boolean(),
    )
    .map(
      ([said, extra, has_extra]): DrawnLine => ({
        custom_id,
        text: `{"custom_id":${own},"user_message":${JSON.stringify(said)}${has_extra ? `,"extra":${extra}` : ""}}`,
      }),
    );
  const plain = text
    .filter((said) => said !== "")
    .map((said): DrawnLine => sure({ custom_id, text: JSON.stringify({ custom_id, user_message: said }) }));
  const native = object.map((more): DrawnLine => {
    const members = more.slice(1, -1);
    const rest = members.trim() === "" ? "" : `${members},`;
    const [head, required] = NATIVE[provider];
    const body = `{${rest}${required}}`;
    return sure({ custom_id, body, text: `{"custom_id":${own},${head}${body}}` });
  });
  const broken = fc.oneof(
    oddJson.map(
      (value): DrawnLine => ({
        custom_id,
        text: `{"custom_id":${own},"user_message":"hi","extra":${value}}`,
      }),
    ),
    oddJson.map((value): DrawnLine => ({ custom_id, text: `{"custom_id":${own},"messages":${value}}` })),
    oddJson.map(
      (value): DrawnLine => ({ custom_id: "", valid: false, text: `{"user_message":"hi","extra":${value}}` }),
    ),
    fc
      .constantFrom(
        "{",
        "nonsense",
        "[1]",
        "5",
        "null",
        '{"custom_id":5',
        '{"custom_id":"a","user_message":"hi","model":"__proto__"}',
      )
      .map((bad): DrawnLine => ({ custom_id: bad.includes('"a"') ? "a" : "", text: bad, valid: false })),
  );
  return fc.oneof(
    { weight: 3, arbitrary: plain },
    { weight: 2, arbitrary: item },
    { weight: 2, arbitrary: native },
    { weight: 2, arbitrary: broken },
  );
}

/** A line that is sent, if no half of a surrogate pair is in it. */
function sure(line: DrawnLine): DrawnLine {
  return /\\ud[89a-f]/i.test(line.text) ? line : { ...line, valid: true };
}

const noise = fc.record({
  text: fc.oneof(
    oddJson,
    fc.constantFrom("", "\ufeff", "{", "not json", '{"custom_id":"0123456789abcdef-1"}'),
  ),
  order: fc.nat(1000),
});

/** Batches of up to six lines. */
export function drawnBatch(provider: FuzzedProvider): fc.Arbitrary<DrawnBatch> {
  const ids = fc.uniqueArray(
    word.filter((id) => id !== "" && id !== "a"),
    { minLength: 1, maxLength: 6 },
  );
  const items = ids.chain((names) =>
    fc.tuple(
      ...names.map((id) =>
        fc.record({
          line: linesOf(provider, id),
          answers: fc.array(ANSWERS[provider], { maxLength: 2 }),
          order: fc.nat(1000),
        }),
      ),
    ),
  );
  return fc.record({
    items,
    noise: fc.array(noise, { maxLength: 2 }),
    pieceBytes: fc.integer({ min: 1, max: 5000 }),
  });
}
