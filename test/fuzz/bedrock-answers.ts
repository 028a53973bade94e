/** Result lines of Bedrock, where each family of models has a form of its own. */
import fc from "fast-check";
import { type DrawnAnswer, json, members, oddJson, saidText, usage } from "./drawn-values.ts";

/** The members of a line stand in any order. */
const lineOf = (output: fc.Arbitrary<string>) =>
  fc
    .tuple(output, json)
    .chain(([modelOutput, odd]) =>
      fc.shuffledSubarray(['"recordId":"ID"', `"modelInput":{"odd":${odd}}`, modelOutput], { minLength: 3 }),
    )
    .map((all) => members(...all));

const output = (text: string) => lineOf(fc.constant(`"modelOutput":${text}`));
const converse = (content: string, stop: string, [input, out]: string[], more = "") =>
  members(
    `"output":{"message":{"role":"assistant","content":${content}}}`,
    `"stopReason":${stop}`,
    `"usage":{"inputTokens":${input},"outputTokens":${out}}`,
    more,
  );

/** By family, an answer of this text. */
const FAMILIES: Record<string, (content: string, given: string[], more: string) => string> = {
  converse: (content, given, more) =>
    converse(JSON.stringify([{ text: content }]), '"end_turn"', given, more),
  claude: (content, [input, out], more) =>
    members(
      `"type":"message","content":${JSON.stringify([{ type: "text", text: content }])},"stop_reason":"end_turn"`,
      `"usage":{"input_tokens":${input},"output_tokens":${out}}`,
      more,
    ),
  openai: (content, [prompt, completion], more) =>
    members(
      `"choices":[{"message":${JSON.stringify({ content })},"finish_reason":"stop"}]`,
      `"usage":{"prompt_tokens":${prompt},"completion_tokens":${completion}}`,
      more,
    ),
  llama: (content, [prompt, completion], more) =>
    members(
      `"generation":${JSON.stringify(content)},"stop_reason":"stop"`,
      `"prompt_token_count":${prompt},"generation_token_count":${completion}`,
      more,
    ),
};
const family = fc.constantFrom(...Object.values(FAMILIES));

/** Content in which nothing is said. */
const nothing = fc.constantFrom(
  "[]",
  '[{"text":" "}]',
  '[{"reasoningContent":{"redactedContent":"eA=="}}]',
  '[{"reasoningContent":{"reasoningText":{"text":"I think"}}}]',
  "[{}]",
);

/** An answer, or what stands in its place. */
export const bedrockAnswer: fc.Arbitrary<DrawnAnswer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(family, saidText, usage, json)
      .chain(([write, content, { given, billed }, odd]) =>
        output(write(content, given, `"odd":${odd}`)).map(
          (text): DrawnAnswer => ({ text, billed, status: "succeeded", content, verbatim: odd }),
        ),
      ),
  },
  fc
    .tuple(nothing, fc.constantFrom('"end_turn"', '"max_tokens"'), usage)
    .chain(([content, stop, { given, billed }]) =>
      output(converse(content, stop, given)).map((text): DrawnAnswer => ({ text, billed, status: "failed" })),
    ),
  fc
    .tuple(family, usage)
    .chain(([write, { given, billed }]) =>
      output(write("", given, "")).map((text): DrawnAnswer => ({ text, billed, status: "failed" })),
    ),
  fc
    .tuple(oddJson, usage)
    .chain(([odd, { given, billed }]) =>
      output(converse(`[{"toolUse":{"name":"f","input":${odd}}}]`, '"tool_use"', given)).map(
        (text): DrawnAnswer => ({ text, billed, status: "succeeded" }),
      ),
    ),
  fc
    .tuple(oddJson, oddJson, usage)
    .chain(([content, stop, { given, billed }]) =>
      output(converse(content, stop, given)).map((text): DrawnAnswer => ({ text, billed })),
    ),
  fc
    .tuple(fc.constantFrom("embedding", "embeddings"), fc.array(json, { minLength: 1, maxLength: 3 }))
    .chain(([name, values]) =>
      output(`{"${name}":[${values}]}`).map((text): DrawnAnswer => ({ text, billed: null })),
    ),
  fc
    .constantFrom("embedding", "embeddings")
    .chain((name) =>
      output(`{"${name}":[]}`).map((text): DrawnAnswer => ({ text, billed: null, status: "failed" })),
    ),
  lineOf(oddJson.map((odd) => `"error":${odd}`)).map(
    (text): DrawnAnswer => ({ text, billed: null, status: "failed" }),
  ),
  lineOf(oddJson.map((odd) => `"error":{"errorCode":${odd},"errorMessage":${odd}}`)).map(
    (text): DrawnAnswer => ({ text, billed: null, status: "failed" }),
  ),
  oddJson.chain((odd) => output(odd).map((text): DrawnAnswer => ({ text, billed: null }))),
);
