/** Draws a batch: lines of an input, and what a provider answers to them. What is expected is known from how it was drawn. */
import fc from "fast-check";

/** The two protocols, each by its first provider. */
export type FuzzedProvider = "openai" | "anthropic";

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

/** One line of the provider's results, but for its `custom_id`. */
export interface DrawnAnswer {
  /** The line, with ID for the `custom_id`. */
  text: string;
  /** Tokens that are billed; null for none. */
  billed: { prompt: number; completion: number } | null;
  /** What becomes of the item, where that is sure. */
  status?: "succeeded" | "failed" | "expired" | "cancelled";
  content?: string;
  /** JSON that must stand in the row as it is. */
  verbatim?: string;
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

const deep = fc.integer({ min: 1, max: 8000 }).map((levels) => "[".repeat(levels) + "]".repeat(levels));
const deepObject = fc
  .integer({ min: 1, max: 3000 })
  .map((levels) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
const number = fc.constantFrom(
  "1.0",
  "1e400",
  "-0",
  "1234567890123456789",
  "0.1234567890123456789",
  "1e22",
  "-1e-400",
);
const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "10",
    "2",
    "",
    "\u2028",
    "\ud83d",
    "a\nb\r",
    "```json",
  ),
);
const quoted = word.map((text) => JSON.stringify(text));
const space = fc.constantFrom("", "", "", " ", "\t", "\r");

/** The text of a JSON value, as nobody's writer would write it. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(quoted, number, fc.constantFrom("null", "true", "0", "{}", "[]")),
    fc
      .tuple(space, fc.array(fc.tuple(quoted, space, tie("json")), { maxLength: 3 }))
      .map(
        ([gap, members]) =>
          `{${gap}${members.map(([name, after, value]) => `${name}${after}:${gap}${value}`).join(",")}${gap}}`,
      ),
    fc
      .tuple(space, fc.array(tie("json"), { maxLength: 3 }))
      .map(([gap, values]) => `[${gap}${values.join(`,${gap}`)}]`),
  ),
}));
const oddJson = fc.oneof(
  { weight: 18, arbitrary: json },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: deepObject },
);
/** As deep as is passed on in any place. */
const object = fc
  .array(fc.tuple(quoted, json), { maxLength: 3 })
  .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`);
const text = fc.oneof(
  { weight: 9, arbitrary: fc.oneof(word, json, fc.constantFrom("Good night.", "x".repeat(2000))) },
  { weight: 1, arbitrary: deep },
);
/** Text that is an answer. */
const saidText = text.filter((said) => said.trim() !== "");

/** Usage as `[input, output]`, and what is billed of it. */
const usage = fc.oneof(
  fc.tuple(fc.nat(1e6), fc.nat(1e6)).map(([prompt, completion]) => ({
    given: [String(prompt), String(completion)],
    billed: prompt + completion > 0 ? { prompt, completion } : null,
  })),
  fc
    .tuple(fc.constantFrom("1e22", "-5", '"7"', "null", "1e13", "{}", "1e400"), fc.nat(1e6))
    .map(([absurd, completion]) => ({
      given: [absurd, String(completion)],
      billed: completion > 0 ? { prompt: 0, completion } : null,
    })),
);

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
    const [head, body] =
      provider === "openai"
        ? [
            `"method":"POST","url":"/v1/chat/completions","body":`,
            `{${rest}"stream":false,"model":"gpt-4.1-mini","messages":[]}`,
          ]
        : [
            `"params":`,
            `{${rest}"stream":false,"temperature":1.0,"max_tokens":10,"model":"claude-haiku-4-5","messages":[]}`,
          ];
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

/** A JSON object from texts of members. */
const members = (...all: string[]) => `{${all.filter(Boolean).join(",")}}`;

const openaiLine = (body: string, status = 200) =>
  `{"id":"b","custom_id":"ID","response":{"status_code":${status},"request_id":"r","body":${body}},"error":null}`;
const openaiBody = (message: string, finish: string, [prompt, completion]: string[], more: string) =>
  members(
    `"choices":[{"index":0,"message":${message},"finish_reason":${finish}}]`,
    `"usage":{"prompt_tokens":${prompt},"completion_tokens":${completion}}`,
    more,
  );

const openaiAnswer: fc.Arbitrary<DrawnAnswer> = fc.oneof(
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

const claudeLine = (message: string) =>
  `{"custom_id":"ID","result":{"type":"succeeded","message":${message}}}`;
const claudeMessage = (content: string, stop: string, [input, output]: string[], more: string) =>
  members(
    `"content":${content}`,
    `"stop_reason":${stop}`,
    `"usage":{"input_tokens":${input},"output_tokens":${output}}`,
    more,
  );

const anthropicAnswer: fc.Arbitrary<DrawnAnswer> = fc.oneof(
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

const noise = fc.record({
  text: fc.oneof(
    oddJson,
    fc.constantFrom("", "\ufeff", "{", "not json", '{"custom_id":"0123456789abcdef-1"}'),
  ),
  order: fc.nat(1000),
});

/** Batches of up to six lines. */
export function drawnBatch(provider: FuzzedProvider): fc.Arbitrary<DrawnBatch> {
  const answer = provider === "openai" ? openaiAnswer : anthropicAnswer;
  const ids = fc.uniqueArray(
    word.filter((id) => id !== "" && id !== "a"),
    { minLength: 1, maxLength: 6 },
  );
  const items = ids.chain((names) =>
    fc.tuple(
      ...names.map((id) =>
        fc.record({
          line: linesOf(provider, id),
          answers: fc.array(answer, { maxLength: 2 }),
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
