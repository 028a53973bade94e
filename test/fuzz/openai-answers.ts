/** Result lines of OpenAI and of those who copied them. */
import fc from "fast-check";
import { type DrawnAnswer, json, members, oddJson, saidText, usage } from "./drawn-values.ts";

const openaiLine = (body: string, status = 200) =>
  `{"id":"b","custom_id":"ID","response":{"status_code":${status},"request_id":"r","body":${body}},"error":null}`;
const openaiBody = (message: string, finish: string, [prompt, completion]: string[], more: string) =>
  members(
    `"choices":[{"index":0,"message":${message},"finish_reason":${finish}}]`,
    `"usage":{"prompt_tokens":${prompt},"completion_tokens":${completion}}`,
    more,
  );

export const openaiAnswer: fc.Arbitrary<DrawnAnswer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(saidText, usage, json).map(([content, { given, billed }, odd]): DrawnAnswer => {
      const body = openaiBody(JSON.stringify({ content }), '"stop"', given, `"odd":${odd}`);
      return { text: openaiLine(body), billed, status: "succeeded", content, verbatim: odd };
    }),
  },
  fc.tuple(fc.constantFrom("", "  "), usage).map(([content, { given, billed }]): DrawnAnswer => {
    const body = openaiBody(JSON.stringify({ content }), '"length"', given, "");
    return { text: openaiLine(body), billed, status: "failed" };
  }),
  fc.tuple(oddJson, usage).map(([odd, { given, billed }]): DrawnAnswer => {
    const call = `{"id":"c","type":"function","function":{"name":"f","arguments":${odd}}}`;
    const body = openaiBody(`{"content":null,"tool_calls":[${call}]}`, '"tool_calls"', given, "");
    return { text: openaiLine(body), billed, status: "succeeded" };
  }),
  fc.tuple(oddJson, oddJson, usage).map(([message, finish, { given, billed }]): DrawnAnswer => {
    return { text: openaiLine(openaiBody(message, finish, given, "")), billed };
  }),
  fc
    .tuple(fc.constantFrom("output", "data", "choices", "object"), oddJson, usage)
    .map(([name, odd, used]): DrawnAnswer => {
      const [prompt, completion] = used.given;
      const body = `{"${name}":${odd},"usage":{"input_tokens":${prompt},"output_tokens":${completion}}}`;
      return { text: openaiLine(body), billed: used.billed };
    }),
  fc.tuple(fc.constantFrom(400, 404, 429, 500), oddJson).map(([status, odd]): DrawnAnswer => {
    return { text: openaiLine(odd, status), billed: null, status: "failed" };
  }),
  oddJson.map(
    (odd): DrawnAnswer => ({
      text: `{"custom_id":"ID","response":null,"error":{"code":${odd},"message":${odd}}}`,
      billed: null,
    }),
  ),
  fc
    .constantFrom("5", "[]", "null", '"x"')
    .map((body): DrawnAnswer => ({ text: openaiLine(body), billed: null, status: "failed" })),
  fc.constant<DrawnAnswer>({
    text: '{"custom_id":"ID","response":null,"error":{"code":"batch_expired","message":"late"}}',
    billed: null,
    status: "expired",
  }),
);
