/** Result lines of Anthropic. */
import fc from "fast-check";
import { type DrawnAnswer, json, members, oddJson, saidText, usage, word } from "./drawn-values.ts";

const claudeLine = (message: string) =>
  `{"custom_id":"ID","result":{"type":"succeeded","message":${message}}}`;
const claudeMessage = (content: string, stop: string, [input, output]: string[], more: string) =>
  members(
    `"content":${content}`,
    `"stop_reason":${stop}`,
    `"usage":{"input_tokens":${input},"output_tokens":${output}}`,
    more,
  );

export const anthropicAnswer: fc.Arbitrary<DrawnAnswer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(saidText, usage, json, word)
      .map(([content, { given, billed }, odd, model]): DrawnAnswer => {
        const blocks = JSON.stringify([{ type: "text", text: content }]);
        const message = claudeMessage(
          blocks,
          '"end_turn"',
          given,
          `"odd":${odd},"model":${JSON.stringify(model)}`,
        );
        return { text: claudeLine(message), billed, status: "succeeded", content, verbatim: odd };
      }),
  },
  usage.map(({ given, billed }): DrawnAnswer => {
    return { text: claudeLine(claudeMessage("[]", '"max_tokens"', given, "")), billed, status: "failed" };
  }),
  fc.tuple(oddJson, usage).map(([odd, { given, billed }]): DrawnAnswer => {
    const blocks = `[{"type":"tool_use","id":"u","name":"f","input":${odd}}]`;
    return { text: claudeLine(claudeMessage(blocks, '"tool_use"', given, "")), billed, status: "succeeded" };
  }),
  fc.tuple(oddJson, oddJson, usage).map(([content, stop, { given, billed }]): DrawnAnswer => {
    return { text: claudeLine(claudeMessage(content, stop, given, "")), billed };
  }),
  oddJson.map(
    (odd): DrawnAnswer => ({
      text: `{"custom_id":"ID","result":{"type":"errored","error":${odd}}}`,
      billed: null,
      status: "failed",
    }),
  ),
  oddJson.map((odd): DrawnAnswer => ({ text: `{"custom_id":"ID","result":${odd}}`, billed: null })),
  fc.constantFrom("expired", "canceled").map((type): DrawnAnswer => {
    return {
      text: `{"custom_id":"ID","result":{"type":"${type}"}}`,
      billed: null,
      status: type === "expired" ? "expired" : "cancelled",
    };
  }),
);
