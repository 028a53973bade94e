/** Result lines of Gemini. */
import fc from "fast-check";
import { type DrawnAnswer, json, members, oddJson, saidText, usage } from "./drawn-values.ts";

const line = (response: string) => `{"key":"ID","response":${response}}`;
const counts = ([prompt, completion]: string[]) =>
  `"usageMetadata":{"promptTokenCount":${prompt},"candidatesTokenCount":${completion}}`;
const response = (parts: string, finish: string, given: string[], more = "") =>
  members(
    `"candidates":[{"content":{"parts":${parts},"role":"model"},"finishReason":${finish}}]`,
    counts(given),
    more,
  );

/** Parts in which nothing is said. */
const nothing = fc.constantFrom(
  "[]",
  '[{"text":""}]',
  '[{"thoughtSignature":"c2ln"}]',
  '[{"text":"I think","thought":true}]',
  "[{}]",
);

/** An answer, or what stands in its place. */
export const geminiAnswer: fc.Arbitrary<DrawnAnswer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(saidText, usage, json).map(([content, { given, billed }, odd]): DrawnAnswer => {
      const parts = JSON.stringify([{ text: content }]);
      const text = line(response(parts, '"STOP"', given, `"odd":${odd}`));
      return { text, billed, status: "succeeded", content, verbatim: odd };
    }),
  },
  fc
    .tuple(nothing, fc.constantFrom('"STOP"', '"MAX_TOKENS"'), usage)
    .map(([parts, finish, { given, billed }]): DrawnAnswer => {
      return { text: line(response(parts, finish, given)), billed, status: "failed" };
    }),
  fc.tuple(oddJson, usage).map(([odd, { given, billed }]): DrawnAnswer => {
    const parts = `[{"functionCall":{"name":"f","args":${odd}}}]`;
    return { text: line(response(parts, '"STOP"', given)), billed, status: "succeeded" };
  }),
  fc.tuple(oddJson, oddJson, usage).map(([parts, finish, { given, billed }]): DrawnAnswer => {
    return { text: line(response(parts, finish, given)), billed };
  }),
  fc
    .tuple(fc.constantFrom("candidates", "promptFeedback", "odd"), oddJson, usage)
    .map(([name, odd, { given, billed }]): DrawnAnswer => {
      return { text: line(`{"${name}":${odd},${counts(given)}}`), billed };
    }),
  fc.tuple(fc.array(json, { minLength: 1, maxLength: 3 }), usage).map(([values, used]): DrawnAnswer => {
    const text = line(`{"embedding":{"values":[${values}]},${counts(used.given)}}`);
    return { text, billed: used.billed, status: "succeeded" };
  }),
  fc
    .tuple(fc.constantFrom("{}", '{"values":[]}', '{"values":null}', '{"values":{}}'), usage)
    .map(([embedding, { given, billed }]): DrawnAnswer => {
      return { text: line(`{"embedding":${embedding},${counts(given)}}`), billed, status: "failed" };
    }),
  oddJson.map(
    (odd): DrawnAnswer => ({ text: `{"key":"ID","error":${odd}}`, billed: null, status: "failed" }),
  ),
  oddJson.map(
    (odd): DrawnAnswer => ({
      text: `{"key":"ID","error":{"code":${odd},"message":${odd}}}`,
      billed: null,
      status: "failed",
    }),
  ),
  oddJson.map((odd): DrawnAnswer => ({ text: line(odd), billed: null })),
);
